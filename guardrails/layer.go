package guardrails

import (
	"slices"

	"frontdesk"
)

// layer is one learned layer's view of a text.
type layer struct {
	name string
	p    probabilities
	at   Thresholds
}

// layers returns the learned layers that have an opinion. Where there is a
// vector, it speaks together with the words; the words alone still raise alarms.
func (f *finding) layers() []layer {
	var out []layer
	if f.words != nil {
		out = append(out, layer{"words", f.words, f.wordsAt})
	}
	if f.meaning != nil {
		out = append(out, layer{"words and meaning", mean(f.words, f.meaning), f.meaningAt})
	}
	return out
}

// meaningShare is what the vector weighs against the words.
const meaningShare = 0.65

// Both returns a probability by words and vector together.
func Both(words, meaning float64) float64 { return meaningShare*meaning + (1-meaningShare)*words }

// mean returns the weighted mean of two layers' probabilities; either may be nil.
func mean(a, b probabilities) probabilities {
	if a == nil {
		return b
	}
	out := make(probabilities, len(b))
	for l, p := range b {
		out[l] = Both(a[l], p)
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

// labels returns the labels that the layer is sure enough of.
func (l layer) labels(administrative bool) []frontdesk.Label {
	var out []frontdesk.Label
	for _, s := range Score(l.p) {
		want, ok := l.at[s.Label]
		if !ok || s.Label == labelAlarm {
			continue
		}
		if administrative {
			want += (1 - want) * againstPaper
		}
		if s.Sure >= want && !slices.Contains(out, s.Label) {
			out = append(out, s.Label)
		}
	}
	slices.Sort(out)
	return out
}
