package ingest

import (
	"math/rand"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding/charmap"
)

// layerTexts are texts as text layers have them, of clinics' leaflets.
func layerTexts() map[string]string {
	return map[string]string{
		"en": "Visiting hours are from two in the afternoon until eight in the evening. Please bring your insurance card, the referral letter from your GP and a list of your medicines. MRI and CT scans need a fasting period of four hours.",
		"fr": "Les visites sont autorisées de 14 h à 20 h. Veuillez apporter votre carte Vitale, l'ordonnance de votre médecin traitant et les résultats d'analyses récentes. L'hôpital dispose d'un parking payant à côté de l'entrée principale.",
		"de": "Die Besuchszeiten sind täglich von 14 bis 20 Uhr. Bitte bringen Sie Ihre Versichertenkarte, den Überweisungsschein und eine Liste der Medikamente mit. Für die Darmspiegelung müssen Sie nüchtern erscheinen. Herzkatheterlabor, Rechtschreibprüfung und Krankschreibung.",
		"es": "El horario de visitas es de las dos de la tarde a las ocho. Traiga su tarjeta sanitaria, el informe de su médico y los análisis recientes. El niño debe venir acompañado de un adulto. La endoscopía requiere ayuno de ocho horas.",
		"ru": "Часы посещения ежедневно с двух часов дня до восьми вечера. Принесите полис обязательного медицинского страхования, направление врача и список лекарств. Исследование крови проводится натощак. Взрослым и детям. Здравствуйте.",
		"uk": "Години відвідування щодня з другої до восьмої вечора. Візьміть із собою страховий поліс, направлення лікаря та перелік ліків. Аналіз крові здають натще. Знеболення провідникове та інфільтраційне. Під'їзд до клініки з вулиці Шевченка.",
		"pl": "Godziny odwiedzin są codziennie od czternastej do dwudziestej. Proszę przynieść kartę ubezpieczenia, skierowanie od lekarza i listę leków. Badanie krwi wykonuje się na czczo. Wstrzyknięcie przeciwwstrząsowe, szczepienie i chrząstka.",
		"cs": "Návštěvní hodiny jsou denně od čtrnácti do dvaceti hodin. Přineste si průkaz pojištěnce, doporučení lékaře a seznam léků. Odběr krve se provádí nalačno. Čtvrtek, prst, krk, zmrzlina, srdce a vlhkost vzduchu.",
		"el": "Οι ώρες επισκεπτηρίου είναι καθημερινά από τις δύο το μεσημέρι έως τις οκτώ το βράδυ. Παρακαλούμε φέρτε την κάρτα ασφάλισης, το παραπεμπτικό του γιατρού και τον κατάλογο των φαρμάκων σας.",
		"ar": "ساعات الزيارة يوميا من الثانية ظهرا حتى الثامنة مساء. يرجى إحضار بطاقة التأمين ورسالة الطبيب وقائمة الأدوية. يجب الصيام قبل فحص الدم لمدة ثماني ساعات.",
		"ko": "면회 시간은 매일 오후 두시부터 여덟시까지입니다. 건강보험증과 의뢰서 그리고 복용중인 약의 목록을 가져오세요. 혈액검사 전에는 금식해야 합니다. 주차장은 건물뒤편에 있습니다. 예약은 전화로 하십시오.",
	}
}

// shiftCodes moves each letter's code, as a subset font without a map of its codes
// comes out.
func shiftCodes(by rune) func(string, *rand.Rand) string {
	return func(s string, _ *rand.Rand) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return r
			}
			return r + by
		}, s)
	}
}

// misread decodes bytes of one charset as another.
func misread(as, of *charmap.Charmap) func(string, *rand.Rand) string {
	return func(s string, _ *rand.Rand) string {
		var b strings.Builder
		for _, r := range s {
			c, ok := of.EncodeRune(r)
			if !ok {
				c = '?'
			}
			b.WriteRune(as.DecodeByte(c))
		}
		return b.String()
	}
}

// lookAlikes is what recognition in Latin makes of Cyrillic.
func lookAlikes(s string, r *rand.Rand) string {
	pairs := strings.NewReplacer("а", "a", "б", "6", "в", "B", "г", "r", "д", "A", "е", "e", "ж", "x", "з", "3", "и", "I4", "й", "fi", "к", "K", "л", "n", "м", "M", "н", "H", "о", "o", "п", "n", "р", "p", "с", "c", "т", "T", "у", "y", "ф", "S", "х", "x", "ц", "u,", "ч", "q", "ш", "ur", "щ", "rr1", "ъ", "b", "ы", "br", "ь", "b", "э", "3", "ю", "ro", "я", "fl", "і", "i", "ї", "i'", "є", "e")
	return pairs.Replace(s)
}

// randomLatin replaces each letter by any Latin one, of either case.
func randomLatin(s string, r *rand.Rand) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) {
			return c
		}
		return rune(letters[r.Intn(len(letters))])
	}, s)
}

// privateUse is a layer whose codes mean nothing outside its font.
func privateUse(s string, r *rand.Rand) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return c
		}
		return 0xF000 + c%256
	}, s)
}

func unchanged(s string, _ *rand.Rand) string { return s }

// layerNoise is one way in which text layers go wrong.
type layerNoise struct {
	spoil func(string, *rand.Rand) string
	of    string // the languages that it happens to, "" for all
}

func layerNoises() map[string]layerNoise {
	return map[string]layerNoise{
		"as it is":               {unchanged, ""},
		"codes shifted by 29":    {shiftCodes(-29), "en fr de es pl cs"},
		"codes shifted by 3":     {shiftCodes(3), "en fr de es pl cs"},
		"cp1251 as latin 1":      {misread(charmap.Windows1252, charmap.Windows1251), "ru uk"},
		"koi8 as cp1251":         {misread(charmap.Windows1251, charmap.KOI8U), "ru uk"},
		"cp1253 as latin 1":      {misread(charmap.Windows1252, charmap.Windows1253), "el"},
		"cp1256 as latin 1":      {misread(charmap.Windows1252, charmap.Windows1256), "ar"},
		"Cyrillic read in Latin": {lookAlikes, "ru uk"},
		"random Latin":           {randomLatin, ""},
		"private use":            {privateUse, ""},
	}
}

func layerQuality(text string) quality {
	var words []word
	for _, f := range strings.Fields(text) {
		words = append(words, word{text: f})
	}
	return measure(words)
}

// TestQualityTellsGoodLayersFromSpoiltOnes is where the thresholds come from.
func TestQualityTellsGoodLayersFromSpoiltOnes(t *testing.T) {
	t.Parallel()
	for noise, n := range layerNoises() {
		for lang, text := range layerTexts() {
			if n.of != "" && !strings.Contains(n.of, lang) {
				continue
			}
			q := layerQuality(n.spoil(text, rand.New(rand.NewSource(1))))
			t.Logf("%-22s %s %.2f of %d", noise, lang, q.score, q.tokens)
			switch good := noise == "as it is"; {
			case good && q.score < qualityGood:
				t.Errorf("good %s scores %.2f", lang, q.score)
			case noise == "koi8 as cp1251": // whole words in capitals, with vowels: hardest to tell
				if q.score >= qualityGood {
					t.Errorf("%s, %s: scores %.2f of %d tokens", lang, noise, q.score, q.tokens)
				}
			case !good && !q.bad():
				t.Errorf("%s, %s: scores %.2f of %d tokens", lang, noise, q.score, q.tokens)
			}
		}
	}
}
