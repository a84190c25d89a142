package guardrails

import (
	"regexp/syntax"
	"strings"
	"testing"

	"frontdesk"
)

func TestIdentifiersAreMasked(t *testing.T) {
	t.Parallel()
	s := newScreens(t, Options{})
	for _, c := range []struct{ text, gone, kind string }{
		{"my card is 4111 1111 1111 1111 ok", "1111 1111", "card"},
		{"card 4111-1111-1111-1111 and mail a@b.fr", "a@b.fr", "email"},
		{"IBAN FR14 2004 1010 0505 0001 3M02 606", "2004", "iban"},
		{"sécu 1 84 12 76 451 089 46", "451", "national_id"},
		{"CF RSSMRA85T10A562S", "RSSMRA", "national_id"},
		{"mi DNI 12345678Z gracias", "12345678", "national_id"},
		{"CPF 529.982.247-25", "529.982", "national_id"},
		{"PESEL 44051401359", "44051401359", "national_id"},
		{"TC 10000000146", "10000000146", "national_id"},
		{"NHS number 943 476 5919", "943 476", "national_id"},
		{"SSN 219-09-9999", "219-09", "national_id"},
		{"appelez le 06 12 34 56 78", "12 34", "phone"},
		{"call +44 20 7946 0958", "7946", "phone"},
		{"born 12/03/1985", "12/03/1985", "dob"},
		{"née le 4 mars 1990 à Lyon", "mars 1990", "dob"},
		{"j'habite 12 rue des Lilas, 75011 Paris", "Lilas", "address"},
		{"my password is Tr0ub4dor&3", "Tr0ub4dor", "password"},
		{"code SMS reçu: 482913", "482913", "code"},
		{"key sk-live-abcdefghijklmnop1234", "abcdefgh", "key"},
		{"20417336", "20417336", "number"}, {"VAT HU-10597190", "10597190", "tax_id"},
		{"my cedula de identidad: 4.123.456-7", "123", "national_id"},
		{"send it to Ahornallee 12 Top 4 please", "Ahornallee", "address"},
		{"４１１１１１１１１１１１１１１１", "４１１１", "card"},
	} {
		v := s.Rules(c.text, Hints{Country: "FR"})
		if strings.Contains(v.Masked, c.gone) {
			t.Errorf("%q is still in %q", c.gone, v.Masked)
		}
		found := false
		for _, m := range v.Marks {
			found = found || m.Type == c.kind
		}
		if !found {
			t.Errorf("%q: %v, want %s", c.text, v.Marks, c.kind)
		}
	}
}

func TestSecretsLeaveNoValue(t *testing.T) {
	t.Parallel()
	v := newScreens(t, Options{}).Rules("card 4111111111111111, born 12/03/1985", Hints{})
	if len(v.Values) != 1 || v.Values[0] != "12/03/1985" || len(v.Tokens) != 1 || !v.Has(frontdesk.LabelIdentifier) {
		t.Errorf("tokens %v, values %v", v.Tokens, v.Values)
	}
}

func TestTimesPricesAndReferencesStayReadable(t *testing.T) {
	t.Parallel()
	s := newScreens(t, Options{})
	for _, text := range []string{
		"can I come at 10:30 on 24/11/2026", "is it 120 € or 1 250,50 €?", "my booking reference is 20261122", "rendez-vous le 3 décembre 2026 à 14h30",
		"my zip code is 75011", "20261122", "22112026", "invoice 20417336 of 3 May", "two tickets for 15 people", "12 on 23 April",
	} {
		if v := s.Rules(text, Hints{Country: "FR"}); len(v.Marks) > 0 {
			t.Errorf("%q became %q", text, v.Masked)
		}
	}
	if v := s.Rules("is 01 42 34 56 78 still your number?", Hints{Country: "FR", Keep: []string{"+33 1 42 34 56 78"}}); len(v.Marks) > 0 {
		t.Errorf("the clinic's own phone became %q", v.Masked)
	}
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		valid     func(string) bool
		good, bad string
	}{
		"luhn": {luhn, "4111111111111111", "4111111111111112"}, "iban": {iban, "DE89370400440532013000", "DE89370400440532013001"},
		"cpf": {cpf, "52998224725", "52998224726"}, "pesel": {pesel, "44051401359", "44051401358"}, "nhs": {nhs, "9434765919", "9434765918"},
		"dni": {dni, "12345678Z", "12345678A"}, "cf": {codiceFiscale, "RSSMRA85T10A562S", "RSSMRA85T10A562T"},
		"tckn": {tckn, "10000000146", "10000000147"}, "bsn": {bsn, "111222333", "111222334"}, "snils": {snils, "11223344595", "11223344596"},
		"steuer": {steuerID, "36574261809", "36574261890"}, "ahv": {ahv, "7569217076985", "7569217076986"}, "verhoeff": {verhoeff, "236", "237"},
	} {
		if !c.valid(c.good) {
			t.Errorf("%s refuses %s", name, c.good)
		}
		if c.valid(c.bad) {
			t.Errorf("%s takes %s", name, c.bad)
		}
	}
}

func TestEveryCueCanBeRead(t *testing.T) {
	t.Parallel()
	for kind, form := range cueForms {
		if _, err := syntax.Parse(form, syntax.Perl); err != nil {
			t.Errorf("cue %d: %v", kind, err)
		}
	}
}

func TestCuesAreFoundWholeAndWithTheirEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want cue
	}{
		{"MY SSN ", cueID}, {"LESSNESS ", 0}, {"NÚMERO DE SÉCU ", cueID}, {"MASTERCARD ", cueCard}, {"Д.Р. ", cueBorn}, {"ABORNED ", 0}, {"BORN ", cueBorn},
	} {
		s := newScan([]rune(c.text))
		if c.want == 0 {
			for _, kind := range []cue{cueID, cueBorn, cueCard} {
				if s.cued(kind, len(c.text), nearBytes) {
					t.Errorf("%q has cue %d", c.text, kind)
				}
			}
			continue
		}
		if !s.cued(c.want, len(c.text), nearBytes) {
			t.Errorf("%q lacks cue %d", c.text, c.want)
		}
		if far := newScan([]rune(c.text + strings.Repeat("X ", 40))); far.cued(c.want, len(far.whole), nearBytes) {
			t.Errorf("%q: the cue reaches too far", c.text)
		}
	}
}
