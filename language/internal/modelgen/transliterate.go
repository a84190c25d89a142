package main

import (
	"strings"
	"unicode/utf8"
)

// scheme is one way to write a language in Latin letters, and how many do.
type scheme struct {
	weight  float64
	letters map[rune]string
}

// schemes returns the ways in which people type a language in Latin letters.
func schemes(language string) []scheme {
	switch language {
	case "ru", "uk", "bg":
		careful := letters("а a б b в v г g д d е e ё e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ - ы y ь - э e ю yu я ya і i ї yi є ye ґ g")
		quick := letters("а a б b в v г g д d е e ё yo ж j з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х h ц c ч ch ш sh щ sh ъ - ы i ь - э e ю u я ia і i ї i є e ґ g")
		if language == "bg" {
			careful['щ'], careful['ъ'], quick['щ'], quick['ъ'] = "sht", "a", "sht", "u"
		}
		if language == "uk" {
			careful['г'], careful['и'], quick['г'] = "h", "y", "h"
		}
		return []scheme{{0.6, careful}, {0.4, quick}}
	}
	return nil
}

func letters(pairs string) map[rune]string {
	out := map[rune]string{edge: string(edge)}
	fields := strings.Fields(pairs)
	for i := 0; i+1 < len(fields); i += 2 {
		r, _ := utf8.DecodeRuneInString(fields[i])
		out[r] = strings.TrimPrefix(fields[i+1], "-")
	}
	return out
}

// transliterated returns the frequencies of the n-grams of a language written in
// Latin letters. A Latin n-gram begins within what one letter becomes and ends
// within what another does, so every source n-gram gives the target n-grams that
// begin in its first letter and end in its last.
func transliterated(share map[string]float64, language string) map[string]float64 {
	out := map[string]float64{}
	for _, s := range schemes(language) {
		for gram, p := range share {
			spread(out, s.letters, gram, p*s.weight)
		}
	}
	return out
}

func spread(out map[string]float64, letters map[rune]string, gram string, p float64) {
	var parts []string
	for _, r := range gram {
		part, ok := letters[r]
		if !ok {
			return
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, "")
	first, last := parts[0], parts[len(parts)-1]
	for from := 0; from < len(first); from++ {
		for to := len(text) - len(last) + 1; to <= len(text); to++ {
			if to > from && to-from <= 5 {
				out[text[from:to]] += p
			}
		}
	}
}
