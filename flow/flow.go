package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"frontdesk"
)

// DefaultMisses is how many answers in a row a step may fail to read before the
// dialogue goes to a person.
const DefaultMisses = 2

// End is the name that Next returns when the dialogue is complete.
const End = ""

// Data is what a flow has gathered, by name. Values are read from and kept as JSON.
type Data map[string]json.RawMessage

// Set keeps value under name. It fails when value cannot be written as JSON.
func (d Data) Set(name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	d[name] = raw
	return nil
}

// Get reads name into value and tells whether it was there and of that shape.
func (d Data) Get(name string, value any) bool {
	raw, ok := d[name]
	return ok && json.Unmarshal(raw, value) == nil
}

// Text returns the string kept under name, "" if there is none.
func (d Data) Text(name string) string {
	var s string
	d.Get(name, &s)
	return s
}

// Ask is what a step asks: a key of the locale files, its arguments, and buttons
// or rows.
type Ask struct {
	Key     string
	Args    map[string]string
	Choices []Choice
}

// Choice is one tap that answers an [Ask].
type Choice struct {
	ID      string
	Key     string            // of the title in the locale files
	Args    map[string]string // of the title
	Literal string            // the title itself, where it is the clinic's own words
}

// Reading is what a step made of an event.
type Reading struct {
	Value any  // kept under the step's name
	OK    bool // false: a miss
}

// Miss is the reading of an event that does not answer the step.
func Miss() Reading { return Reading{} }

// Value is the reading of an event that answers the step with v.
func Value(v any) Reading { return Reading{Value: v, OK: true} }

// Step is one question of a dialogue.
type Step struct {
	Name string
	// Ask returns the question, given what is known so far.
	Ask func(data Data) Ask
	// Read reads an event as the answer. It must not keep or change anything.
	Read func(event frontdesk.Event, data Data) Reading
	// Next names the step that follows, [End] when the dialogue is complete. It
	// sees the answer that Read returned under the step's name. Nil: the step
	// that comes next in the definition.
	Next func(data Data) string
	// Free tells that any text answers the step, so that a question in it is no
	// digression.
	Free bool
}

// Definition is a dialogue. A change of its steps' names or of the data that
// they keep is a new Version.
type Definition struct {
	Name    string
	Version int
	Steps   []Step
	// Accepts lists older versions whose states this definition can continue.
	Accepts []int
	Misses  int // answers in a row that a step may fail to read; 0 is [DefaultMisses]
}

// Check tells what is wrong with a definition: no or equal names, a step that
// asks or reads nothing. Nil: it can run.
func (d Definition) Check() error {
	if d.Name == "" || d.Version < 1 || len(d.Steps) == 0 {
		return fmt.Errorf("flow %q: a name, a version from 1 and a step are needed", d.Name)
	}
	seen := make(map[string]bool, len(d.Steps))
	for _, s := range d.Steps {
		if s.Name == "" || seen[s.Name] {
			return fmt.Errorf("flow %s: step name %q is empty or used twice", d.Name, s.Name)
		}
		if s.Ask == nil || s.Read == nil {
			return fmt.Errorf("flow %s: step %s lacks Ask or Read", d.Name, s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

func (d Definition) step(name string) (Step, int) {
	for i, s := range d.Steps {
		if s.Name == name {
			return s, i
		}
	}
	return Step{}, -1
}

func (d Definition) continues(version int) bool {
	if version == d.Version {
		return true
	}
	for _, v := range d.Accepts {
		if v == version {
			return true
		}
	}
	return false
}

// next returns the name of the step that follows s, at place i.
func (d Definition) next(s Step, i int, data Data) string {
	if s.Next != nil {
		return s.Next(data)
	}
	if i+1 < len(d.Steps) {
		return d.Steps[i+1].Name
	}
	return End
}

// Status says how an event left a dialogue.
type Status string

// The statuses.
const (
	Asking   Status = "asking"   // the next question, or the same one again, is in Ask
	Done     Status = "done"     // complete; Data holds every answer
	Canceled Status = "canceled" // the patient does not want to go on
	Stuck    Status = "stuck"    // too many misses: to a person, with what is known
	Outdated Status = "outdated" // the state is of a version that is gone: end politely
)

// Result is what [Start], [Advance] or [Again] came to.
type Result struct {
	Status   Status
	State    *frontdesk.FlowState // nil unless Asking
	Ask      Ask                  // for Asking
	Data     Data                 // what was gathered, whatever the status
	Consumed bool                 // the event was an answer, or ended the dialogue; false: a digression or a miss
	Missed   bool                 // the step could not read the event and counted it
}

// Start begins a dialogue with what is known already. Steps whose answer stands
// in known under their name are skipped.
func Start(def Definition, known Data, at time.Time) (Result, error) {
	if err := def.Check(); err != nil {
		return Result{}, err
	}
	data := copyOf(known)
	state := frontdesk.FlowState{Name: def.Name, Version: def.Version, Started: at}
	return proceed(def, state, data, def.Steps[0].Name)
}

// Options are what the caller knows about an event beside the event.
type Options struct {
	// Cancels tells whether an event means "stop this". Nil: nothing does.
	Cancels func(frontdesk.Event) bool
	// Digresses tells whether an event that the step cannot read is a question of
	// its own, to be answered before the step is put again; it costs no miss.
	Digresses func(frontdesk.Event) bool
}

// Advance takes one event. Cancelling comes first, then the step reads; what it
// cannot read is a digression or a miss. On a digression the caller answers it
// and puts Result.Ask again.
func Advance(def Definition, state frontdesk.FlowState, event frontdesk.Event, options Options) (Result, error) {
	data, err := dataOf(state)
	if err != nil || state.Name != def.Name || !def.continues(state.Version) {
		return Result{Status: Outdated, Data: data}, nil
	}
	step, i := def.step(state.Step)
	if i < 0 {
		return Result{Status: Outdated, Data: data}, nil
	}
	if options.Cancels != nil && options.Cancels(event) {
		return Result{Status: Canceled, Data: data, Consumed: true}, nil
	}
	reading := step.Read(event, data)
	if !reading.OK {
		digression := !step.Free && options.Digresses != nil && options.Digresses(event)
		return missed(def, state, step, data, digression)
	}
	if err := data.Set(step.Name, reading.Value); err != nil {
		return Result{}, fmt.Errorf("flow %s: %w", def.Name, err)
	}
	state.Misses = 0
	result, err := proceed(def, state, data, def.next(step, i, data))
	result.Consumed = true
	return result, err
}

// Again puts a dialogue's present question once more, as after a digression.
func Again(def Definition, state frontdesk.FlowState) Result {
	data, err := dataOf(state)
	step, i := def.step(state.Step)
	if err != nil || i < 0 || state.Name != def.Name || !def.continues(state.Version) {
		return Result{Status: Outdated, Data: data}
	}
	return Result{Status: Asking, State: &state, Ask: step.Ask(data), Data: data}
}

// missed counts an answer that the step could not read; a digression is free.
func missed(def Definition, state frontdesk.FlowState, step Step, data Data, digression bool) (Result, error) {
	if digression {
		return Result{Status: Asking, State: &state, Ask: step.Ask(data), Data: data}, nil
	}
	state.Misses++
	limit := def.Misses
	if limit == 0 {
		limit = DefaultMisses
	}
	if state.Misses >= limit {
		return Result{Status: Stuck, Data: data, Missed: true}, nil
	}
	return Result{Status: Asking, State: &state, Ask: step.Ask(data), Data: data, Missed: true}, nil
}

// proceed moves to the named step, past those that are answered already.
func proceed(def Definition, state frontdesk.FlowState, data Data, name string) (Result, error) {
	for range len(def.Steps) + 1 {
		if name == End {
			return Result{Status: Done, Data: data}, nil
		}
		step, i := def.step(name)
		if i < 0 {
			return Result{}, fmt.Errorf("flow %s: no step %q", def.Name, name)
		}
		if _, known := data[name]; known {
			name = def.next(step, i, data)
			continue
		}
		raw, err := json.Marshal(data)
		if err != nil {
			return Result{}, fmt.Errorf("flow %s: write data: %w", def.Name, err)
		}
		state.Version, state.Step, state.Data = def.Version, name, raw
		return Result{Status: Asking, State: &state, Ask: step.Ask(data), Data: data}, nil
	}
	return Result{}, fmt.Errorf("flow %s: its steps lead in a circle", def.Name)
}

// dataOf reads a state's data; it is never nil.
func dataOf(state frontdesk.FlowState) (Data, error) {
	data := Data{}
	if len(bytes.TrimSpace(state.Data)) == 0 {
		return data, nil
	}
	if err := json.Unmarshal(state.Data, &data); err != nil || data == nil {
		return Data{}, fmt.Errorf("read state of flow %s: %w", state.Name, err)
	}
	return data, nil
}

func copyOf(known Data) Data {
	data := make(Data, len(known))
	for name, value := range known {
		data[name] = value
	}
	return data
}
