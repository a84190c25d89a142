package agent

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/locale"
	"frontdesk/retrieval"
)

// foundIn makes a result of passages whose only span is the whole text.
func foundIn(t *testing.T, q retrieval.Question, passages ...frontdesk.Passage) retrieval.Result {
	t.Helper()
	lexicon := retrieval.NewLexicon()
	result := retrieval.Result{Answerable: true, Asked: lexicon.Analyse(q)}
	for i, p := range passages {
		span := retrieval.Span{Start: 0, End: len(p.Text), Score: float64(-i), Covered: 1}
		for _, m := range lexicon.Mentions(p.Language, p.Text) {
			if slices.Contains(result.Asked.Concepts, m.Concept) {
				span.Concepts = append(span.Concepts, m.Concept)
			}
		}
		result.Passages = append(result.Passages, retrieval.Ranked{Passage: p, Score: span.Score, Spans: []retrieval.Span{span}})
	}
	return result
}

func quoted(t *testing.T, lang, question string, passages ...frontdesk.Passage) Quotation {
	t.Helper()
	texts, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	quoter := NewQuoter(retrieval.NewLexicon())
	q := retrieval.Question{Text: question, Language: lang}
	got, ok := quoter.Quote(q, foundIn(t, q, passages...), lang, texts)
	if !ok {
		t.Fatal("nothing to quote")
	}
	for _, c := range got.Citations {
		if c.Quote == "" || !slices.ContainsFunc(passages, func(p frontdesk.Passage) bool { return strings.Contains(p.Text, c.Quote) }) {
			t.Errorf("quote %q is not verbatim", c.Quote)
		}
	}
	if n := utf8.RuneCountInString(got.Text); n > 700 {
		t.Errorf("%d characters", n)
	}
	return got
}

func TestQuoteInTheDocumentsLanguageIsVerbatim(t *testing.T) {
	t.Parallel()
	p := frontdesk.Passage{Name: "livret.pdf", Page: 4, Language: "fr", Text: "Les visites ont lieu de 14 h à 19 h."}
	got := quoted(t, "fr", "quelles sont les heures de visite", p)
	if !strings.HasPrefix(got.Text, p.Text) || !strings.Contains(got.Text, "livret.pdf") || !got.Quoted {
		t.Errorf("got %+v", got)
	}
}

func TestFactsAreSaidInThePatientsLanguage(t *testing.T) {
	t.Parallel()
	week := frontdesk.Hours{Unknown: [7]bool{true, true, true, true, true, true, true}}
	for d := range week.Days {
		week.Days[d] = []frontdesk.Span{{Start: 14 * 60, End: 19 * 60}}
	}
	visits := "Les visites ont lieu de 14 h à 19 h."
	passages := map[string]frontdesk.Passage{
		"hours": {Name: "livret.pdf", Language: "fr", Text: visits, Facts: []frontdesk.Fact{{Kind: frontdesk.FactHours, Hours: &week, Quote: visits}}},
		"price": {Name: "prix.pdf", Language: "ru", Kind: frontdesk.PassageRow, Text: "УЗИ почек | 700", Facts: []frontdesk.Fact{
			{Kind: frontdesk.FactPrice, Label: "УЗИ почек", Value: "700", Money: &frontdesk.Money{Amount: 70000, Currency: "RUB"}, Quote: "УЗИ почек | 700"},
		}},
		"duration": {Name: "scan.pdf", Language: "en", Text: "An MRI takes 20-30 minutes.", Facts: []frontdesk.Fact{
			{Kind: frontdesk.FactDuration, Value: "20-30 min", Minutes: 20, Quote: "An MRI takes 20-30 minutes."},
		}},
		"pets": {Name: "livret.pdf", Language: "fr", Text: "Les animaux ne sont pas admis."},
		"free": {Name: "anfahrt.html", Language: "de", Text: "Kostenlose Parkplätze vorhanden."},
	}
	tests := []struct{ passage, language, question, want string }{
		{"hours", "en", "what are the visiting hours", "Visiting: 14:00 to 19:00"},
		{"hours", "ru", "часы посещения", "с 14:00 до 19:00"},
		{"price", "fr", "prix d'une échographie des reins", "Échographie, Rein"},
		{"duration", "es", "cuanto dura la resonancia", "20-30 min"},
		{"pets", "ru", "можно с собакой?", "Нет. Животные: нельзя"},
		{"pets", "de", "kann ich meinen hund mitbringen", "Nein. Tiere: nicht erlaubt"},
		{"free", "it", "il parcheggio è gratis?", "Parcheggio: gratuito"},
	}
	for _, tt := range tests {
		t.Run(tt.question, func(t *testing.T) {
			t.Parallel()
			got := quoted(t, tt.language, tt.question, passages[tt.passage])
			if !strings.Contains(got.Text, tt.want) || got.Quoted {
				t.Errorf("got %q, want %q", got.Text, tt.want)
			}
		})
	}
}

func TestForeignQuoteSaysWhichLanguageItIs(t *testing.T) {
	t.Parallel()
	p := frontdesk.Passage{Name: "livret.pdf", Language: "fr", Text: "Le jardin est entretenu par des bénévoles."}
	got := quoted(t, "en", "who looks after the garden", p)
	if !strings.Contains(got.Text, "French") || !strings.Contains(got.Text, p.Text) {
		t.Errorf("got %q", got.Text)
	}
}

func TestReplyFitsAPhone(t *testing.T) {
	t.Parallel()
	long := frontdesk.Passage{Name: "livret.pdf", Language: "en", Text: strings.Repeat("The garden is open to all patients and their visitors. ", 40)}
	quoted(t, "en", "when is the garden open", long, long)
}

func TestNothingFoundIsNotQuoted(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	quoter := NewQuoter(retrieval.NewLexicon())
	if _, ok := quoter.Quote(retrieval.Question{}, retrieval.Result{}, "en", texts); ok {
		t.Error("quotes nothing")
	}
}
