package language

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isDigit tells whether word starts with a digit.
func isDigit(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsDigit(r)
}

// numberTerm returns the term of the number that words start with and how many
// words it took.
func numberTerm(text string, words []Word) (string, int) {
	folded := Fold(words[0].Text)
	if phone, used := phoneTerm(text, words); used > 0 {
		return phone, used
	}
	if clock, used := clockTerm(text, words); used > 0 {
		return clock, used
	}
	digits := strings.TrimRight(folded, "abcdefghijklmnopqrstuvwxyz")
	if digits != folded || strings.IndexFunc(folded, unicode.IsLetter) >= 0 {
		return folded, 1
	}
	joined, used := folded, 1
	// "1 200" with any kind of space between groups of three.
	for used < len(words) && allDigits(words[used-1].Text) && len(Fold(words[0].Text)) <= 3 &&
		thousandsGap(text[words[used-1].End:words[used].Start]) && groupOfThree(Fold(words[used].Text)) {
		joined += Fold(words[used].Text)
		used++
	}
	return normalNumber(joined), used
}

func allDigits(s string) bool {
	for _, r := range s {
		if !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

func thousandsGap(gap string) bool {
	return gap == "\u00a0" || gap == "\u202f" || gap == " " || gap == "'" || gap == "’"
}

// groupOfThree accepts "200" and "200,50".
func groupOfThree(s string) bool {
	return len(s) == 3 && allDigits(s) || len(s) > 4 && allDigits(s[:3]) && (s[3] == ',' || s[3] == '.') && allDigits(s[4:])
}

// normalNumber writes a number with separators in one form: "1.200,50" and
// "1,200.50" become "1200.5", "25,00" becomes "25". A lone separator before
// exactly three digits groups thousands.
func normalNumber(s string) string {
	last := strings.LastIndexAny(s, ".,")
	if last < 0 {
		return trimZeros(s)
	}
	if strings.Contains(s, ":") {
		return s
	}
	tail := s[last+1:]
	same := strings.Count(s, s[last:last+1])
	other := strings.ContainsAny(s[:last], ".,")
	if same > 1 && !other && len(tail) != 3 {
		return s // a date or a section number, 12.05.2026
	}
	if len(tail) == 3 && (same > 1 || !other) && s[0] != '0' {
		return trimZeros(points.Replace(s))
	}
	whole := points.Replace(s[:last])
	tail = strings.TrimRight(tail, "0")
	if tail == "" {
		return trimZeros(whole)
	}
	return trimZeros(whole) + "." + tail
}

func trimZeros(s string) string {
	t := strings.TrimLeft(s, "0")
	if t == "" {
		return "0"
	}
	if len(s)-len(t) == 1 && len(t) == 1 {
		return t // "08"
	}
	if len(t) < len(s) {
		return s // "0144…" is no quantity; its zeros count
	}
	return t
}

// clockTerm reads a time of day: "8h", "8h30", "8 h 30", "18:00", "8.30 Uhr".
func clockTerm(text string, words []Word) (string, int) {
	folded := Fold(words[0].Text)
	if hour, rest, ok := strings.Cut(folded, "h"); ok && (rest == "" || len(rest) == 2) {
		return clock(hour, rest, 1)
	}
	if hour, minute, ok := strings.Cut(folded, ":"); ok && len(minute) == 2 {
		return clock(hour, minute, 1)
	}
	if hour, minute, ok := strings.Cut(folded, "."); ok && len(minute) == 2 && len(words) > 1 && clockWord(Fold(words[1].Text)) {
		return clock(hour, minute, 2)
	}
	if len(words) > 1 && allDigits(folded) && gapIsSpace(text, words) {
		next := Fold(words[1].Text)
		if next == "h" {
			if len(words) > 2 && len(words[2].Text) == 2 && allDigits(words[2].Text) && text[words[1].End:words[2].Start] == " " {
				return clock(folded, Fold(words[2].Text), 3)
			}
			return clock(folded, "", 2)
		}
		if clockWord(next) {
			return clock(folded, "", 2)
		}
	}
	return "", 0
}

func gapIsSpace(text string, words []Word) bool {
	gap := text[words[0].End:words[1].Start]
	return gap == "" || gap == " " || gap == "\u00a0" || gap == "\u202f"
}

// clockWord tells whether a word after a number makes it a time of day.
func clockWord(folded string) bool {
	switch folded {
	case "uhr", "heures", "heure", "часов", "часа", "ч", "ore", "horas":
		return true
	}
	return false
}

func clock(hour, minute string, used int) (string, int) {
	h, err := strconv.Atoi(hour)
	if err != nil || h > 24 || len(hour) > 2 {
		return "", 0
	}
	if minute == "" {
		minute = "00"
	}
	if m, err := strconv.Atoi(minute); err != nil || m > 59 {
		return "", 0
	}
	return strconv.Itoa(h) + ":" + minute, used
}

// phoneTerm joins the groups of a telephone number: at least eight digits in at
// least two groups, the first of which starts with 0 or follows a +.
func phoneTerm(text string, words []Word) (string, int) {
	first := Fold(words[0].Text)
	plus := words[0].Start > 0 && text[words[0].Start-1] == '+'
	if !plus && first[0] != '0' {
		return "", 0
	}
	var digits strings.Builder
	used := 0
	for used < len(words) && used < 10 {
		w := Fold(words[used].Text)
		w = strings.ReplaceAll(w, ".", "")
		if !allDigits(w) || used > 0 && !phoneGap(text[words[used-1].End:words[used].Start]) {
			break
		}
		digits.WriteString(w)
		used++
		if digits.Len() > 15 {
			return "", 0
		}
	}
	if digits.Len() < 8 {
		return "", 0
	}
	return digits.String(), used
}

func phoneGap(gap string) bool {
	switch gap {
	case "", " ", "-", ".", "/", " / ", "(", ")", " (", ") ", "\u00a0", "\u202f", "–", " - ":
		return true
	}
	return false
}

// points part the digits of a number.
var points = strings.NewReplacer(".", "", ",", "")
