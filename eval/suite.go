package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"frontdesk"
)

// Suite is a set of cases that belong together and have one verdict.
type Suite struct {
	Name     string
	Title    string
	About    string
	MustPass bool // its gate: no case fails but those that are known to
	File     string
	Cases    []Case
}

// Case is one dialogue with what must come of it.
type Case struct {
	ID      string // unique within its suite; made of the words where none is given
	Suite   string
	Lang    string // of the patient
	Label   string // what kind of case it is; figures are given for each
	Country string // of the clinic for this case; "" leaves the clinic's own
	First   bool   // the contact was not welcomed yet
	Known   string // why the case is known to fail; "" for one that must not
	Given   Given  // what holds in the clinic beside its content
	Turns   []Turn
	Line    int // in its file, for messages

	Mutator string // that changed the words, "" for a case as it was written
	Origin  string // id of the case that a mutator started from
}

// Given is what holds in a clinic while a case is asked, beside what its content
// says.
type Given struct {
	Notice   string   `json:"notice,omitempty"`   // in force
	Name     string   `json:"name,omitempty"`     // of the contact, from the clinic's own import
	Patients []string `json:"patients,omitempty"` // whom the contact speaks for
	Pen      string   `json:"pen,omitempty"`      // "person": staff are writing; "" is the bot's
}

// isZero tells whether nothing is given.
func (g Given) isZero() bool {
	return g.Notice == "" && g.Name == "" && len(g.Patients) == 0 && g.Pen == ""
}

// Turn is one message of a patient.
type Turn struct {
	Say    string        `json:"say"`
	Tap    string        `json:"tap,omitempty"`       // id of the tapped button
	At     time.Time     `json:"at,omitzero"`         // the clock; zero is a minute after the turn before
	Waited time.Duration `json:"waited_ns,omitempty"` // how long the message lay before it is decided
	Model  []string      `json:"model,omitempty"`     // sentences that a language model proposes; none: there is no model
	Faults []Fault       `json:"faults,omitempty"`
	Expect Expect        `json:"expect,omitzero"`

	after time.Duration // since the turn before
}

// staged tells whether a turn needs more of a target than to be asked.
func (t Turn) staged() bool { return len(t.Faults) > 0 || len(t.Model) > 0 || t.Waited > 0 }

// Fault is a part that is broken on purpose while a turn runs.
type Fault string

// The faults that a target may know.
const (
	FaultModelDown      Fault = "model_down"
	FaultEmbeddingsDown Fault = "embeddings_down"
	FaultEmbeddingsSlow Fault = "embeddings_slow"
	FaultDatabaseAway   Fault = "database_away"
)

// Faults returns every fault.
func Faults() []Fault {
	return []Fault{FaultModelDown, FaultEmbeddingsDown, FaultEmbeddingsSlow, FaultDatabaseAway}
}

// Expect is what must come of a turn. A field that is not set is not checked.
type Expect struct {
	Outcome    []string `json:"outcome,omitempty"` // any of
	NotOutcome []string `json:"not_outcome,omitempty"`
	Lang       string   `json:"lang,omitempty"` // of the reply; "same" is the case's
	Contains   []string `json:"contains,omitempty"`
	Lacks      []string `json:"lacks,omitempty"`
	Masked     []string `json:"masked,omitempty"` // neither in the reply nor in what is kept of the question
	Cites      []Place  `json:"cites,omitempty"`  // every one of
	Relevant   []Place  `json:"relevant,omitempty"`
	Labels     []string `json:"labels,omitempty"`
	NoLabels   []string `json:"no_labels,omitempty"`
	Ticket     *bool    `json:"ticket,omitempty"`
	Team       string   `json:"team,omitempty"`
	Priority   string   `json:"priority,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Flow       string   `json:"flow,omitempty"` // name of the flow in progress, "none"
	Mode       []string `json:"mode,omitempty"`
	Buttons    []string `json:"buttons,omitempty"` // ids
	Silent     bool     `json:"silent,omitempty"`  // no message at all
	Messages   int      `json:"messages,omitempty"`
	Chars      int      `json:"chars,omitempty"`
	Tone       string   `json:"tone,omitempty"` // "plain": see scoreTone
}

// Place is where something stands in a clinic's sources.
type Place struct {
	Source string `json:"source"`
	Page   int    `json:"page,omitempty"`
	Quote  string `json:"quote,omitempty"` // words of the quote
}

// defaultAt is the clock of cases that name none: a working Tuesday morning in
// most places, so that two runs of a suite ask at the same instant.
var defaultAt = time.Date(2026, time.November, 24, 9, 15, 0, 0, time.UTC)

// pause is the time between two turns that name none.
const pause = time.Minute

// asked is what a target is told of a case: all that may change its replies.
func (c Case) asked() string {
	type question struct {
		Say    string
		Tap    string
		At     time.Time
		Faults []Fault
		Waited time.Duration `json:",omitempty"`
		Model  []string      `json:",omitempty"`
	}
	var questions []question
	for _, t := range c.Turns {
		questions = append(questions, question{t.Say, t.Tap, t.At.UTC(), t.Faults, t.Waited, t.Model})
	}
	all := []any{c.Country, c.First, questions}
	if !c.Given.isZero() {
		all = append(all, c.Given)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return fmt.Sprintf("%#v", questions) // cannot happen: strings and times
	}
	return string(raw)
}

// Hash identifies what is asked: equal hashes get equal replies from the same
// code, content and settings.
func (c Case) Hash() string { return shortHash(c.asked()) }

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// hash identifies a suite with its expectations.
func (s Suite) hash() string {
	raw, err := json.Marshal(s)
	if err != nil {
		return "" // cannot happen: plain values
	}
	return shortHash(string(raw))
}

// Langs returns the languages of a suite's cases, sorted.
func (s Suite) Langs() []string {
	var langs []string
	for _, c := range s.Cases {
		if c.Lang != "" && !slices.Contains(langs, c.Lang) {
			langs = append(langs, c.Lang)
		}
	}
	slices.Sort(langs)
	return langs
}

// setClock gives every turn its instant.
func (c *Case) setClock(start time.Time) {
	at := start
	for i := range c.Turns {
		t := &c.Turns[i]
		switch {
		case !t.At.IsZero():
			at = t.At
		case t.after > 0:
			at = at.Add(t.after)
		case i > 0:
			at = at.Add(pause)
		}
		t.At = at
	}
}

// Outcomes returns the outcomes that a reply may have.
func Outcomes() []string {
	all := []frontdesk.Outcome{
		frontdesk.OutcomeAnswered, frontdesk.OutcomeUnanswered, frontdesk.OutcomeClinical,
		frontdesk.OutcomePersonalRecord, frontdesk.OutcomeEmergency, frontdesk.OutcomeCrisis,
		frontdesk.OutcomeHandover, frontdesk.OutcomeFlow, frontdesk.OutcomeSmalltalk,
		frontdesk.OutcomeOffTopic, frontdesk.OutcomeSpam, frontdesk.OutcomeOptedOut, frontdesk.OutcomeSilent,
	}
	var names []string
	for _, o := range all {
		names = append(names, string(o))
	}
	return names
}
