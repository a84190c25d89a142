package ingest

import (
	"fmt"

	"frontdesk"
)

// The codes with which a document is refused, as `source add --json` prints
// them. Whatever is refused leaves nothing behind. A page that the server does
// not give is [CodeHTTP] of its status.
const (
	CodeEncrypted      frontdesk.Code = "encrypted"
	CodeNotADocument   frontdesk.Code = "not_a_document"
	CodeTooLarge       frontdesk.Code = "too_large"
	CodeTooManyPages   frontdesk.Code = "too_many_pages"
	CodeNoText         frontdesk.Code = "no_text"
	CodeTimeout        frontdesk.Code = "timeout"
	CodeBlockedAddress frontdesk.Code = "blocked_address"
	CodeRobots         frontdesk.Code = "robots"
	CodeEmptyShell     frontdesk.Code = "empty_shell"
	CodeUnreachable    frontdesk.Code = "unreachable"
)

// CodeHTTP returns the code for a status with which a server refused a page,
// "http_404".
func CodeHTTP(status int) frontdesk.Code {
	return frontdesk.Code(fmt.Sprintf("http_%03d", status))
}

// refuse makes a refusal: text is one line for staff, what happened and what to do.
func refuse(code frontdesk.Code, text string, cause error) error {
	return &frontdesk.Error{Code: code, Text: text, Err: cause}
}
