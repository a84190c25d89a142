package ingest

import "testing"

func TestQualityTellsTextFromNoise(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"Besuchszeiten": true, "l'ouverture": true, "Пн.-Пт": true, "NICU": true, "Narahenpita": true, "الاستقبال": true, "적립": true, "www.clinic.example": true, "İstanbul": true, "Strč": true,
		"9yeautcKae": false, "r'le6oKcapbr": false, "Haxox([eHr,fl": false, "ïðèâåòëè": false, "сlinic": false, "xkcdqwrtz": false, "aBcDe": false,
	} {
		if got := looksLikeWord(text); got != good {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestQualityOfAPage(t *testing.T) {
	t.Parallel()
	words := func(text string, n int) []word {
		out := make([]word, n)
		for i := range out {
			out[i].text = text
		}
		return out
	}
	if q := measure(append(words("Visiting", 30), words("12.50", 30)...)); q.bad() || q.score < qualityGood {
		t.Errorf("a price list is called bad: %+v", q)
	}
	if q := measure(append(words("Visiting", 10), words("r'le6oKcapbr", 20)...)); !q.bad() {
		t.Errorf("noise is called good: %+v", q)
	}
	if q := measure(words("r'le6oKcapbr", 3)); q.bad() {
		t.Errorf("three words condemn a page: %+v", q)
	}
	if q := measure(words("fi\uFFFD\uFFFD\uFFFDre", 20)); !q.bad() {
		t.Errorf("replacement characters are called good: %+v", q)
	}
}

func TestCleanTextUndoesLigaturesOnly(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"o\uFB03ce": "office", "e\u0301te\u0301": "été", "\uFEFB": "لا", "a\u200Bb\u00ADc": "abc", "m²": "m²", "№ 5": "№ 5", "½": "½",
	} {
		if got := cleanText(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestLinesWrittenFromTheRightKeepNumbersReadable(t *testing.T) {
	t.Parallel()
	at := func(text string, x float64) word {
		return word{text: text, box: box{x, 10, x + 30, 22}, size: 12, rtl: isRightToLeft(text)}
	}
	lines := toLines([]word{at("مفتوح", 300), at("من", 260), at("8", 200), at("AM", 220), at("اليوم", 150)})
	if len(lines) != 1 || lines[0].text() != "مفتوح من 8 AM اليوم" {
		t.Errorf("got %q", lines[0].text())
	}
}

func TestFiguresAreTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"60 €": true, "13.00-18.00": true, "Пн. 8.00-12.00": true, "1 200 руб.": true, "LKR 110,000": true,
		"Price list 2026": false, "Consultation": false, "": false, "Room": false,
	} {
		if got := isFigure(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestPageNumbersAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text     string
		repeated bool
		want     bool
	}{
		{"3", false, true}, {"- 3 -", false, true}, {"Page 3 sur 9", false, true}, {"3 / 9", false, true},
		{"Seite 3", true, true}, {"5", true, true}, {"5", false, false}, {"3 rue Foch", false, false},
		{"03 29 91 63 00", true, false}, {"Tarif 2026", true, false},
	} {
		if got := isPageNumber(c.text, 3, 9, c.repeated); got != c.want {
			t.Errorf("%q repeated %v: %v", c.text, c.repeated, got)
		}
	}
}
