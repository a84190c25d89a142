package ingest

import (
	"fmt"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/retrieval"
)

// factLine shows a fact as the tests compare it.
func factLine(f frontdesk.Fact) string {
	switch f.Kind {
	case frontdesk.FactHours:
		var days []string
		for d, spans := range f.Hours.Days {
			if f.Hours.Unknown[d] && d != 0 {
				continue
			}
			var times []string
			for _, s := range spans {
				times = append(times, fmt.Sprintf("%d:%02d-%d:%02d", s.Start/60, s.Start%60, s.End/60, s.End%60))
			}
			day := []string{"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"}[d]
			if f.Hours.Unknown[d] {
				if len(times) == 0 || !f.Hours.Unknown[1] {
					continue
				}
				day = "any"
			}
			days = append(days, day+" "+strings.Join(times, ","))
		}
		return "hours " + strings.Join(days, "; ")
	case frontdesk.FactPrice:
		return fmt.Sprintf("price %s = %d %s", f.Label, f.Money.Amount, f.Money.Currency)
	case frontdesk.FactBring:
		return "bring " + strings.Join(f.Items, " + ")
	}
	return strings.ReplaceAll(fmt.Sprintf("%s %s = %s", f.Kind, f.Label, f.Value), "  ", " ")
}

func TestFactsAreReadFromTheWordsOfAPassage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		language, text string
		kind           frontdesk.PassageKind
		want           []string
	}{
		{"fr", "Les visites ont lieu de 14 h à 19 h 30.", "", []string{"hours any 14:00-19:30"}},
		{"fr", "Du lundi au vendredi : 8h-12h et 13h30-18h", "", []string{"hours Mo 8:00-12:00,13:30-18:00; Tu 8:00-12:00,13:30-18:00; We 8:00-12:00,13:30-18:00; Th 8:00-12:00,13:30-18:00; Fr 8:00-12:00,13:30-18:00"}},
		{"fr", "Mardi | Fermé", frontdesk.PassageRow, []string{"hours Tu "}},
		{"de", "Mo, Di und Do 8:00 - 12:00 Uhr, Mi geschlossen", "", []string{"hours Mo 8:00-12:00; Tu 8:00-12:00; We ; Th 8:00-12:00"}},
		{"ru", "Пн-Пт с 9 до 17, суббота с 9 до 14, воскресенье – выходной", "", []string{"hours Su ; Mo 9:00-17:00; Tu 9:00-17:00; We 9:00-17:00; Th 9:00-17:00; Fr 9:00-17:00; Sa 9:00-14:00"}},
		{"en", "Open 7:30 AM - 6:00 PM", "", []string{"hours any 7:30-18:00"}},
		{"it", "Lun · Ven 9:30-13:00 | Mer 15:00-19:00", "", []string{"hours Mo 9:30-13:00; We 15:00-19:00; Fr 9:30-13:00"}},
		{"fr", "Consultation | 28 €", frontdesk.PassageRow, []string{"price Consultation = 2800 EUR"}},
		{"ru", "Удаление зуба мудрости | 3 500", frontdesk.PassageRow, []string{"price Удаление зуба мудрости = 350000 "}},
		{"ru", "УЗИ щитовидной железы от 1 200 руб.", "", []string{"price УЗИ щитовидной железы = 120000 RUB"}},
		{"es", "Hemograma | 1020 | ₡ 9,500", frontdesk.PassageRow, []string{"price Hemograma = 950000 CRC"}},
		{"en", "The copy fee is $15.00 per chart.", "", []string{"price The copy fee is = 1500 USD"}},
		{"en", "The scan takes between 20-30 minutes.", "", []string{"duration The scan takes between = 20-30 min"}},
		{"it", "Non mangiare nelle 6 ore prima dell'esame.", "", []string{"duration Non mangiare nelle = 6 h"}},
		{"fr", "Tél. : 01 23 45 67 89 – Fax : 01 23 45 67 80", "", []string{"phone = 01 23 45 67 89"}},
		{"de", "Musterstraße 12, 10115 Berlin", "", []string{"address = Musterstraße 12, 10115 Berlin"}},
		{"fr", "Pièces à apporter :\n- carte d'identité\n- carte de mutuelle", "", []string{"bring carte d'identité + carte de mutuelle"}},
		{"en", "The trial of 2012-2016 had 12 to 14 patients in 3 groups.", "", nil},
		{"fr", "Version du 12/05/2024, page 3", "", nil},
		{"en", "Section 4.2 refers to articles 10-12.", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			kind := tt.kind
			if kind == "" {
				kind = frontdesk.PassageText
			}
			facts := factReader{retrieval.NewLexicon()}.read(frontdesk.Passage{Kind: kind, Language: tt.language, Text: tt.text})
			var got []string
			for _, f := range facts {
				if !strings.Contains(tt.text, f.Quote) || f.Quote == "" {
					t.Errorf("quote %q is not of the passage", f.Quote)
				}
				got = append(got, factLine(f))
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}
