package guardrails

import (
	"slices"
	"testing"

	"frontdesk"
)

func TestAMaskedTextKeepsTheVerdictOfItsIdentifiers(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"My card is 4539 5787 6362 1486, how much is a visit?",
		"Mon e-mail est lea.petit@example.org, merci",
	} {
		first := s.Rules(text, Hints{})
		again := s.Rules(first.Masked, Hints{})
		if !slices.Equal(first.Labels, again.Labels) || !again.Has(frontdesk.LabelIdentifier) {
			t.Errorf("%q: %v, masked %v", text, first.Labels, again.Labels)
		}
		if again.Masked != first.Masked || len(again.Tokens) != 0 {
			t.Errorf("%q is masked again: %q, %v", first.Masked, again.Masked, again.Tokens)
		}
		if len(again.Marks) != len(first.Marks) || again.Marks[0].Type != first.Marks[0].Type || again.Marks[0].Secret != first.Marks[0].Secret {
			t.Errorf("%q: marks %v, masked %v", text, first.Marks, again.Marks)
		}
	}
	if v := s.Rules("⟦⟧ and ⟦a: b⟧", Hints{}); v.Has(frontdesk.LabelIdentifier) {
		t.Errorf("brackets are no identifier: %v", v.Labels)
	}
}
