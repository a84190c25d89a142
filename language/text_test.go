package language

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFoldMakesSpellingsEqual(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Téléphone":            "telephone",
		"e\u0301te\u0301":      "ete",
		"Приём":                "прием",
		"край":                 "край",
		"їжак":                 "їжак",
		"ґанок":                "ганок",
		"Straße":               "strasse",
		"Łódź":                 "lodz",
		"İSTANBUL ılık":        "istanbul ilik",
		"ＡＢＣ １２":               "abc 12",
		"ﬁn d’année":           "fin d'annee",
		"مُسْتَشْفَى":          "مستشفي",
		"إستقبال أحمد آمال":    "استقبال احمد امال",
		"کلینیک":               "كلينيك",
		"٠١٢٣٤٥٦٧٨٩":           "0123456789",
		"۴۵":                   "45",
		"१२":                   "12",
		"soft\u00adhyphen":     "softhyphen",
		"zero\u200bwidth":      "zerowidth",
		"non\u00a0breaking":    "non breaking",
		"Ελληνικά ΣΟΦΟΣ σοφός": "ελληνικα σοφοσ σοφοσ",
		"한국어":                  "한국어",
		"がぎぐ":                  "がぎぐ",
		"हिन्दी":               "हिन्दी",
		"a–b—c":                "a-b-c",
		"":                     "",
	} {
		if got := Fold(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTermsMeetAcrossSpellings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang, question, passage string
	}{
		{"fr", "telephone", "Téléphones"},
		{"fr", "l'heure", "Les heures"},
		{"fr", "rdv", "rendez-vous"},
		{"fr", "hopital", "de l’hôpital"},
		{"fr", "8h30", "à partir de 08:30"},
		{"fr", "8 h 30", "8h30"},
		{"fr", "consultations", "consultation"},
		{"fr", "carte vitale oubliee", "carte Vitale oubliée"},
		{"fr", "1200 euros", "1 200 euros"},
		{"it", "dell'ospedale", "ospedali"},
		{"it", "visite", "la visita"},
		{"ru", "прием", "приёма"},
		{"ru", "анализы", "анализов"},
		{"ru", "skolko stoit", "сколько стоит"},
		{"ru", "vrach", "врача"},
		{"en", "doctors", "doctor's"},
		{"en", "appointments", "appt"},
		{"en", "e-mail", "email"},
		{"es", "direccion", "dirección"},
		{"es", "vacunas", "vacunación"},
		{"de", "Oeffnungszeiten", "Öffnungszeit"},
		{"de", "Zeiten", "Öffnungszeiten"},
		{"de", "Parkplaetze", "Parkplätze"},
		{"de", "strasse", "Straße"},
		{"pt", "marcacao", "marcação"},
		{"pt", "marcações", "marcacoes"},
		{"ar", "مواعيد", "المواعيد"},
		{"ar", "عيادة", "العياده"},
		{"pl", "przychodni", "przychodnia"},
		{"uk", "лікаря", "лікар"},
		{"tr", "doktorlar", "doktor"},
		{"zh", "开门", "医院几点开门"},
		{"fr", "01 44 23 45 67", "tél. 0144234567"},
		{"fr", "01.44.23.45.67", "01-44-23-45-67"},
		{"de", "25,00", "25"},
		{"en", "1,200.50", "1200.5"},
	} {
		passage := Terms(c.lang, c.passage)
		met := false
		for _, term := range Terms(c.lang, c.question) {
			met = met || slices.Contains(passage, term)
		}
		if !met {
			t.Errorf("%s: %q %v does not meet %q %v", c.lang, c.question, Terms(c.lang, c.question), c.passage, passage)
		}
	}
}

func TestTermsThatMustNotMeet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, a, b string }{
		{"fr", "8h30", "18:30"},
		{"fr", "25 €", "250 €"},
		{"en", "1.5", "15"},
		{"fr", "de la", "la de"},
		{"en", "the", "the"},
	} {
		b := Terms(c.lang, c.b)
		for _, term := range Terms(c.lang, c.a) {
			if slices.Contains(b, term) && term != "€" {
				t.Errorf("%s: %q and %q share %q", c.lang, c.a, c.b, term)
			}
		}
	}
}

func TestNegationsAndQuestionWordsStay(t *testing.T) {
	t.Parallel()
	for lang, words := range map[string]string{
		"fr": "pas sans combien quand", "it": "non senza quanto quando", "en": "not without how when where", "de": "nicht ohne wann kein",
		"es": "no sin cuanto cuando", "ru": "не без сколько когда", "pt": "nao sem quanto quando", "ar": "لا متي كم",
	} {
		for word := range strings.FieldsSeq(words) {
			if lang == "es" && word == "sin" {
				continue
			}
			if IsStop(lang, Fold(word)) {
				t.Errorf("%s: %q is a stop word", lang, word)
			}
		}
	}
}

func TestWordsAreExactStretches(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"L'heure, c’est 8.30 !":   "L'heure|c’est|8.30",
		"1,200.50 €/mois":         "1,200.50|mois",
		"fin. Début":              "fin|Début",
		"rendez-vous":             "rendez|vous",
		"医院 open":                 "医|院|open",
		"don't 'quote'":           "don't|quote",
		"\xff\xfebroken\xff text": "broken|text",
	} {
		var got []string
		for _, w := range Words(text) {
			if text[w.Start:w.End] != w.Text {
				t.Errorf("%q is not at %d", w.Text, w.Start)
			}
			got = append(got, w.Text)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: got %q, want %q", text, strings.Join(got, "|"), want)
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, text, want string }{
		{"fr", "Le Dr. Martin consulte à 8.30. Il ferme à 18 h.", "Le Dr. Martin consulte à 8.30.|Il ferme à 18 h."},
		{"fr", "M. Durand et Mme. Petit. Voir art. 12 du règlement.", "M. Durand et Mme. Petit.|Voir art. 12 du règlement."},
		{"fr", "Ouvert ? Oui ! Entrez…", "Ouvert ?|Oui !|Entrez…"},
		{"fr", "Il a dit : « Venez. » Puis il part.", "Il a dit : « Venez. »|Puis il part."},
		{"de", "Wir haben z.B. am 3. Mai offen. Kommen Sie.", "Wir haben z.B. am 3. Mai offen.|Kommen Sie."},
		{"de", "Tel. 030 123. Adresse: Haupt-Str. 5.", "Tel. 030 123.|Adresse: Haupt-Str. 5."},
		{"ru", "Мы на ул. Ленина, д. 5, г. Москва. Приходите.", "Мы на ул. Ленина, д. 5, г. Москва.|Приходите."},
		{"ru", "С 9.00 до 18.00 и т.д. по будням.", "С 9.00 до 18.00 и т.д. по будням."},
		{"en", "It costs 25.50 EUR. St. Mary's is near. See Dr. No.", "It costs 25.50 EUR.|St. Mary's is near.|See Dr. No."},
		{"en", "Call us at 5 p.m. on Friday.", "Call us at 5 p.m. on Friday."},
		{"es", "El Sr. García vive en la Avda. Mayor. ¿Abre? ¡Sí!", "El Sr. García vive en la Avda. Mayor.|¿Abre?|¡Sí!"},
		{"it", "La dott.ssa Rossi visita in v.le Roma. Porti il referto.", "La dott.ssa Rossi visita in v.le Roma.|Porti il referto."},
		{"ar", "هل أنتم مفتوحون؟ نعم. تعالوا۔", "هل أنتم مفتوحون؟|نعم.|تعالوا۔"},
		{"zh", "医院八点开门。请带卡！好吗？", "医院八点开门。|请带卡！|好吗？"},
		{"hi", "अस्पताल खुला है। आइए।", "अस्पताल खुला है।|आइए।"},
		{"en", "Bring:\n- your card\n- your letter\nSee you", "Bring:|- your card|- your letter\nSee you"},
		{"en", "A line that\nwraps on. Next", "A line that\nwraps on.|Next"},
		{"en", "Title\n\nText here", "Title|Text here"},
		{"en", "1. First thing\n2. Second thing", "1. First thing|2. Second thing"},
		{"en", "See www.example.org for more. Bye", "See www.example.org for more.|Bye"},
		{"en", "", ""},
		{"en", "  \n ", ""},
	} {
		var got []string
		for _, s := range Sentences(c.lang, c.text) {
			got = append(got, c.text[s.Start:s.End])
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s %q:\n got %q\nwant %q", c.lang, c.text, strings.Join(got, "|"), c.want)
		}
	}
}

func TestNativeLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, text, want string }{
		{"ru", "kogda vy rabotaete?", "когда вы работаете?"},
		{"ru", "Запись к Dr. House", "Запись к Dr. House"},
		{"ru", "25", "25"},
		{"fr", "bonjour", "bonjour"},
		{"uk", "koly vy pratsyuyete", "коли ви працюєте"},
	} {
		if got := Native(c.lang, c.text); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestLinearOnHostileText(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{
		"letters": "a", "digits": "1", "points": ".", "lines": "\n", "marks": "\u0301", "apostrophes": "a'", "groups": "1 ", "numbered": "1.\n",
		"han": "医", "words": "Öffnungszeiten ", "initials": "A. ", "closers": "\"", "masked": "⟦", "capitals": "A.A",
	} {
		text := strings.Repeat(unit, 1<<17/len(unit))
		start := time.Now()
		Fold(text)
		Words(text)
		Sentences("de", text)
		Terms("de", text)
		Detect(text)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %v for %d bytes", name, took, len(text))
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Téléphone", "مُسْتَشْفَى", "\xff", "İı", "a\u0301\u0327", "ﷺ", "ㅎ\u1161", "й\u0306\u0308", "ſ\u0307", "ϓ\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Errorf("%q: %q, then %q", s, once, twice)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Errorf("%q folds to invalid %q", s, once)
		}
	})
}

func FuzzSentences(f *testing.F) {
	f.Add("fr", "Le Dr. Martin. Oui ? Non…\n- a\n- b")
	f.Add("de", "1. \n2. \xff.")
	f.Fuzz(func(t *testing.T, lang, text string) {
		end := 0
		covered := 0
		for _, s := range Sentences(lang, text) {
			if s.Start < end || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("%q: span %v after %d", text, s, end)
			}
			end = s.End
			covered += len(Words(text[s.Start:s.End]))
		}
		if utf8.ValidString(text) && covered < len(Words(text)) {
			t.Errorf("%q: %d words covered of %d", text, covered, len(Words(text)))
		}
	})
}

func FuzzTerms(f *testing.F) {
	f.Add("fr", "8 h 30 l'heure 1 200,50 01 44 23 45 67")
	f.Add("zh", "医院a1")
	f.Add("ru", "shch'4")
	f.Fuzz(func(t *testing.T, lang, text string) {
		for _, term := range Terms(lang, text) {
			if term == "" || strings.ContainsAny(term, " \n") || len(term) > maxTerm {
				t.Errorf("%q: term %q", text, term)
			}
		}
	})
}
