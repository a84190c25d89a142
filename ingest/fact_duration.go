package ingest

import (
	"regexp"
	"strconv"
	"strings"

	"frontdesk"
)

// Units of a duration as they stand in a fact's Value, after its number or range.
const (
	unitMinutes = "min"
	unitHours   = "h"
	unitDays    = "d"
	unitWeeks   = "w"
	unitMonths  = "mo"
)

var reLasting = regexp.MustCompile(`(?i)(\d{1,3})\s?(?:(?:[-–—/]|à|a|to|bis|до|al|y|et|or|ou|o)\s?(\d{1,3})\s?)?(` +
	`min\b|mins\b|minut\p{L}*|мин\p{L}*|хв\p{L}*|minut|` +
	`heures?\b|hours?\b|hrs?\b|std\b|stunden?\b|ore\b|ora\b|horas?\b|час\p{L}*|годин\p{L}*|godzin\p{L}*|ساع\p{L}*|` +
	`jours?\b|days?\b|tage?n?\b|giorn[oi]\b|d[ií]as?\b|дн[яей]\p{L}*|день|dni\b|dzień|يوم|أيام|ايام|` +
	`semaines?\b|weeks?\b|wochen?\b|settiman[ae]\b|semanas?\b|недел\p{L}*|тиж\p{L}*|tygodni\p{L}*|` +
	`mois\b|months?\b|monate?n?\b|mesi\b|mese\b|meses\b|mês\b|месяц\p{L}*|міся\p{L}*)`)

// durations reads how long something takes, or how long before or after.
// "heures" after a single number that can be a time of day is left to the hours.
func (r factReader) durations(u unit) []frontdesk.Fact {
	var out []frontdesk.Fact
	at := 0
	for _, m := range reLasting.FindAllStringSubmatchIndex(u.text, -1) {
		if m[0] > 0 && strings.ContainsAny(u.text[m[0]-1:m[0]], ".,:/0123456789") {
			continue
		}
		number := u.text[m[2]:m[3]]
		low, err := strconv.Atoi(number)
		if err != nil {
			continue
		}
		if m[4] >= 0 {
			number += "-" + u.text[m[4]:m[5]]
		}
		name, minutes := durationUnit(strings.ToLower(u.text[m[6]:m[7]]))
		out = append(out, frontdesk.Fact{
			Kind: frontdesk.FactDuration, Minutes: low * minutes, Value: number + " " + name, Label: u.label(u.text[at:m[0]]),
		})
		at = m[1]
	}
	return out
}

func durationUnit(word string) (string, int) {
	prefixed := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(word, p) {
				return true
			}
		}
		return false
	}
	switch {
	case prefixed("min", "мин", "хв"):
		return unitMinutes, 1
	case prefixed("j", "day", "tag", "giorn", "d", "дн", "день", "يوم", "أيام", "ايام"):
		return unitDays, 24 * 60
	case prefixed("semain", "week", "woche", "settiman", "semana", "недел", "тиж", "tygod"):
		return unitWeeks, 7 * 24 * 60
	case prefixed("mo", "mes", "mês", "месяц", "міся"):
		return unitMonths, 30 * 24 * 60
	}
	return unitHours, 60
}
