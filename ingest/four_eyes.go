package ingest

import (
	"strings"
	"unicode/utf8"

	"frontdesk"
)

// CommentMost bounds what somebody writes about a revision, in characters.
const CommentMost = 1000

// fourEyes refuses an approval by who wrote what is to be approved, where the
// clinic wants two people. What nobody knows the author of is refused as well:
// it may be the same person. What the service read by itself has no author.
func fourEyes(clinic frontdesk.Clinic, author, approver string) error {
	switch {
	case !clinic.Settings.FourEyes || author == SystemAuthor:
		return nil
	case author == "":
		return refuse(frontdesk.CodeForbidden, "This clinic wants four eyes, and it is not known who added this: add it again under a name.", nil)
	case samePerson(author, approver):
		return refuse(frontdesk.CodeForbidden, author+" added this: somebody else approves it.", nil)
	}
	return nil
}

// samePerson compares names as people write them.
func samePerson(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

func checkComment(comment string) error {
	if utf8.RuneCountInString(comment) > CommentMost {
		return refuse(frontdesk.CodeInvalid, "A comment has at most 1,000 characters.", nil)
	}
	return nil
}

// said is a comment as the audit log adds it.
func said(comment string) string {
	if comment == "" {
		return ""
	}
	return ": " + comment
}
