package conversation

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk"
)

// unfinishedWait bounds how long a turn waits for the rest of a text.
const unfinishedWait = 1500 * time.Millisecond

// maxJoins and maxJoinTime bound how often and how long newer messages restart a
// turn, so that somebody who keeps typing is answered all the same.
const (
	maxJoins    = 3
	maxJoinTime = 8 * time.Second
)

// unfinished tells whether a turn should wait for more: the last event is plain
// text without any label, outside a flow, and looks cut off.
func unfinished(work Work) bool {
	if work.State.Flow != nil || work.Pen == frontdesk.PenPerson || len(work.Events) == 0 {
		return false
	}
	for _, p := range work.Events {
		if len(p.Labels) > 0 && !onlyIdentifier(p.Labels) {
			return false
		}
	}
	last := work.Events[len(work.Events)-1].Event
	if last.Kind != frontdesk.EventMessage || last.Message == nil || last.Message.Kind != frontdesk.KindText {
		return false
	}
	return looksCut(last.Message.Text)
}

func onlyIdentifier(labels []frontdesk.Label) bool {
	return len(labels) == 1 && labels[0] == frontdesk.LabelIdentifier
}

// looksCut tells whether a text ends as if more followed: a comma, colon, dash or
// ellipsis, or a word that nobody ends a sentence with.
func looksCut(text string) bool {
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	last, _ := utf8.DecodeLastRuneInString(text)
	switch last {
	case ',', ':', ';', '-', '–', '—', '…', '،', '(':
		return true
	}
	if strings.HasSuffix(text, "...") {
		return true
	}
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return false
	}
	return connects(strings.ToLower(fields[len(fields)-1]))
}

// connects tells whether word joins two parts of a sentence in one of the
// supported languages.
func connects(word string) bool {
	switch word {
	case "et", "ou", "mais", "car", "pour", "avec", "parce", "de", "du", "le", "la", "les", "un", "une", "mon", "ma", "je", // fr
		"and", "or", "but", "because", "for", "with", "the", "my", "to", "if", // en
		"e", "perché", "con", "per", "il", "di", "mio", "mia", // it
		"и", "или", "но", "потому", "для", "с", "чтобы", "если", "мой", "моя", // ru
		"y", "pero", "porque", "para", "el", "mi", // es
		"und", "oder", "aber", "weil", "für", "mit", "der", "die", "das", "mein", "meine", "wenn", // de
		"mas", "com", "meu", "minha", // pt
		"و", "أو", "لكن", "لأن", "مع", "من", "إذا": // ar
		return true
	}
	return false
}
