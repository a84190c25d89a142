package retrieval

import (
	"testing"
	"time"
)

func TestQuestionSaysWhatKindOfAnswerItWants(t *testing.T) {
	t.Parallel()
	lex := NewLexicon()
	tests := []struct {
		language, text string
		want           Kind
		days           []time.Weekday
	}{
		{"fr", "c koi les horaires du secretariat", KindTime, nil},
		{"fr", "cb coute une radio des poumons", KindPrice, nil},
		{"fr", "faut prevenir combien de temps avant", KindDuration, nil},
		{"fr", "vous ouvrez le jeudi ?", KindTime, []time.Weekday{time.Thursday}},
		{"it", "quanto dura la visita", KindDuration, nil},
		{"it", "mi date il numero", KindPhone, nil},
		{"ru", "скока стоит прием лора", KindPrice, nil},
		{"ru", "во сколько закрываетесь в субботу", KindTime, []time.Weekday{time.Saturday}},
		{"en", "wat time do u close", KindTime, nil},
		{"en", "what should i bring with me", KindBring, nil},
		{"es", "donde queda el consultorio", KindPlace, nil},
		{"de", "wie teuer ist eine zahnreinigung", KindPrice, nil},
		{"pt", "quanto custa a consulta", KindPrice, nil},
		{"en", "tell me about the garden", 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got := lex.Analyse(Question{Text: tt.text, Language: tt.language})
			if got.Main != tt.want {
				t.Errorf("kind %b, want %b", got.Main, tt.want)
			}
			if len(got.Days) != len(tt.days) || len(tt.days) > 0 && got.Days[0] != tt.days[0] {
				t.Errorf("days %v, want %v", got.Days, tt.days)
			}
		})
	}
}

func TestSubjectCrossesLanguages(t *testing.T) {
	t.Parallel()
	lex := NewLexicon()
	tests := []struct{ language, text, concept string }{
		{"fr", "peut-on garer sa voiture au parking", "parking"},
		{"de", "Gibt es Parkplätze?", "parking"},
		{"ru", "есть ли парковка", "parking"},
		{"it", "l'ecografia", "ultrasound"},
		{"en", "an ultrasound scan", "ultrasound"},
		{"uk", "УЗД нирок", "kidney"},
		{"es", "resonancia magnética", "mri"},
		{"ar", "ما المطلوب للطفل", "child"},
		{"ar", "قبل سن الطفل", "child"},
	}
	for _, tt := range tests {
		found := false
		for _, m := range lex.Mentions(tt.language, tt.text) {
			found = found || m.Concept == tt.concept
		}
		if !found {
			t.Errorf("%s: %q does not mention %s", tt.language, tt.text, tt.concept)
		}
	}
	if name, ok := lex.Name("parking", "ru"); !ok || name != "Парковка" {
		t.Errorf("name of parking in Russian is %q", name)
	}
}

func TestLikenessForgivesTypingAndScripts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		like bool
	}{
		{"visite", "visites", true},
		{"colonscopia", "colonsopia", true},
		{"радник", "родник", true},
		{"commercy", "коммерси", true},
		{"sprechstunde", "abendsprechstunde", true},
		{"carte", "tarte", false},
		{"rein", "sein", false},
		{"1200", "1300", false},
		{"lundi", "mardi", false},
	}
	for _, tt := range tests {
		if got := likeness(formOf(tt.a), formOf(tt.b)) > 0.5; got != tt.like {
			t.Errorf("%s ~ %s: %v, want %v", tt.a, tt.b, got, tt.like)
		}
	}
}

func TestDaysOfARangeAreAllOfIt(t *testing.T) {
	t.Parallel()
	lex := NewLexicon()
	tests := []struct {
		language, text string
		want           dayset
	}{
		{"fr", "du lundi au vendredi", 0x3E},
		{"en", "Mon – Wed", 0x0E},
		{"ru", "Сб - Вс", 0x41},
		{"it", "Lun · Ven", 0x22},
		{"de", "täglich", 0x7F},
		{"fr", "le matin", 0},
	}
	for _, tt := range tests {
		if got := daysOf(tt.text, lex.Mentions(tt.language, tt.text), 0); got != tt.want {
			t.Errorf("%q: %07b, want %07b", tt.text, got, tt.want)
		}
	}
}

func TestPhonesAreToldFromOtherNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want int
	}{
		{"Tél. 01 23 45 67 89", 1},
		{"+7 (800) 000-12-34, +7 (800) 000-12-35", 2},
		{"8.00-12.00", 0},
		{"Licence № 0358240247414", 0},
		{"12/05/2024", 0},
		{"1,200,000 €", 0},
		{"2012 - 2016", 0},
		{"Rua da Praia 7, 4100-210 Braga", 0},
		{"Tel. 210-4455 at any hour", 1},
	}
	for _, tt := range tests {
		if got := Phones(tt.text); len(got) != tt.want {
			t.Errorf("%q: %q, want %d", tt.text, got, tt.want)
		}
	}
}
