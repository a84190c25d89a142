package guardrails

import "frontdesk"

// Thresholds are how sure a learned layer has to be, by label; "alarm" is that of
// emergency and crisis together, "elsewhere" that of all that is no matter of the desk. The trainer sets them on phrases held out, so
// that hardly any administrative question is stopped. A label that is absent is
// never given.
type Thresholds map[frontdesk.Label]float64

// labelAlarm stands for emergency and crisis in [Thresholds].
const labelAlarm = frontdesk.Label("alarm")

// labelElsewhere stands in [Thresholds] for "whatever it is, no matter of the
// desk": the labels of [subjects] together.
const labelElsewhere = frontdesk.Label("elsewhere")

// subjects are the labels of what a text can be about beside what the desk does,
// each with those that count with it when it is named only because none is sure.
var subjects = []group{
	{[]frontdesk.Label{frontdesk.LabelClinical}, []frontdesk.Label{frontdesk.LabelUrgent}},
	{[]frontdesk.Label{frontdesk.LabelOffTopic}, []frontdesk.Label{frontdesk.LabelGibberish, frontdesk.LabelSpam, frontdesk.LabelInjection}},
	{[]frontdesk.Label{frontdesk.LabelSmalltalk}, []frontdesk.Label{frontdesk.LabelBotQuestion}},
}

// labelAdmin is the class of texts that get no label.
const labelAdmin = frontdesk.Label("admin")

// againstContext is how much of the way to certainty an alarm has to go further
// where a context speaks against it, administrative the same for other labels
// where the text asks for a price, a place, a date or a paper, or how it goes there.
const (
	againstContext   = 0.8
	againstPaper     = 0.5
	againstLogistics = 0.9
)

// group is a set of labels whose probabilities count together: a text torn
// between an emergency and a clinical question is at least a clinical question.
type group struct {
	gives []frontdesk.Label // the likeliest of these is given
	with  []frontdesk.Label // these count with them
}

var groups = []group{
	{[]frontdesk.Label{frontdesk.LabelClinical, frontdesk.LabelUrgent}, []frontdesk.Label{frontdesk.LabelEmergency, frontdesk.LabelCrisis}},
	{[]frontdesk.Label{frontdesk.LabelHumanRequest, frontdesk.LabelComplaint, frontdesk.LabelDistress, frontdesk.LabelInsult}, []frontdesk.Label{frontdesk.LabelCrisis}},
	{[]frontdesk.Label{frontdesk.LabelOffTopic, frontdesk.LabelSmalltalk, frontdesk.LabelGibberish}, []frontdesk.Label{frontdesk.LabelSpam, frontdesk.LabelInjection, frontdesk.LabelBotQuestion}},
	{[]frontdesk.Label{frontdesk.LabelInjection}, nil},
	{[]frontdesk.Label{frontdesk.LabelSpam}, nil},
	{[]frontdesk.Label{frontdesk.LabelOptOut}, nil},
	{[]frontdesk.Label{frontdesk.LabelBotQuestion}, nil},
	{[]frontdesk.Label{frontdesk.LabelPersonalRecord}, nil},
}

// Scored is a label with how sure a layer is of its group.
type Scored struct {
	Label frontdesk.Label
	Sure  float64 // 0 to 1
}

// Score returns what a layer would say of a text, were it sure enough: the
// likeliest label of each group, "alarm" and "elsewhere". The trainer sets
// thresholds on it.
func Score(p map[frontdesk.Label]float64) []Scored {
	out := []Scored{{labelAlarm, p[frontdesk.LabelEmergency] + p[frontdesk.LabelCrisis]}}
	for _, g := range groups {
		out = append(out, g.of(p))
	}
	elsewhere := 0.0
	for _, g := range subjects {
		elsewhere += g.of(p).Sure
	}
	return append(out, Scored{labelElsewhere, elsewhere})
}

// of returns the likeliest label that the group gives, with the sum of all its labels.
func (g group) of(p map[frontdesk.Label]float64) Scored {
	best, sure := g.gives[0], 0.0
	for _, l := range g.gives {
		sure += p[l]
		if p[l] > p[best] {
			best = l
		}
	}
	for _, l := range g.with {
		sure += p[l]
	}
	return Scored{best, sure}
}
