package calendar

import (
	"testing"
	"time"

	"frontdesk"
)

func paris(t *testing.T, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func week() frontdesk.Hours {
	h := frontdesk.Hours{Holidays: "FR"}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Days[d] = []frontdesk.Span{{Start: 8 * 60, End: 12 * 60}, {Start: 14 * 60, End: 18 * 60}}
	}
	h.Days[time.Saturday] = []frontdesk.Span{{Start: 22 * 60, End: 26 * 60}}
	h.Exceptions = []frontdesk.Exception{
		{From: "2026-08-03", To: "2026-08-14", Note: "summer"},
		{From: "12-24", To: "01-02", Spans: []frontdesk.Span{{Start: 9 * 60, End: 12 * 60}}, Note: "winter"},
		{From: "2026-12-26", Note: "closed all the same"},
	}
	return h
}

func TestHoursAtAnInstant(t *testing.T) {
	t.Parallel()
	unknown := week()
	unknown.Unknown[time.Sunday] = true
	always := frontdesk.Hours{}
	for d := range always.Days {
		always.Days[d] = []frontdesk.Span{{Start: 0, End: 1440}}
	}
	for name, c := range map[string]struct {
		hours  frontdesk.Hours
		at     string
		state  State
		closes string
		opens  string
	}{
		"in the morning":                       {week(), "2026-11-23 09:00", Open, "2026-11-23 12:00", ""},
		"the last minute excluded":             {week(), "2026-11-23 12:00", Closed, "", "2026-11-23 14:00"},
		"the first minute included":            {week(), "2026-11-23 08:00", Open, "2026-11-23 12:00", ""},
		"after closing":                        {week(), "2026-11-23 18:30", Closed, "", "2026-11-24 08:00"},
		"Sunday before one in the morning":     {week(), "2026-11-22 01:00", Open, "2026-11-22 02:00", ""},
		"Sunday after two":                     {week(), "2026-11-22 02:00", Closed, "", "2026-11-23 08:00"},
		"a public holiday":                     {week(), "2026-11-11 09:00", Closed, "", "2026-11-12 08:00"},
		"a dated exception":                    {week(), "2026-08-05 09:00", Closed, "", "2026-08-17 08:00"},
		"a yearly exception beats the holiday": {week(), "2026-12-25 10:00", Open, "2026-12-25 12:00", ""},
		"a yearly exception past the new year": {week(), "2027-01-01 10:00", Open, "2027-01-01 12:00", ""},
		"a dated beats a yearly exception":     {week(), "2026-12-26 10:00", Closed, "", "2026-12-27 09:00"},
		"a day that the content leaves out":    {unknown, "2026-11-22 10:00", Unknown, "", "2026-11-23 08:00"},
		"never closing":                        {always, "2026-11-22 10:00", Open, "", ""},
		"never open":                           {frontdesk.Hours{}, "2026-11-22 10:00", Closed, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Now(c.hours, paris(t, c.at))
			if got.State != c.state {
				t.Errorf("state %s, want %s", got.State, c.state)
			}
			check := func(what string, at time.Time, want string) {
				if want == "" && !at.IsZero() || want != "" && !at.Equal(paris(t, want)) {
					t.Errorf("%s %v, want %q", what, at, want)
				}
			}
			check("closes", got.Closes, c.closes)
			check("opens", got.Opens, c.opens)
		})
	}
}

func TestHoursFollowTheWallClockAcrossClockChanges(t *testing.T) {
	t.Parallel()
	night := frontdesk.Hours{}
	for d := range night.Days {
		night.Days[d] = []frontdesk.Span{{Start: 20 * 60, End: 32 * 60}} // 20:00 to 08:00
	}
	for name, c := range map[string]struct {
		at    string
		hours float64 // until closing
	}{
		"a usual night":            {"2026-03-27 20:00", 12},
		"the night that is short":  {"2026-03-28 20:00", 11},
		"the night that is longer": {"2026-10-24 20:00", 13},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := paris(t, c.at)
			closes, ok := NextClosing(night, at)
			if !ok || closes.Sub(at).Hours() != c.hours || closes.Hour() != 8 {
				t.Errorf("closes at %v, want %v hours later at 8 on the clock", closes, c.hours)
			}
		})
	}
}

func TestTheDayAfterAClockChangeIsTheNextDate(t *testing.T) {
	t.Parallel()
	day, ok := ParseDay("en", "tomorrow", paris(t, "2026-10-24 23:59"))
	if !ok || !day.Equal(paris(t, "2026-10-25 00:00")) {
		t.Errorf("got %v", day)
	}
	day, ok = ParseDay("en", "in 2 days", paris(t, "2026-10-24 00:30"))
	if !ok || !day.Equal(paris(t, "2026-10-26 00:00")) {
		t.Errorf("got %v", day)
	}
}

func TestParseDay(t *testing.T) {
	t.Parallel()
	const now = "2026-11-22 21:04" // a Sunday
	for _, c := range []struct{ lang, text, want string }{
		{"en", "are you open tomorrow?", "2026-11-23"},
		{"en", "the day after tomorrow", "2026-11-24"},
		{"en", "on Sunday", "2026-11-22"},
		{"en", "next Sunday please", "2026-11-29"},
		{"en", "are you open on 25 December", "2026-12-25"},
		{"en", "December 25th?", "2026-12-25"},
		{"en", "the 1st of January", "2027-01-01"},
		{"en", "on Christmas Eve", "2026-12-24"},
		{"en", "this weekend", "2026-11-22"},
		{"en", "May I ask something?", ""},
		{"en", "in 3 days", "2026-11-25"},
		{"en", "at 8.30 please", ""},
		{"en-US", "on 12/25", "2026-12-25"},
		{"en", "on 25/12/2027", "2027-12-25"},
		{"en", "2026-12-01", "2026-12-01"},
		{"en", "31 February", ""},
		{"en", "how much is 25/30?", ""},
		{"fr", "vous êtes ouverts samedi prochain ?", "2026-11-28"},
		{"fr", "et après-demain", "2026-11-24"},
		{"fr", "le 25 décembre", "2026-12-25"},
		{"fr", "le 1er janvier", "2027-01-01"},
		{"fr", "ouvert à Noël ?", "2026-12-25"},
		{"fr", "aujourd’hui", "2026-11-22"},
		{"fr", "dans 2 semaines", "2026-12-06"},
		{"fr", "je peux venir quand", ""},
		{"it", "siete aperti lunedì?", "2026-11-23"},
		{"it", "giovedì da che ora ci siete?", "2026-11-26"},
		{"it", "fino a che ora ci siete?", ""},
		{"en", "are you there now or only on Monday?", "2026-11-23"},
		{"it", "dopodomani mattina", "2026-11-24"},
		{"it", "il 6 gennaio", "2027-01-06"},
		{"ru", "вы работаете в субботу?", "2026-11-28"},
		{"ru", "послезавтра", "2026-11-24"},
		{"ru", "25 декабря", "2026-12-25"},
		{"ru", "через 3 дня", "2026-11-25"},
		{"es", "¿abren mañana?", "2026-11-23"},
		{"es", "¿a qué hora por la mañana?", ""},
		{"es", "pasado mañana", "2026-11-24"},
		{"es", "el 25 de diciembre de 2027", "2027-12-25"},
		{"es", "este miércoles", "2026-11-25"},
		{"de", "Guten Morgen", ""},
		{"de", "haben Sie morgen offen?", "2026-11-23"},
		{"de", "übermorgen", "2026-11-24"},
		{"de", "am 3. Mai", "2027-05-03"},
		{"de", "am 25.12.", "2026-12-25"},
		{"de", "um 8.30 Uhr", ""},
		{"de", "an Heiligabend", "2026-12-24"},
		{"pt", "abrem amanhã?", "2026-11-23"},
		{"pt", "na segunda-feira", "2026-11-23"},
		{"pt", "depois de amanhã", "2026-11-24"},
		{"pt", "dia 25 de dezembro", "2026-12-25"},
		{"ar", "هل أنتم مفتوحون غداً؟", "2026-11-23"},
		{"ar", "يوم السبت", "2026-11-28"},
		{"ar", "٢٥ ديسمبر", "2026-12-25"},
		{"ar", "والأحد؟", "2026-11-22"},
		{"pl", "czy w sobotę jest otwarte", "2026-11-28"},
		{"uk", "у п'ятницю", "2026-11-27"},
		{"xx", "25/12", "2026-12-25"},
		{"xx", "tomorrow", ""},
	} {
		t.Run(c.lang+" "+c.text, func(t *testing.T) {
			t.Parallel()
			day, ok := ParseDay(c.lang, c.text, paris(t, now))
			got := ""
			if ok {
				got = day.Format("2006-01-02 15:04")
			}
			if want := c.want; want != "" && got != want+" 00:00" || want == "" && got != "" {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region, day string
		want        bool
	}{
		{"FR", "2026-07-14", true}, {"FR", "2026-12-26", false}, {"FR-67", "2026-12-26", true}, {"FR-67", "2026-04-03", true},
		{"DE", "2026-10-03", true}, {"DE", "2026-01-06", false}, {"DE-BY", "2026-01-06", true},
		{"IT", "2026-04-25", true}, {"PT", "2026-06-04", true}, {"PT", "2026-06-10", true}, {"ch-ge", "2026-12-31", true}, {"CH-GE", "2026-09-10", true}, {"CH-GE", "2026-06-04", false},
		{"GB", "2026-12-28", true}, {"US", "2026-11-26", true}, {"ZZ", "2026-12-25", false}, {"", "2026-12-25", false},
		{"RU", "2026-01-07", true}, {"ES", "2026-12-08", true}, {"TR", "2026-10-29", true}, {"LU", "2026-06-23", true},
	} {
		if _, got := Holiday(c.region, paris(t, c.day+" 12:00")); got != c.want {
			t.Errorf("%s %s: %v, want %v", c.region, c.day, got, c.want)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	f.Add("fr", "le 25 décembre 2026")
	f.Add("ar", "والأحد ٢٥/١٢")
	f.Add("de", "99.99.9999")
	now := time.Date(2026, 11, 22, 21, 4, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, lang, text string) {
		if day, ok := ParseDay(lang, text, now); ok && (day.Hour() != 0 || day.Year() < 1) {
			t.Errorf("odd day %v", day)
		}
	})
}
