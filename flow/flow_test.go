package flow

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"frontdesk"
)

func said(text string) frontdesk.Event {
	return frontdesk.Event{Kind: frontdesk.EventMessage, Message: &frontdesk.Message{Text: text}}
}

// visit asks for a service, then whether the patient is new, then (for new ones
// only) a name.
func visit() Definition {
	oneOf := func(words ...string) func(frontdesk.Event, Data) Reading {
		return func(e frontdesk.Event, _ Data) Reading {
			for _, w := range words {
				if e.Message.Text == w {
					return Value(w)
				}
			}
			return Miss()
		}
	}
	ask := func(key string) func(Data) Ask { return func(Data) Ask { return Ask{Key: key} } }
	return Definition{Name: "visit", Version: 3, Accepts: []int{2}, Steps: []Step{
		{Name: "service", Ask: ask("ask.service"), Read: oneOf("radio", "lab")},
		{Name: "new", Ask: ask("ask.new"), Read: oneOf("yes", "no"), Next: func(d Data) string {
			if d.Text("new") == "yes" {
				return "name"
			}
			return End
		}},
		{Name: "name", Ask: ask("ask.name"), Free: true, Read: func(e frontdesk.Event, _ Data) Reading {
			if e.Message.Text == "" {
				return Miss()
			}
			return Value(e.Message.Text)
		}},
	}}
}

func options() Options {
	return Options{
		Cancels:   func(e frontdesk.Event) bool { return e.Message.Text == "stop" },
		Digresses: func(e frontdesk.Event) bool { return strings.HasSuffix(e.Message.Text, "?") },
	}
}

func start(t *testing.T, known Data) Result {
	t.Helper()
	r, err := Start(visit(), known, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDialogues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		say    []string
		status Status
		ask    string
		misses int
	}{
		"the first question":                         {nil, Asking, "ask.service", 0},
		"an answer leads to the next question":       {[]string{"lab"}, Asking, "ask.new", 0},
		"a branch ends early":                        {[]string{"lab", "no"}, Done, "", 0},
		"the other branch asks more":                 {[]string{"lab", "yes"}, Asking, "ask.name", 0},
		"to the end":                                 {[]string{"lab", "yes", "Ada"}, Done, "", 0},
		"a miss asks again":                          {[]string{"what"}, Asking, "ask.service", 1},
		"a good answer forgets misses":               {[]string{"what", "lab"}, Asking, "ask.new", 0},
		"two misses in a row go to a person":         {[]string{"what", "hm"}, Stuck, "", 0},
		"a digression costs nothing":                 {[]string{"open on Sunday?", "and parking?", "price?"}, Asking, "ask.service", 0},
		"a question mark in a free answer is no way": {[]string{"lab", "yes", "Ada?"}, Done, "", 0},
		"cancelling":                                 {[]string{"lab", "stop"}, Canceled, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil)
			for _, text := range c.say {
				if r.State == nil {
					t.Fatalf("ended with %s before %q", r.Status, text)
				}
				var err error
				if r, err = Advance(visit(), *r.State, said(text), options()); err != nil {
					t.Fatal(err)
				}
			}
			if r.Status != c.status || r.Ask.Key != c.ask {
				t.Fatalf("%s %q, want %s %q", r.Status, r.Ask.Key, c.status, c.ask)
			}
			if (r.State != nil) != (c.status == Asking) {
				t.Errorf("state %v with status %s", r.State, r.Status)
			}
			if r.State != nil && r.State.Misses != c.misses {
				t.Errorf("%d misses, want %d", r.State.Misses, c.misses)
			}
		})
	}
}

func TestOnlyAnswersAreConsumed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"lab": true, "stop": true, "where?": false, "blah": false} {
		r, err := Advance(visit(), *start(t, nil).State, said(text), options())
		if err != nil || r.Consumed != want {
			t.Errorf("%q: consumed %v, want %v (%v)", text, r.Consumed, want, err)
		}
	}
}

func TestWhatIsKnownIsNotAsked(t *testing.T) {
	t.Parallel()
	known := Data{}
	if err := known.Set("service", "lab"); err != nil {
		t.Fatal(err)
	}
	r := start(t, known)
	if r.Ask.Key != "ask.new" || r.Data.Text("service") != "lab" {
		t.Errorf("asks %q with %s", r.Ask.Key, r.Data)
	}
	if err := known.Set("new", "no"); err != nil {
		t.Fatal(err)
	}
	if r = start(t, known); r.Status != Done {
		t.Errorf("status %s, want done", r.Status)
	}
}

func TestAdvanceLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	state := *start(t, nil).State
	before, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"lab", "what", "stop"} {
		if _, err := Advance(visit(), state, said(text), options()); err != nil {
			t.Fatal(err)
		}
	}
	after, err := json.Marshal(state)
	if err != nil || string(before) != string(after) {
		t.Errorf("state changed: %s to %s", before, after)
	}
}

func TestAStateThatCannotBeContinuedEndsPolitely(t *testing.T) {
	t.Parallel()
	good := *start(t, nil).State
	for name, change := range map[string]func(*frontdesk.FlowState){
		"another flow":         func(s *frontdesk.FlowState) { s.Name = "other" },
		"a version long gone":  func(s *frontdesk.FlowState) { s.Version = 1 },
		"a later version":      func(s *frontdesk.FlowState) { s.Version = 4 },
		"a step that is gone":  func(s *frontdesk.FlowState) { s.Step = "colour" },
		"broken data":          func(s *frontdesk.FlowState) { s.Data = json.RawMessage(`[1`) },
		"data of another kind": func(s *frontdesk.FlowState) { s.Data = json.RawMessage(`[1]`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := good
			change(&state)
			r, err := Advance(visit(), state, said("lab"), options())
			if err != nil || r.Status != Outdated || r.State != nil {
				t.Errorf("%s %v, want outdated", r.Status, err)
			}
			if again := Again(visit(), state); again.Status != Outdated {
				t.Errorf("again: %s, want outdated", again.Status)
			}
		})
	}
}

func TestAnAcceptedOldVersionGoesOnAsTheNewOne(t *testing.T) {
	t.Parallel()
	state := *start(t, nil).State
	state.Version = 2
	r, err := Advance(visit(), state, said("lab"), options())
	if err != nil || r.Status != Asking || r.State.Version != 3 {
		t.Errorf("%s %v %v", r.Status, r.State, err)
	}
}

func TestBadDefinitionsAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Definition){
		"no name":         func(d *Definition) { d.Name = "" },
		"no version":      func(d *Definition) { d.Version = 0 },
		"no steps":        func(d *Definition) { d.Steps = nil },
		"equal names":     func(d *Definition) { d.Steps[1].Name = "service" },
		"nothing to read": func(d *Definition) { d.Steps[1].Read = nil },
	} {
		d := visit()
		change(&d)
		if d.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestACircleIsAnErrorNotAHang(t *testing.T) {
	t.Parallel()
	d := visit()
	d.Steps[0].Next = func(Data) string { return "service" }
	if _, err := Advance(d, *start(t, nil).State, said("lab"), options()); err == nil {
		t.Error("no error")
	}
	d.Steps[0].Next = func(Data) string { return "nowhere" }
	if _, err := Advance(d, *start(t, nil).State, said("lab"), options()); err == nil {
		t.Error("no error for a step that does not exist")
	}
}
