package guardrails

import (
	"strings"
	"testing"
)

// What is not searched must hold nothing: each skipped text is searched all the same.
func FuzzWhatIsSkippedHoldsNothing(f *testing.F) {
	for _, seed := range []string{
		"Mein Passwort ist Haus4711!", "code 4471 12", "OTP: 123456", "né le 03/04/1981", "geboren am 3. 4. 81", "12 MARCH 1981", "le 3 avril 1981",
		"March 12th, 1981", "12 03 1981", "1981-03-12", "12 rue des Lilas, 75011 Paris", "221B Baker St", "Hauptstraße 12", "Via Roma 3", "شارع النيل 12",
		"P.O. Box 12", "ул. Ленина, д. 5", "رمز التحقق 123456", "şifrem: abcd1", "密码abcd1", "Atatürk Caddesi No: 5", "C/ Mayor 4", "1 / 2 / 81", "1. 2. 81", "3 -4 -81",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		s := newScan([]rune(text))
		forms := append([]needing{passwordText, otpText}, streets...)
		for _, n := range forms {
			if !n.in(s.whole) && n.form.Match(s.text) {
				t.Errorf("%q holds %q, but is not searched", s.whole, n.form.Find(s.text))
			}
		}
		if !mayDate(s.text) && dateText.Match(s.text) {
			t.Errorf("%q holds %q, but is not searched", s.whole, dateText.Find(s.text))
		}
	})
}

func TestATextWithoutAnyWordIsNotSearched(t *testing.T) {
	t.Parallel()
	s := newScan([]rune("BONJOUR, COMBIEN COÛTE UNE VISITE LE 12 ?"))
	if passwordText.in(s.whole) || otpText.in(s.whole) || mayDate(s.text) {
		t.Error("an everyday question is searched for secrets or dates")
	}
	if strings.Contains(s.whole, "PASS") || !mayDate([]byte("12/3")) || !mayDate([]byte("1981")) || mayDate([]byte("12 3")) {
		t.Error("dates are looked for in the wrong texts")
	}
}
