package locale

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"frontdesk"
)

func load(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEachLanguageHasEveryTextWithTheSamePlaceholders(t *testing.T) {
	c := load(t)
	place := regexp.MustCompile(`\{[a-z_]+\}`)
	english := c.languages[Fallback]
	for _, tag := range []string{"ar", "de", "en", "es", "fr", "it", "pt", "ru"} {
		l := c.languages[tag]
		if l == nil {
			t.Fatalf("no texts in %s", tag)
		}
		for key, text := range english.Text {
			got, ok := l.Text[key]
			if !ok || got == "" {
				t.Errorf("%s lacks %s", tag, key)
				continue
			}
			want, have := place.FindAllString(text, -1), place.FindAllString(got, -1)
			slices.Sort(want)
			slices.Sort(have)
			if !slices.Equal(slices.Compact(want), slices.Compact(have)) {
				t.Errorf("%s %s: placeholders %v, want %v", tag, key, have, want)
			}
		}
		for key := range l.Text {
			if _, ok := english.Text[key]; !ok {
				t.Errorf("%s has %s, which English lacks", tag, key)
			}
		}
		for group := range english.Words {
			if len(l.Words[group]) == 0 {
				t.Errorf("%s lacks the words %s", tag, group)
			}
		}
	}
}

func TestButtonTitlesFitWhatsAppsTwentyCharacters(t *testing.T) {
	c := load(t)
	for _, tag := range c.Languages() {
		for _, key := range []string{"button.person", "button.call_back", "booking.known", "booking.new"} {
			if n := len([]rune(c.Text(tag, key, nil))); n == 0 || n > 20 {
				t.Errorf("%s %s has %d characters", tag, key, n)
			}
		}
	}
}

func TestUnknownLanguageFallsBackToEnglish(t *testing.T) {
	c := load(t)
	if got, want := c.Text("sw", "hours.closed", nil), "closed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := c.Text("fr-CA", "hours.closed", nil); got != "fermé" {
		t.Errorf("got %q", got)
	}
}

func TestWeekJoinsNeighbouringDaysAndSkipsUnknownOnes(t *testing.T) {
	c := load(t)
	var h frontdesk.Hours
	for d := 1; d <= 5; d++ {
		h.Days[d] = []frontdesk.Span{{Start: 8 * 60, End: 12 * 60}, {Start: 13*60 + 30, End: 18 * 60}}
	}
	h.Unknown[0] = true
	got := c.Week("fr", h)
	want := []string{"lundi–vendredi : de 8h00 à 12h00, de 13h30 à 18h00", "samedi : fermé"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMoneyFollowsTheLanguage(t *testing.T) {
	c := load(t)
	for _, tt := range []struct {
		tag  string
		m    frontdesk.Money
		want string
	}{
		{"fr", frontdesk.Money{Amount: 2500, Currency: "EUR"}, "25 €"},
		{"fr", frontdesk.Money{Amount: 2550, Currency: "EUR"}, "25,50 €"},
		{"en", frontdesk.Money{Amount: 2550, Currency: "GBP"}, "£25.50"},
		{"ru", frontdesk.Money{Amount: 150000, Currency: "RUB", From: true}, "от 1500 ₽"},
		{"de", frontdesk.Money{Amount: 1000, To: 2000, Currency: "EUR"}, "10 € bis 20 €"},
		{"en", frontdesk.Money{Amount: 700, Currency: "CHF"}, "CHF7"},
	} {
		if got := c.Money(tt.tag, tt.m); got != tt.want {
			t.Errorf("%s %+v: got %q, want %q", tt.tag, tt.m, got, tt.want)
		}
	}
}

func TestInstantSaysTodayAndTomorrow(t *testing.T) {
	c := load(t)
	now := time.Date(2026, 12, 31, 22, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC), "today at 23:30"},
		{time.Date(2027, 1, 1, 8, 30, 0, 0, time.UTC), "tomorrow at 8:30"},
		{time.Date(2027, 1, 4, 8, 30, 0, 0, time.UTC), "Monday 4 January at 8:30"},
	} {
		if got := c.Instant("en", tt.at, now); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestLanguageNamesAreInThePatientsLanguage(t *testing.T) {
	c := load(t)
	if got := c.LanguageName("fr", "en"); got != "anglais" {
		t.Errorf("got %q", got)
	}
	if got := c.LanguageName("ru", "fr"); got != "французский" {
		t.Errorf("got %q", got)
	}
}
