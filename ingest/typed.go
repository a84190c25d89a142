package ingest

import (
	"frontdesk"
	"frontdesk/retrieval"
)

// ReadFacts reads the facts that staff typed as a sentence of their language,
// "Ouvert du lundi au vendredi de 8h à 18h", by the same readers as documents.
// label and site replace what the sentence itself says, where they are not "".
func ReadFacts(text, language, label, site string) []frontdesk.Fact {
	facts := factReader{retrieval.NewLexicon()}.read(frontdesk.Passage{Kind: frontdesk.PassageText, Language: language, Text: text, Site: site})
	for i := range facts {
		if label != "" {
			facts[i].Label = label
		}
	}
	return facts
}
