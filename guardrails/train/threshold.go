package main

import (
	"fmt"
	"log/slog"
	"sort"

	"frontdesk"
	"frontdesk/guardrails"
)

// A threshold is the lowest at which a label is given to at most this share of
// the phrases that it would harm, each judged by weights that never saw it. Our
// phrases are mostly hard ones: what patients write is harmed less.
var allowed = map[frontdesk.Label]float64{
	"alarm":                       0.004,
	"elsewhere":                   0.1,
	frontdesk.LabelClinical:       0.03,
	frontdesk.LabelUrgent:         0.01,
	frontdesk.LabelHumanRequest:   0.02,
	frontdesk.LabelComplaint:      0.02,
	frontdesk.LabelDistress:       0.02,
	frontdesk.LabelInsult:         0.002,
	frontdesk.LabelOffTopic:       0.04,
	frontdesk.LabelSmalltalk:      0.08,
	frontdesk.LabelGibberish:      0.002,
	frontdesk.LabelInjection:      0.01,
	frontdesk.LabelSpam:           0.01,
	frontdesk.LabelOptOut:         0.001,
	frontdesk.LabelBotQuestion:    0.01,
	frontdesk.LabelPersonalRecord: 0.01,
}

// lowest are the least thresholds of the word weights, however well a label does
// on our phrases: other people's differ more from ours than ours among themselves.
var lowest = map[frontdesk.Label]float64{
	"alarm":                       0.97,
	"elsewhere":                   0.8,
	frontdesk.LabelClinical:       0.62,
	frontdesk.LabelUrgent:         0.62,
	frontdesk.LabelHumanRequest:   0.8,
	frontdesk.LabelComplaint:      0.8,
	frontdesk.LabelDistress:       0.8,
	frontdesk.LabelInsult:         0.85,
	frontdesk.LabelOffTopic:       0.64,
	frontdesk.LabelSmalltalk:      0.5,
	frontdesk.LabelGibberish:      0.7,
	frontdesk.LabelInjection:      0.975,
	frontdesk.LabelSpam:           0.9,
	frontdesk.LabelOptOut:         0.9,
	frontdesk.LabelBotQuestion:    0.4,
	frontdesk.LabelPersonalRecord: 0.45,
}

// lowestTogether are those of words and vector together.
var lowestTogether = map[frontdesk.Label]float64{
	"alarm":                       0.999,
	"elsewhere":                   0.82,
	frontdesk.LabelClinical:       0.58,
	frontdesk.LabelUrgent:         0.58,
	frontdesk.LabelHumanRequest:   0.985,
	frontdesk.LabelComplaint:      0.985,
	frontdesk.LabelDistress:       0.985,
	frontdesk.LabelInsult:         0.93,
	frontdesk.LabelOffTopic:       0.74,
	frontdesk.LabelSmalltalk:      0.5,
	frontdesk.LabelGibberish:      0.6,
	frontdesk.LabelInjection:      0.92,
	frontdesk.LabelSpam:           0.96,
	frontdesk.LabelOptOut:         0.9,
	frontdesk.LabelBotQuestion:    0.4,
	frontdesk.LabelPersonalRecord: 0.45,
}

// lowestAgreed are those of what words and vector say each by itself; what is not
// listed is not given by it.
var lowestAgreed = map[frontdesk.Label]float64{
	frontdesk.LabelSpam: 0.62,
}

// right lists, for a label given, the labels of examples that it does not harm.
var right = map[frontdesk.Label][]string{
	"alarm":                     {"emergency", "crisis", "urgent"},
	"elsewhere":                 {"clinical", "urgent", "emergency", "crisis", "distress", "off_topic", "smalltalk", "gibberish", "spam", "injection", "insult", "bot_question"},
	frontdesk.LabelClinical:     {"clinical", "urgent", "emergency", "crisis", "distress"},
	frontdesk.LabelUrgent:       {"clinical", "urgent", "emergency", "crisis", "distress"},
	frontdesk.LabelHumanRequest: {"human_request", "complaint", "distress", "insult", "crisis", "emergency", "urgent", "opt_out"},
	frontdesk.LabelComplaint:    {"human_request", "complaint", "distress", "insult", "crisis", "emergency", "urgent", "opt_out"},
	frontdesk.LabelDistress:     {"human_request", "complaint", "distress", "insult", "crisis", "emergency", "urgent", "clinical"},
	frontdesk.LabelInsult:       {"complaint", "insult", "human_request"},
	frontdesk.LabelOffTopic:     {"off_topic", "smalltalk", "gibberish", "spam", "injection", "insult", "bot_question"},
	frontdesk.LabelSmalltalk:    {"off_topic", "smalltalk", "gibberish", "bot_question", "spam", "injection", "insult"},
	frontdesk.LabelGibberish:    {"off_topic", "smalltalk", "gibberish", "spam", "injection"},
}

func harmless(given frontdesk.Label, label string) bool {
	if string(given) == label {
		return true
	}
	for _, l := range right[given] {
		if l == label {
			return true
		}
	}
	return false
}

// judged is an example with what a layer thinks of it.
type judged struct {
	example
	p map[frontdesk.Label]float64
}

// setThresholds chooses thresholds on the phrases held out and logs what they
// catch. None is below its least one.
func setThresholds(name string, least map[frontdesk.Label]float64, held []judged) guardrails.Thresholds {
	type point struct {
		sure float64
		harm bool
	}
	given := map[frontdesk.Label][]point{}
	for _, e := range held {
		for _, s := range guardrails.Score(e.p) {
			given[s.Label] = append(given[s.Label], point{s.Sure, !harmless(s.Label, e.label)})
		}
	}
	at := guardrails.Thresholds{}
	for label, points := range given {
		if _, wanted := least[label]; !wanted {
			continue
		}
		harmed := 0
		for _, e := range held {
			if !harmless(label, e.label) {
				harmed++
			}
		}
		budget := int(allowed[label] * float64(harmed))
		sort.Slice(points, func(a, b int) bool { return points[a].sure > points[b].sure })
		want, n := 0.0, 0
		for _, p := range points {
			if p.harm {
				if n++; n > budget {
					want = p.sure + 1e-3
					break
				}
			}
		}
		at[label] = min(max(want, least[label]), 0.999)
	}
	report(name, held, at)
	return at
}

// report logs, for each label of the examples, how many are noticed and how
// many are stopped.
func report(name string, held []judged, at guardrails.Thresholds) {
	count, caught, stopped := map[string]int{}, map[string]int{}, map[string]int{}
	for _, e := range held {
		count[e.label]++
		hit, harm := false, false
		for _, s := range guardrails.Score(e.p) {
			if want, ok := at[s.Label]; !ok || s.Sure < want {
				continue
			}
			hit = hit || harmless(s.Label, e.label)
			harm = harm || !harmless(s.Label, e.label)
		}
		if hit {
			caught[e.label]++
		}
		if harm {
			stopped[e.label]++
		}
	}
	for _, l := range sortedKeys(count) {
		slog.Info(name, "label", l, "held_out", count[l],
			"noticed", fmt.Sprintf("%.1f%%", 100*float64(caught[l])/float64(count[l])),
			"harmed", fmt.Sprintf("%.1f%%", 100*float64(stopped[l])/float64(count[l])),
			"at", fmt.Sprintf("%.2f", at[frontdesk.Label(l)]))
	}
}

func sortedKeys(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
