package language

import (
	_ "embed"

	"frontdesk/language/internal/ngram"
)

// encoded is the language model: made by internal/modelgen out of the n-gram
// frequencies of lingua-go (Copyright Peter M. Stahl, Apache-2.0) and word lists
// of our own, used where it lies.
//
//go:embed model.bin
var encoded string

// model returns the language model. A model that cannot be opened knows nothing;
// the package's test shows that ours can.
func model() ngram.Table {
	table, err := ngram.Open(encoded)
	if err != nil {
		return ngram.Table{}
	}
	return table
}
