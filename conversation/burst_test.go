package conversation

import "testing"

func TestLooksCut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Hello,": true, "I wanted to ask if": true, "Bonjour, je voudrais un rendez-vous pour": true, "هل يمكنني و": true,
		"Let me think…": true, "wait...": true, "хочу записаться и": true,
		"Are you open?": false, "Bonjour": false, "si": false, "Yes": false, "": false, "  ": false, "À quelle heure ouvrez-vous": false,
	} {
		if got := looksCut(text); got != want {
			t.Errorf("looksCut(%q) = %v", text, got)
		}
	}
}
