package retrieval

import "testing"

func TestLexiconFilesAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, fault := range NewLexicon().faults {
		t.Error(fault)
	}
}
