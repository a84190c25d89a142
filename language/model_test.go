package language

import (
	"slices"
	"testing"

	"frontdesk/language/internal/ngram"
)

func TestTheModelOpensAndKnowsItsLanguages(t *testing.T) {
	t.Parallel()
	table, err := ngram.Open(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"fr", "it", "ru", "en", "es", "de", "pt", "ar", "pl", "tr", "uk", "nl", "ro", "ru-Latn", "ar-Latn"} {
		if !slices.Contains(table.Names(), tag) {
			t.Errorf("no %s", tag)
		}
	}
	if len(encoded) > 6<<20 {
		t.Errorf("%d bytes", len(encoded))
	}
}

func TestDetectHardlyAllocates(t *testing.T) {
	const text = "Bonjour, à quelle heure ouvrez-vous demain et combien coûte une consultation ?"
	if n := testing.AllocsPerRun(20, func() { Detect(text, "fr") }); n > 120 {
		t.Errorf("%v allocations", n)
	}
}
