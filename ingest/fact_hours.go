package ingest

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// reSpan finds a stretch of a day: two times of day with a word or dash between.
var reSpan = regexp.MustCompile(`(?i)(?:(?P<lead>\b(?:de|von|from|dalle|das|od|ore|ab|between|entre)|(?:^|[^\p{L}])(?:с|з|від|من))\s*)?` +
	`(?P<h1>2[0-4]|[01]?\d)(?:\s?(?P<s1>[:.h])\s?(?P<m1>[0-5]\d))?\s?(?P<u1>h\b|uhr|ч\.?|час\p{L}*|годин\p{L}*|a\.?m\.?|p\.?m\.?|heures?)?` +
	`\s*(?P<mid>[-–—÷]|à|a|au|to|till|until|bis|до|alle|até|ate|às|do|y|and|и|إلى|الى)\s*` +
	`(?P<h2>2[0-4]|[01]?\d)(?:\s?(?P<s2>[:.h])\s?(?P<m2>[0-5]\d))?\s?(?P<u2>h\b|uhr|ч\b|ч\.|час\p{L}*|годин\p{L}*|a\.?m\b|p\.?m\b|heures?)?`)

// timespan is a stretch of a day with its place in the text.
type timespan struct {
	frontdesk.Span
	start, end int
	sure       bool // written as times of day, not as two bare numbers
}

// hours reads opening hours: groups of days with the times that follow them, or
// times alone, which then hold for days that the text does not name.
func (r factReader) hours(u unit) []frontdesk.Fact {
	spans := timespans(u.text)
	marks := dayMarks(u)
	if len(marks) == 0 && len(spans) == 0 || len(marks) > 0 && len(spans) == 0 && !u.has("pol.closed") {
		return nil
	}
	hours := frontdesk.Hours{Unknown: [7]bool{true, true, true, true, true, true, true}}
	if len(marks) == 0 {
		return r.anyDay(u, spans, hours)
	}
	known := false
	for i, mark := range marks {
		until := len(u.text)
		if i+1 < len(marks) {
			until = marks[i+1].start
		}
		from := mark.end
		if i == 0 && !anyTimes(spans, mark.end, until) {
			from = 0 // "8.00-12.00 on Mondays"
		}
		times, closed := spansWithin(spans, from, until), closedBetween(u, mark.end, until)
		if len(times) == 0 && !closed {
			continue
		}
		for d := range mark.days {
			if mark.days[d] {
				hours.Days[d], hours.Unknown[d], known = times, false, true
			}
		}
	}
	if !known {
		return nil
	}
	first := marks[0].start
	if len(spans) > 0 {
		first = min(first, spans[0].start)
	}
	return []frontdesk.Fact{{Kind: frontdesk.FactHours, Hours: &hours, Label: r.hoursLabel(u, first)}}
}

// anyDay makes hours of times that stand without a day. Bare numbers are none.
func (r factReader) anyDay(u unit, spans []timespan, hours frontdesk.Hours) []frontdesk.Fact {
	var times []frontdesk.Span
	for _, s := range spans {
		if s.sure {
			times = append(times, s.Span)
		}
	}
	if len(times) == 0 {
		return nil
	}
	for d := range hours.Days {
		hours.Days[d] = times
	}
	return []frontdesk.Fact{{Kind: frontdesk.FactHours, Hours: &hours, Label: r.hoursLabel(u, spans[0].start)}}
}

// hoursLabel is whose hours they are: the words before the first day or time,
// else the title above.
func (r factReader) hoursLabel(u unit, first int) string {
	if label := u.label(u.text[:first]); label != "" {
		return label
	}
	n := len(u.passage.Headings)
	if n > 1 && u.passage.Kind == frontdesk.PassageRow && n > 2 && strings.Contains(u.passage.Headings[n-1], " | ") {
		n-- // the last one is the table's header
	}
	if n < 2 || !r.lexicon.NamesSubject(u.passage.Language, u.passage.Headings[n-1]) {
		return ""
	}
	return u.passage.Headings[n-1]
}

// dayMark is a group of days: "Mon – Fri", "Mon · Wed · Fri".
type dayMark struct {
	days       [7]bool
	start, end int
}

func dayMarks(u unit) []dayMark {
	var out []dayMark
	last, lastEnd := time.Weekday(-1), -1
	for _, m := range u.mentions {
		days, day := daysNamed(m)
		if days == [7]bool{} {
			continue
		}
		between := ""
		if lastEnd >= 0 && m.Start >= lastEnd {
			between = u.text[lastEnd:m.Start]
		}
		switch {
		case lastEnd >= 0 && day >= 0 && last >= 0 && retrieval.DayRange(between):
			group := &out[len(out)-1]
			for d := last; d != day; d = (d + 1) % 7 {
				group.days[d] = true
			}
			group.days[day], group.end = true, m.End
		case lastEnd >= 0 && len(between) <= 8 && !hasDigit(between) && !strings.Contains(between, "|"):
			group := &out[len(out)-1]
			for d, on := range days {
				group.days[d] = group.days[d] || on
			}
			group.end = m.End
		default:
			out = append(out, dayMark{days, m.Start, m.End})
		}
		last, lastEnd = day, m.End
	}
	return out
}

func daysNamed(m retrieval.Mention) ([7]bool, time.Weekday) {
	var days [7]bool
	if day, ok := retrieval.Weekday(m.Concept); ok {
		days[day] = true
		return days, day
	}
	switch m.Concept {
	case "day.every":
		return [7]bool{true, true, true, true, true, true, true}, -1
	case "day.week":
		return [7]bool{false, true, true, true, true, true, false}, -1
	case "day.weekend":
		return [7]bool{true, false, false, false, false, false, true}, -1
	}
	return days, -1
}

func spansWithin(spans []timespan, from, until int) []frontdesk.Span {
	var out []frontdesk.Span
	for _, s := range spans {
		if s.start >= from && s.end <= until {
			out = append(out, s.Span)
		}
	}
	return out
}

func anyTimes(spans []timespan, from, until int) bool {
	return len(spansWithin(spans, from, until)) > 0
}

func closedBetween(u unit, from, until int) bool {
	for _, m := range u.mentions {
		if m.Concept == "pol.closed" && m.Start >= from-1 && m.End <= until+1 {
			return true
		}
	}
	return false
}

// timespans finds the stretches of a day in a text, in order.
func timespans(text string) []timespan {
	var out []timespan
	at := 0
	for at < len(text) {
		m := reSpan.FindStringSubmatchIndex(text[at:])
		if m == nil {
			return out
		}
		s, ok := timespanAt(text, at, m)
		if ok {
			out = append(out, s)
			at = s.end
			continue
		}
		at += m[0] + 1
		for at < len(text) && text[at]&0xC0 == 0x80 {
			at++
		}
	}
	return out
}

func timespanAt(text string, offset int, m []int) (timespan, bool) {
	group := func(name string) string {
		i := 2 * reSpan.SubexpIndex(name)
		if m[i] < 0 {
			return ""
		}
		return text[offset+m[i] : offset+m[i+1]]
	}
	start, end := offset+m[2*reSpan.SubexpIndex("h1")], offset+m[1]
	if touchesNumber(text, start, end) {
		return timespan{}, false
	}
	from, ok1 := clock(group("h1"), group("m1"), group("u1"))
	to, ok2 := clock(group("h2"), group("m2"), group("u2"))
	if !ok1 || !ok2 {
		return timespan{}, false
	}
	if to <= from {
		to += 24 * 60
	}
	written := group("m1") != "" && group("m2") != "" || group("u1") != "" || group("u2") != "" || group("lead") != "" && group("mid") != ""
	return timespan{Span: frontdesk.Span{Start: from, End: to}, start: start, end: end, sure: written}, true
}

// touchesNumber tells whether the stretch is part of a longer number, a date or a sum.
func touchesNumber(text string, start, end int) bool {
	if start > 0 && strings.ContainsAny(text[start-1:start], "0123456789.,/-+") {
		return true
	}
	rest := text[end:]
	if rest != "" && strings.ContainsAny(rest[:1], "0123456789/%") {
		return true
	}
	if len(rest) > 1 && strings.ContainsAny(rest[:1], ".,-") && strings.ContainsAny(rest[1:2], "0123456789") {
		return true
	}
	if words := language.Words(rest); len(words) > 0 && words[0].Start <= 2 {
		return reUnit.MatchString(words[0].Text)
	}
	return strings.HasPrefix(strings.TrimLeft(rest, " \u00a0"), "€")
}

// reUnit finds what makes two numbers a duration, a sum or an age instead of times.
var reUnit = regexp.MustCompile(`(?i)^(?:min|мин|хв|jours?|days?|tage?|giorni|d[ií]as|дн|недел|weeks?|semaines?|mois|months?|eur|руб|грн|ml|мл|mg|мг|cm|см|mm|мм|kg|кг|лет|ans|years?|anni|años|jahre|litr|[mм%]$)`)

func clock(hour, minute, unit string) (int, bool) {
	h, err := strconv.Atoi(hour)
	if err != nil || h > 24 {
		return 0, false
	}
	m := 0
	if minute != "" {
		if m, err = strconv.Atoi(minute); err != nil {
			return 0, false
		}
	}
	unit = strings.ToLower(strings.ReplaceAll(unit, ".", ""))
	switch {
	case unit == "pm" && h < 12:
		h += 12
	case unit == "am" && h == 12:
		h = 0
	}
	return h*60 + m, h*60+m <= 24*60
}
