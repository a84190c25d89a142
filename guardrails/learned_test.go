package guardrails

import (
	"math"
	"testing"

	"frontdesk"
)

func TestANetworkThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	whole := NewNetwork(3, 2, 2)
	for i := range whole.In {
		whole.In[i] = float32(i)
	}
	raw, err := whole.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string][]byte{
		"empty":     nil,
		"cut short": raw[:len(raw)-1],
		"too long":  append(append([]byte(nil), raw...), 0),
		"no inputs": append([]byte{0, 0, 0, 0}, raw[4:]...),
		"huge":      append([]byte{255, 255, 255, 255}, raw[4:]...),
	} {
		var n Network
		if err := n.UnmarshalBinary(broken); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
	var again Network
	if err := again.UnmarshalBinary(raw); err != nil {
		t.Fatal(err)
	}
	want, got := whole.Logits([]float32{1, 2, 3}, nil), again.Logits([]float32{1, 2, 3}, nil)
	for c := range want {
		if got[c] != want[c] {
			t.Errorf("output %d is %v after reading, was %v", c, got[c], want[c])
		}
	}
}

func TestWordsAndVectorTogetherSumToOne(t *testing.T) {
	t.Parallel()
	words := map[frontdesk.Label]float64{labelAdmin: 0.2, frontdesk.LabelClinical: 0.7, frontdesk.LabelSpam: 0.1}
	vector := map[frontdesk.Label]float64{labelAdmin: 0.8, frontdesk.LabelClinical: 0.2, frontdesk.LabelSpam: 0}
	both, sum := Together(words, vector), 0.0
	for _, p := range both {
		sum += p
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("probabilities sum to %v", sum)
	}
	if both[labelAdmin] <= both[frontdesk.LabelClinical] {
		t.Errorf("the vector's certainty (%v) does not outweigh the words' (%v)", both[labelAdmin], both[frontdesk.LabelClinical])
	}
}

// A row of the table belongs to one n-gram; whatever else falls on it is a stranger.
func TestNGramsNeverSeenCountForNothing(t *testing.T) {
	t.Parallel()
	l := &linear{card: Card{Width: 1, Classes: []frontdesk.Label{labelAdmin, frontdesk.LabelSpam}, Scale: []float64{1, 1}, Bias: []float64{0, 0}},
		rarity: string([]byte{20}), weights: string([]byte{0, 100})}
	known := Features("casino")[0]
	l.checks = string([]byte{Check(known.Hash)})
	p := prepare("casino")
	if got := l.probabilities(p, signs{}); got[frontdesk.LabelSpam] < 0.99 {
		t.Errorf("the n-gram of its row gives spam %v", got[frontdesk.LabelSpam])
	}
	stranger := prepare("q")
	for _, f := range Features("q") {
		if Check(f.Hash) == Check(known.Hash) {
			t.Fatal("choose another stranger: its check is the same by chance")
		}
	}
	if got := l.probabilities(stranger, signs{}); got != nil {
		t.Errorf("an n-gram never seen gives %v", got)
	}
}

// A misspelt word is found by what it and a word of the vocabulary become without a letter.
func TestOneLetterLostIsToldFromTwo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		word, short string
		want        bool
	}{
		{"urgent", "rgent", true}, {"urgent", "urgen", true}, {"urgent", "urget", true}, {"écran", "cran", true}, {"боль", "бол", true},
		{"urgent", "urgent", false}, {"urgent", "urgt", false}, {"urgent", "urgant", false}, {"urgent", "", false}, {"", "", false}, {"a", "", true},
	} {
		if got := losesOne(tt.word, tt.short); got != tt.want {
			t.Errorf("%q without a letter is %q: %v", tt.word, tt.short, got)
		}
	}
}
