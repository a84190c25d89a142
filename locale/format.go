package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	xlanguage "golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"frontdesk"
)

// Weekday returns the name of a day of the week.
func (c *Catalogue) Weekday(tag string, day time.Weekday) string {
	return c.language(tag).Weekdays[day]
}

// Date returns the date of t, which is in the clinic's zone, without its year.
func (c *Catalogue) Date(tag string, t time.Time) string {
	l := c.language(tag)
	return fill(l.Date, map[string]string{
		"weekday": l.Weekdays[t.Weekday()],
		"day":     strconv.Itoa(t.Day()),
		"month":   l.Months[t.Month()-1],
	})
}

// Clock returns a time of day given in minutes after midnight.
func (c *Catalogue) Clock(tag string, minutes int) string {
	minutes %= 24 * 60
	return fill(c.language(tag).Clock, map[string]string{
		"hour":   strconv.Itoa(minutes / 60),
		"minute": fmt.Sprintf("%02d", minutes%60),
	})
}

// Spans returns the opening times of one day, "8:00–12:00, 13:30–18:00", and the
// word for closed when there are none.
func (c *Catalogue) Spans(tag string, spans []frontdesk.Span) string {
	if len(spans) == 0 {
		return c.Text(tag, "hours.closed", nil)
	}
	parts := make([]string, len(spans))
	for i, s := range spans {
		end := c.Clock(tag, s.End)
		if s.End == 24*60 {
			end = fill(c.language(tag).Clock, map[string]string{"hour": "24", "minute": "00"})
		}
		parts[i] = c.Text(tag, "hours.span", map[string]string{"from": c.Clock(tag, s.Start), "to": end})
	}
	return strings.Join(parts, ", ")
}

// Week returns the lines of a week of hours, Monday first, neighbouring days with
// the same hours joined. Days that the source does not speak of are left out.
func (c *Catalogue) Week(tag string, hours frontdesk.Hours) []string {
	var lines []string
	order := []time.Weekday{1, 2, 3, 4, 5, 6, 0}
	for i := 0; i < len(order); {
		day := order[i]
		if hours.Unknown[day] {
			i++
			continue
		}
		times := c.Spans(tag, hours.Days[day])
		j := i + 1
		for j < len(order) && !hours.Unknown[order[j]] && c.Spans(tag, hours.Days[order[j]]) == times {
			j++
		}
		name := c.Weekday(tag, day)
		if last := order[j-1]; last != day {
			name = fill(c.language(tag).Range, map[string]string{"from": name, "to": c.Weekday(tag, last)})
		}
		lines = append(lines, c.Text(tag, "hours.day", map[string]string{"day": name, "hours": times}))
		i = j
	}
	return lines
}

// Money returns an amount with its currency.
func (c *Catalogue) Money(tag string, m frontdesk.Money) string {
	one := func(amount int64) string {
		l := c.language(tag)
		text := strconv.FormatInt(amount/100, 10)
		if rest := amount % 100; rest != 0 {
			text += l.Decimal + fmt.Sprintf("%02d", rest)
		}
		return fill(l.Money, map[string]string{"amount": text, "symbol": symbol(m.Currency)})
	}
	switch {
	case m.To > 0:
		return c.Text(tag, "price.range", map[string]string{"from": one(m.Amount), "to": one(m.To)})
	case m.From:
		return c.Text(tag, "price.from", map[string]string{"price": one(m.Amount)})
	}
	return one(m.Amount)
}

// symbol returns the sign that patients know for a currency, else its code.
func symbol(currency string) string {
	switch currency {
	case "EUR":
		return "€"
	case "USD":
		return "$"
	case "GBP":
		return "£"
	case "RUB":
		return "₽"
	case "UAH":
		return "₴"
	case "BRL":
		return "R$"
	case "PLN":
		return "zł"
	case "TRY":
		return "₺"
	case "KZT":
		return "₸"
	}
	return currency
}

// LanguageName returns the name of a language in the patient's language, "" when
// it is not known.
func (c *Catalogue) LanguageName(tag, named string) string {
	in, err := xlanguage.Parse(base(tag))
	if err != nil || !c.Has(tag) {
		in = xlanguage.English
	}
	of, err := xlanguage.Parse(base(named))
	if err != nil {
		return ""
	}
	namer := display.Languages(in)
	if namer == nil {
		return ""
	}
	return namer.Name(of)
}

// Instant returns when something happens as a patient says it: "today at 8:30",
// "tomorrow at 9:00" or the date and time. Both times are in the clinic's zone.
func (c *Catalogue) Instant(tag string, t, now time.Time) string {
	day := c.Date(tag, t)
	switch {
	case sameDay(t, now):
		day = c.Text(tag, "hours.today", nil)
	case sameDay(t, now.AddDate(0, 0, 1)):
		day = c.Text(tag, "hours.tomorrow", nil)
	}
	return c.Text(tag, "hours.at", map[string]string{"day": day, "time": c.Clock(tag, t.Hour()*60+t.Minute())})
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
