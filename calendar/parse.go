package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Forms of dates in digits, in plain text.
var (
	isoDate    = regexp.MustCompile(`\b(\d{4})-(\d{1,2})-(\d{1,2})\b`)
	digitsDate = regexp.MustCompile(`(?:^|[^\d.,/:-])(\d{1,2})([./-])(\d{1,2})(?:([./-])(\d{4}|\d{2})\b|([./-]))?(?:$|[^\d:])`)
)

// ParseDay finds the day that a patient's text speaks of and returns its
// midnight in now's location: "tomorrow", "samedi prochain", "25 décembre",
// "on Sunday", "через 3 дня", "25/12", "Noël". A weekday is the next one, today
// included; a date without a year is the next one. False: the text names no day.
// An unknown language is read by its digits alone.
func ParseDay(lang, text string, now time.Time) (time.Time, bool) {
	plainText := plain(text)
	v := wordsOf(lang)
	today := noon(now)
	if day, ok := digitDate(lang, plainText, today); ok {
		return midnight(day), true
	}
	words := tokens(plainText)
	for _, read := range []func(vocabulary, []string, time.Time) (time.Time, bool){monthDate, feast, relative, weekday, thisDay} {
		if day, ok := read(v, words, today); ok {
			return midnight(day), true
		}
	}
	return time.Time{}, false
}

// plain returns text in lower case without accents and with ASCII digits.
func plain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r == 0x0306: // й is not и
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), r == 'ـ':
		case r >= '٠' && r <= '٩':
			b.WriteRune(r - '٠' + '0')
		case r == 'ى':
			b.WriteRune('ي')
		case r == 'ة':
			b.WriteRune('ه')
		case r == 'ı':
			b.WriteByte('i')
		case r == 'ł' || r == 'Ł':
			b.WriteByte('l')
		case r == '’' || r == 'ʼ':
			b.WriteByte('\'')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return norm.NFC.String(b.String())
}

// tokens returns the words and numbers of plain text. An apostrophe or hyphen
// parts words ("jusqu'a demain", "apres-demain").
func tokens(plainText string) []string {
	return strings.FieldsFunc(plainText, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}

// digitDate reads "2026-12-25", "25/12", "25.12.", "25.12.26" and, for en-US,
// "12/25". A point alone between two numbers is a time as often as a date, so it
// needs a second point.
func digitDate(lang, text string, today time.Time) (time.Time, bool) {
	if m := isoDate.FindStringSubmatch(text); m != nil {
		return dateOf(number(m[1]), number(m[2]), number(m[3]), today)
	}
	m := digitsDate.FindStringSubmatch(text)
	if m == nil || m[2] != "/" && m[4] == "" && m[6] == "" || m[2] == "-" && m[5] == "" {
		return time.Time{}, false
	}
	day, month, year := number(m[1]), number(m[3]), number(m[5])
	if strings.EqualFold(lang, "en-US") || month > 12 && day <= 12 {
		day, month = month, day
	}
	if year > 0 && year < 100 {
		year += 2000
	}
	return dateOf(year, month, day, today)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// dateOf returns noon of a date; year 0 is the next such date from today on.
func dateOf(year, month, day int, today time.Time) (time.Time, bool) {
	wanted := year
	if wanted == 0 {
		wanted = today.Year()
	}
	for i := 0; i < 8; i++ { // 29 February may be years away
		t := time.Date(wanted+i, time.Month(month), day, 12, 0, 0, 0, today.Location())
		if month >= 1 && month <= 12 && t.Day() == day && int(t.Month()) == month && (year != 0 || !t.Before(today)) {
			return t, true
		}
		if year != 0 {
			break
		}
	}
	return time.Time{}, false
}

// monthDate reads a number beside a month's name: "25 de diciembre", "December
// 25th", "am 3. Mai", "1er janvier". A month without a number is no day.
func monthDate(v vocabulary, words []string, today time.Time) (time.Time, bool) {
	for i, word := range words {
		month := v.month(word)
		if month == 0 {
			continue
		}
		for _, at := range []int{i - 1, i - 2, i + 1, i + 2} {
			if at < 0 || at >= len(words) || abs(at-i) == 2 && !v.isLink(words[(at+i)/2]) {
				continue
			}
			day, ok := dayNumber(words[at])
			if !ok {
				continue
			}
			return dateOf(yearNear(words, max(at, i)), month, day, today)
		}
	}
	return time.Time{}, false
}

func abs(n int) int { return max(n, -n) }

// dayNumber reads "25", "25th", "1er", "1º".
func dayNumber(word string) (int, bool) {
	digits := strings.TrimRightFunc(word, unicode.IsLetter)
	if digits == "" || len(digits) > 2 || len(word)-len(digits) > 4 {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 1 && n <= 31
}

// yearNear returns a year that follows the word at i at once or behind one word ("de 2027").
func yearNear(words []string, i int) int {
	for _, at := range []int{i + 1, i + 2} {
		if at < len(words) && len(words[at]) == 4 {
			if n := number(words[at]); n >= 2000 && n < 2100 {
				return n
			}
		}
	}
	return 0
}

// relative reads "tomorrow", "in 3 days", "this weekend" and the like.
func relative(v vocabulary, words []string, today time.Time) (time.Time, bool) {
	if n, ok := v.inDays(words); ok {
		return today.AddDate(0, 0, n), true
	}
	for _, group := range []struct {
		phrases string
		days    int
	}{{v.afterTomorrow, 2}, {v.beforeYesterday, -2}, {v.tomorrow, 1}, {v.yesterday, -1}} {
		if at := find(words, group.phrases); at >= 0 && !v.isMorning(words, at) {
			return today.AddDate(0, 0, group.days), true
		}
	}
	if find(words, v.weekend) >= 0 {
		if today.Weekday() == time.Sunday {
			return today, true
		}
		return today.AddDate(0, 0, int(time.Saturday-today.Weekday())), true
	}
	return time.Time{}, false
}

// thisDay reads "today", "tonight", "now". It comes last: a weekday beside one of
// these is the day that is meant.
func thisDay(v vocabulary, words []string, today time.Time) (time.Time, bool) {
	return today, find(words, v.today) >= 0
}

// weekday reads a weekday's name, with or without "next".
func weekday(v vocabulary, words []string, today time.Time) (time.Time, bool) {
	for i, word := range words {
		day, ok := v.weekday(word)
		if !ok {
			continue
		}
		ahead := (int(day) - int(today.Weekday()) + 7) % 7
		if ahead == 0 && (i > 0 && listed(v.next, words[i-1]) || i+1 < len(words) && listed(v.next, words[i+1])) {
			ahead = 7
		}
		return today.AddDate(0, 0, ahead), true
	}
	return time.Time{}, false
}

// feast reads the names of days that everybody calls by name.
func feast(v vocabulary, words []string, today time.Time) (time.Time, bool) {
	for _, f := range []struct {
		phrases    string
		month, day int
	}{{v.christmasEve, 12, 24}, {v.newYearsEve, 12, 31}, {v.newYear, 1, 1}, {v.christmas, 12, 25}} {
		if find(words, f.phrases) >= 0 {
			return dateOf(0, f.month, f.day, today)
		}
	}
	return time.Time{}, false
}

// find returns where one of phrases starts in words, -1 if none does. Phrases
// are separated by spaces, their words by underscores.
func find(words []string, phrases string) int {
	for phrase := range strings.FieldsSeq(phrases) {
		parts := strings.Split(phrase, "_")
		for i := 0; i+len(parts) <= len(words); i++ {
			if matches(words[i:], parts) {
				return i
			}
		}
	}
	return -1
}

func matches(words, parts []string) bool {
	for i, part := range parts {
		if words[i] != part {
			return false
		}
	}
	return true
}

// listed tells whether word is one of the space-separated words of list.
func listed(list, word string) bool {
	for entry := range strings.FieldsSeq(list) {
		if entry == word {
			return true
		}
	}
	return false
}
