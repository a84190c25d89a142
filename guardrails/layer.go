package guardrails

import (
	"math"
	"slices"

	"frontdesk"
)

// layer is one learned layer's view of a text.
type layer struct {
	name string
	p    probabilities
	at   Thresholds
}

// Places in what layers returns, where there are words and a vector.
const (
	byTogether = 1
	byBoth     = 2
)

// layers returns the learned layers that have an opinion. Where there is a
// vector, it speaks together with the words; the words alone still raise alarms.
func (f *finding) layers() []layer {
	var out []layer
	if f.words != nil {
		out = append(out, layer{"words", f.words, f.wordsAt})
	}
	if f.meaning != nil {
		out = append(out, layer{"words and meaning", Together(f.words, f.meaning), f.meaningAt})
	}
	if f.words != nil && f.meaning != nil {
		out = append(out, layer{"words and meaning agree", Agreed(f.words, f.meaning), f.agreedAt})
	}
	return out
}

// Agreed returns for each label what the less sure of the two gives it. An offer is
// believed where both see it: the vector alone takes unusual wording for one, the
// words alone are sure of a link and a number.
func Agreed(words, meaning map[frontdesk.Label]float64) map[frontdesk.Label]float64 {
	out := make(map[frontdesk.Label]float64, len(meaning))
	for l, p := range meaning {
		out[l] = min(p, words[l])
	}
	return out
}

// What the logarithms of two layers' probabilities weigh. The vector knows what
// other people's words mean; the words know ours.
const (
	meaningWeight = 1.0
	wordsWeight   = 0.5
	leastKnown    = 1e-9 // stands for a probability of nothing
)

// Together returns the probabilities by words and vector: their weighted geometric
// mean, brought to a sum of one. Without words it returns the vector's.
func Together(words, meaning map[frontdesk.Label]float64) map[frontdesk.Label]float64 {
	if words == nil {
		return meaning
	}
	out, sum := make(map[frontdesk.Label]float64, len(meaning)), 0.0
	for l, p := range meaning {
		out[l] = math.Exp(meaningWeight*math.Log(p+leastKnown) + wordsWeight*math.Log(words[l]+leastKnown))
	}
	for _, l := range frontdesk.Labels() {
		sum += out[l]
	}
	sum += out[labelAdmin]
	for l := range out {
		out[l] /= sum
	}
	return out
}

// alarm tells whether the layer sees an emergency or a crisis.
func (l layer) alarm(silenced bool) (frontdesk.Label, bool) {
	e, c := l.p[frontdesk.LabelEmergency], l.p[frontdesk.LabelCrisis]
	want, ok := l.at[labelAlarm]
	if silenced {
		want += (1 - want) * againstContext
	}
	if !ok || e+c < want {
		return "", false
	}
	if c > e {
		return frontdesk.LabelCrisis, true
	}
	return frontdesk.LabelEmergency, true
}

// labels returns the labels that the layer is sure enough of; against is the share
// of the way to certainty by which a context raises what is asked.
func (l layer) labels(against float64) []frontdesk.Label {
	var out []frontdesk.Label
	for _, s := range Score(l.p) {
		want, ok := l.at[s.Label]
		if !ok || s.Label == labelAlarm || s.Label == labelElsewhere {
			continue
		}
		want += (1 - want) * against
		if s.Sure >= want && !slices.Contains(out, s.Label) {
			out = append(out, s.Label)
		}
	}
	slices.Sort(out)
	return out
}

// elsewhere names the likeliest subject of a text that is surely no matter of the
// desk, though no single label is sure: "add colour to old photos" is torn between
// off topic and clinical, and no administrative question either way.
func (l layer) elsewhere() (frontdesk.Label, bool) {
	var best Scored
	sure := 0.0
	for _, g := range subjects {
		s := g.of(l.p)
		sure += s.Sure
		if s.Sure > best.Sure {
			best = s
		}
	}
	want, ok := l.at[labelElsewhere]
	return best.Label, ok && sure >= want
}
