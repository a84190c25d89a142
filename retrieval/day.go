package retrieval

import (
	"strings"
	"time"

	"frontdesk/language"
)

// dayset is a set of weekdays, bit 0 is Sunday.
type dayset uint8

func (d dayset) has(day time.Weekday) bool { return d&(1<<day) != 0 }

// daysOf returns the days that a stretch of text speaks of; "Mon – Fri" is five.
// mentions lie within the stretch, which begins at offset.
func daysOf(text string, mentions []Mention, offset int) dayset {
	var out dayset
	last, lastEnd := time.Weekday(-1), 0
	for _, m := range mentions {
		switch m.Concept {
		case "day.every":
			out |= 0x7F
		case "day.week":
			out |= 0x3E
		case "day.weekend":
			out |= 0x41
		}
		day, ok := weekdays[m.Concept]
		if !ok {
			continue
		}
		if last >= 0 && DayRange(text[lastEnd:max(lastEnd, m.Start-offset)]) {
			for d := last; d != day; d = (d + 1) % 7 {
				out |= 1 << d
			}
		}
		out |= 1 << day
		last, lastEnd = day, m.End-offset
	}
	return out
}

// DayRange tells whether what stands between two days makes a range of them: a
// dash, "to".
func DayRange(between string) bool {
	switch strings.Trim(language.Fold(between), " .,\u00a0|") {
	case "-", "–", "—", "a", "au", "al", "to", "bis", "по", "до", "ate", "do", "through", "thru", "till", "الى", "- ", "/-":
		return true
	}
	return false
}

// StartsWithDay tells whether a text begins with the name of a weekday or with a
// range of them, as the rows of a week of opening hours do.
func (l *Lexicon) StartsWithDay(lang, text string) bool {
	for _, m := range l.Mentions(lang, text) {
		if strings.HasPrefix(m.Concept, "day.") {
			return m.Start == 0
		}
	}
	return false
}
