package language

import "strings"

// leastPart is the shortest part of a compound, in bytes.
const leastPart = 4

// appendParts appends the terms of a compound's parts: its last noun, where that
// is one of those that clinics' texts are full of, and what stands before it
// ("Öffnungszeiten": "offnung", "zeit"). So a question for "Zeiten" meets it.
func appendParts(out []string, lang, word, whole string) []string {
	tails := compoundTails(lang)
	if tails == "" || len(word) < 2*leastPart {
		return out
	}
	folded := germanVowels(Fold(word))
	for tail := range strings.FieldsSeq(tails) {
		at := strings.LastIndex(folded, tail)
		if at < leastPart || len(folded)-at-len(tail) > 3 {
			continue
		}
		head := strings.TrimSuffix(folded[:at], "s")
		for _, part := range []string{Stem(lang, head), Stem(lang, folded[at:])} {
			if part != whole && len(part) >= leastPart-1 {
				out = append(out, part)
			}
		}
		return out
	}
	return out
}

// compoundTails returns the nouns that end compounds, folded.
func compoundTails(lang string) string {
	switch lang {
	case "de":
		return "zeit kosten kost termin karte nummer praxis arzt arztin klinik haus platz untersuchung sprechstunde stunde station abteilung zimmer gebuhr preis tarif rezept uberweisung unterlage schein ausweis versicherung kasse verfahren besuch annahme aufnahme dienst dienstag anmeldung abnahme impfung beratung therapie behandlung aufenthalt eingang garage parkhaus haltestelle bescheinigung befund bild gerat wunsch regel essen mahlzeit"
	case "nl":
		return "tijd tijden kosten afspraak kaart nummer praktijk arts kliniek huis plaats onderzoek spreekuur uur afdeling kamer prijs tarief recept verwijzing verzekering bezoek opname dienst afname advies behandeling ingang garage uitslag bewijs"
	}
	return ""
}
