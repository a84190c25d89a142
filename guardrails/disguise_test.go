package guardrails

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"
)

// disguise is one thing that thumbs, telephones and tricksters do to a text.
type disguise struct {
	name string
	only []string // languages, all when empty
	do   func(lang, text string) string
	lost int  // in a hundred, where more than mostLost may be lost
	kept bool // a number stays a number, so that identifiers can be disguised by it
}

// disguises are the ways of writing that change nothing of what is said.
var disguises = []disguise{
	{name: "confusables", do: func(_, s string) string { return strings.Map(confuse, s) }, kept: true},
	{name: "zero width and bidi", do: func(_, s string) string { return "\u202e" + wedge(s, "\u200b") + "\u202c" }, kept: true},
	{name: "full width", do: func(_, s string) string { return strings.Map(widen, s) }, kept: true},
	{name: "leet", do: func(_, s string) string {
		return strings.NewReplacer("a", "4", "e", "3", "i", "1", "o", "0").Replace(s)
	}},
	{name: "spaced letters", do: func(_, s string) string { return strings.ReplaceAll(wedge(s, " "), "   ", "  ") }},
	{name: "repeated letters", do: func(_, s string) string {
		return strings.NewReplacer("a", "aaa", "e", "eee", "o", "ooo", "а", "ааа", "о", "ооо", "ا", "اااا").Replace(s)
	}},
	{name: "no accents", do: func(_, s string) string { return bare(s) }, kept: true},
	{name: "Russian in Latin letters", only: []string{"ru"}, do: latin},
	{name: "Arabic in Latin letters", only: []string{"ar"}, do: latin, lost: 33}, // vowels are guessed; see docs/safety.md

	{name: "SMS spelling", do: sms},
	{name: "emoji wedges", do: func(_, s string) string { return wedgeWords(s, "🌸") }, kept: true},
	{name: "voice transcript", do: voice, kept: true},
	{name: "code-switching", do: func(lang, s string) string {
		if lang == "en" {
			return "scusi por favor " + s + " danke"
		}
		return "hi sorry please " + s + " thank you"
	}, kept: true},
	{name: "burst", do: func(_, s string) string {
		words := strings.Fields(s)
		return strings.Join(words[:len(words)/2], " ") + "\n" + strings.Join(words[len(words)/2:], " ")
	}},
}

func confuse(r rune) rune {
	for from, to := range map[rune]rune{'a': 'а', 'c': 'с', 'e': 'е', 'o': 'о', 'p': 'р', 'а': 'a', 'с': 'c', 'е': 'e', 'о': 'o', 'р': 'p'} {
		if r == from {
			return to
		}
	}
	return r
}

func widen(r rune) rune {
	if r > ' ' && r <= '~' {
		return r + 0xFEE0
	}
	return r
}

// wedge puts something between all characters.
func wedge(s, with string) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		if i > 0 {
			b.WriteString(with)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// wedgeWords puts something between all words and into each third long one.
func wedgeWords(s, with string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if r := []rune(w); i%3 == 0 && len(r) > 5 && !strings.ContainsAny(w, "0123456789@") {
			words[i] = string(r[:3]) + with + string(r[3:])
		}
	}
	return strings.Join(words, " "+with+" ")
}

// bare drops the accents that keyboards lack.
func bare(s string) string {
	s = strings.NewReplacer("ı", "i", "ł", "l", "ß", "ss", "ø", "o").Replace(s)
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) && r < 0x370 {
			return -1
		}
		return r
	}, norm.NFD.String(s)))
}

// latin writes Russian and Arabic as people without the keyboard do.
func latin(lang, s string) string {
	letters := map[rune]string{
		'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "yo", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y", 'к': "k", 'л': "l", 'м': "m", 'н': "n",
		'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
	}
	if lang == "ar" {
		letters = map[rune]string{
			'ا': "a", 'أ': "2", 'إ': "e", 'آ': "a", 'ب': "b", 'ت': "t", 'ث': "th", 'ج': "j", 'ح': "7", 'خ': "5", 'د': "d", 'ذ': "z", 'ر': "r", 'ز': "z", 'س': "s", 'ش': "sh", 'ص': "s", 'ض': "d",
			'ط': "t", 'ظ': "z", 'ع': "3", 'غ': "gh", 'ف': "f", 'ق': "q", 'ك': "k", 'ل': "l", 'م': "m", 'ن': "n", 'ه': "h", 'و': "w", 'ي': "y", 'ى': "a", 'ة': "a", 'ء': "2", 'ئ': "2", 'ؤ': "2",
		}
	}
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		to, ok := letters[r]
		if !ok {
			to = string(r)
		}
		if last := b.String(); lang == "ar" && to != "" && last != "" && consonant(last[len(last)-1]) && consonant(to[0]) {
			b.WriteByte('a') // the vowels that Arabic does not write
		}
		b.WriteString(to)
	}
	return b.String()
}

func consonant(c byte) bool { return strings.IndexByte("bcdfghjklmnpqrstvwxyz3579", c) >= 0 }

// sms shortens the small words as each language's phones do, and leaves apostrophes out.
func sms(lang, s string) string {
	short := map[string]string{
		"en": "you u are r please pls and n because cuz have hv", "fr": "pas pa c'est c quelque kelke je j que ke avec ac", "it": "non nn che ke per x comunque cmq perché xke sono sn",
		"es": "que k por x también tb porque xq estoy toy", "pt": "não n você vc que q também tb estou to está ta", "de": "nicht nich ist is habe hab ich i und u",
		"ru": "что че сейчас щас пожалуйста пж человек чел", "pl": "nie nie jest jst", "tr": "bir bi değil dil var vr", "ar": "",
	}[lang]
	pairs := strings.Fields(short)
	words := strings.Fields(strings.ToLower(s))
	for i, w := range words {
		if at := slices.Index(pairs, w); at >= 0 && at%2 == 0 && at+1 < len(pairs) {
			words[i] = pairs[at+1]
		}
	}
	return strings.NewReplacer("'", "", "’", "", ",", "").Replace(strings.Join(words, " "))
}

// voice writes a text as a speech recogniser does: small letters, no marks, and
// the sounds that people make while they think.
func voice(lang, s string) string {
	um := map[string]string{"fr": "euh", "it": "ehm", "es": "eh", "pt": "é", "de": "äh", "ru": "э", "pl": "yyy", "tr": "şey", "ar": "يعني"}[lang]
	if um == "" {
		um = "um"
	}
	s = strings.NewReplacer(",", "", "?", "", "!", "", "; ", " ").Replace(strings.ToLower(s))
	words := strings.Fields(strings.TrimRight(s, "."))
	if len(words) > 1 {
		words = slices.Insert(words, 1, um)
	}
	return um + " " + strings.Join(words, " ")
}

// said is a case of our own with its language.
type said struct{ lang, text string }

// alarmCases are emergencies and crises of examples/, one in so many, without slots.
func alarmCases(t testing.TB, oneIn int) []said {
	t.Helper()
	names, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no examples", err)
	}
	var out []said
	n := 0
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Language string              `yaml:"language"`
			Labels   map[string][]string `yaml:"labels"`
		}
		if err := yaml.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains([]string{"fr", "it", "ru", "en", "es", "de", "pt", "ar", "pl", "tr"}, file.Language) {
			continue
		}
		for _, label := range []string{"emergency", "crisis"} {
			for _, text := range file.Labels[label] {
				if n++; n%oneIn == 0 && !strings.Contains(text, "{") {
					out = append(out, said{file.Language, text})
				}
			}
		}
	}
	return out
}

// mostLost is how many in a hundred alarms or identifiers a disguise may hide.
const mostLost = 3

func TestDisguisesHideHardlyAnyAlarm(t *testing.T) {
	t.Parallel()
	s := newScreens(t, Options{})
	s.linear = nil // the rules alone: word weights add to them and are learned anew now and then
	cases := alarmCases(t, 3)
	for _, d := range disguises {
		plain, hidden := 0, 0
		var lost []string
		for _, c := range cases {
			if len(d.only) > 0 && !slices.Contains(d.only, c.lang) {
				continue
			}
			if _, ok := s.Emergency(c.text, Hints{}); !ok {
				continue
			}
			plain++
			if _, ok := s.Emergency(d.do(c.lang, c.text), Hints{}); !ok {
				hidden++
				lost = append(lost, d.do(c.lang, c.text))
			}
		}
		t.Logf("%s: %d of %d lost", d.name, hidden, plain)
		if plain == 0 || hidden*100 > max(mostLost, d.lost)*plain {
			t.Errorf("%s hides %d of %d alarms: %q", d.name, hidden, plain, lost)
		}
	}
}

func TestDisguisesHideHardlyAnyIdentifier(t *testing.T) {
	t.Parallel()
	s := newScreens(t, Options{})
	cases := []said{
		{"en", "my card is 4111 1111 1111 1111 thanks"}, {"en", "please use the IBAN GB82 WEST 1234 5698 7654 32 for this"}, {"en", "SSN 219-09-9999 is mine"},
		{"en", "my NHS number is 943 476 5919"}, {"en", "call me on +44 20 7946 0958 today"}, {"en", "I was born on 12/03/1985 in York"}, {"en", "write to jane.doe@example.org please"},
		{"en", "my passport is AB1234567 ok"}, {"fr", "numéro de sécu 1 84 12 76 451 089 46 merci"}, {"fr", "appelez le 06 12 34 56 78 demain"}, {"fr", "née le 4 mars 1990 à Lyon"},
		{"fr", "RIB FR14 2004 1010 0505 0001 3M02 606"}, {"it", "codice fiscale RSSMRA85T10A562S grazie"}, {"it", "il mio cellulare è 347 1234567"}, {"es", "mi DNI es 12345678Z gracias"},
		{"es", "mi móvil es 612 345 678"}, {"pt", "meu CPF é 529.982.247-25 ok"}, {"de", "meine Steuer-ID ist 36574261809 danke"}, {"de", "geboren am 3.5.1972 in Köln"},
		{"pl", "mój PESEL to 44051401359 dziękuję"}, {"tr", "TC kimlik no 10000000146 teşekkürler"}, {"ru", "мой СНИЛС 112-233-445 95 спасибо"}, {"ru", "телефон +7 916 123-45-67"},
		{"nl", "mijn BSN is 111222333 dank"}, {"en", "policy number 884512 with the insurance"}, {"en", "my account number is 00123456 there"},
	}
	for _, d := range disguises {
		if !d.kept {
			continue
		}
		var lost []string
		for _, c := range cases {
			text := d.do(c.lang, c.text)
			if plain, v := s.Rules(c.text, Hints{}), s.Rules(text, Hints{}); len(plain.Marks) == 0 || len(v.Marks) < len(plain.Marks) {
				lost = append(lost, text+" became "+v.Masked)
			}
		}
		if len(lost)*100 > mostLost*len(cases) {
			t.Errorf("%s hides %d of %d identifiers: %q", d.name, len(lost), len(cases), lost)
		}
	}
}
