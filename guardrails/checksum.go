package guardrails

import "strings"

// The functions of this file tell whether a number is valid by the rule of its
// issuer. All take digits, or digits and upper-case letters, without separators.

// luhn is ISO/IEC 7812-1 annex B: cards, and many national numbers.
func luhn(s string) bool {
	sum := 0
	for i := 0; i < len(s); i++ {
		d := int(s[len(s)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// ibanLengths are the lengths of the IBAN registry (SWIFT, ISO 13616).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
	"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
	"GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
	"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
	"MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23,
	"TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}

// iban is ISO 13616: length by country, remainder 1 modulo 97.
func iban(s string) bool {
	if len(s) < 15 || ibanLengths[s[:2]] != len(s) {
		return false
	}
	return mod97(s[4:]+s[:4]) == 1
}

// mod97 is the remainder of a string of digits and letters (A = 10 … Z = 35).
func mod97(s string) int {
	r := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			r = (r*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			r = (r*100 + int(c-'A') + 10) % 97
		}
	}
	return r
}

// weighted returns the sum of digits times weights.
func weighted(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

func digitAt(s string, i int) int { return int(s[i] - '0') }

// number returns s[from:to] as an integer.
func number(s string, from, to int) int {
	n := 0
	for _, c := range s[from:to] {
		n = n*10 + int(c-'0')
	}
	return n
}

// dayMonth tells whether two numbers can be a month and a day.
func dayMonth(month, day int) bool { return month >= 1 && month <= 12 && day >= 1 && day <= 31 }

// same tells a number of one digit repeated.
func same(s string) bool { return strings.Count(s, s[:1]) == len(s) }

// nir is the French NIR: 97 less the remainder of the 13 first digits (INSEE,
// RNIPP); Corsica's 2A and 2B count as 19 and 18.
func nir(s string) bool {
	if len(s) != 15 || s[0] < '1' || s[0] > '8' {
		return false
	}
	s = strings.Replace(strings.Replace(s, "2A", "19", 1), "2B", "18", 1)
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	month := number(s, 3, 5)
	if !(month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50) {
		return false
	}
	n, r := s[:13], 0
	for i := range n {
		r = (r*10 + digitAt(n, i)) % 97
	}
	return 97-r == number(s, 13, 15)
}

// spi is the French tax number: the last three digits are the rest modulo 511 (DGFiP).
func spi(s string) bool {
	return len(s) == 13 && s[0] <= '3' && number(s, 0, 10)%511 == number(s, 10, 13)
}

// codiceFiscale is the Italian tax code (DM 23/12/1976), digits may be
// replaced by letters (omocodia).
func codiceFiscale(s string) bool {
	if len(s) != 16 {
		return false
	}
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := 0; i < 15; i++ {
		n := int(s[i] - 'A')
		if s[i] <= '9' {
			n = int(s[i] - '0')
		}
		if i%2 == 0 {
			n = odd[n]
		}
		sum += n
	}
	return s[15] == byte('A'+sum%26)
}

// dni is the Spanish DNI or NIE: the letter is the rest modulo 23 (RD 1553/2005).
func dni(s string) bool {
	if len(s) != 9 {
		return false
	}
	s = strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(s[:1]) + s[1:]
	for _, c := range s[:8] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[number(s, 0, 8)%23] == s[8]
}

// nuss is the Spanish social security number: two digits, the rest modulo 97 (TGSS).
func nuss(s string) bool {
	return len(s) == 12 && s[:2] <= "53" && number(s, 0, 10)%97 == number(s, 10, 12)
}

// nif is the Portuguese NIF: weighted sum modulo 11 (AT).
func nif(s string) bool {
	if len(s) != 9 || s[0] == '0' || s[0] == '4' {
		return false
	}
	c := 11 - weighted(s, 9, 8, 7, 6, 5, 4, 3, 2)%11
	if c > 9 {
		c = 0
	}
	return c == digitAt(s, 8)
}

// steuerID is the German tax id: ISO 7064 MOD 11,10, one digit twice or thrice (BZSt).
func steuerID(s string) bool {
	if len(s) != 11 || s[0] == '0' {
		return false
	}
	most := 0
	for d := '0'; d <= '9'; d++ {
		most = max(most, strings.Count(s[:10], string(d)))
	}
	return most >= 2 && most <= 3 && mod1110(s)
}

func mod1110(s string) bool {
	p := 10
	for i := 0; i < len(s)-1; i++ {
		m := (digitAt(s, i) + p) % 10
		if m == 0 {
			m = 10
		}
		p = m * 2 % 11
	}
	c := 11 - p
	return c%10 == digitAt(s, len(s)-1)
}

// kvnr is the German health insurance number: a letter as two digits, then
// digits weighted 1 and 2 alternately, cross sums, modulo 10 (§ 290 SGB V).
func kvnr(s string) bool {
	if len(s) != 10 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	n := int(s[0]-'A') + 1
	all := string(rune('0'+n/10)) + string(rune('0'+n%10)) + s[1:9]
	sum := 0
	for i := range all {
		d := digitAt(all, i) * (i%2 + 1)
		sum += d/10 + d%10
	}
	return sum%10 == digitAt(s, 9)
}

// rvnr is the German pension insurance number (§ 147 SGB VI).
func rvnr(s string) bool {
	if len(s) != 12 || s[8] < 'A' || s[8] > 'Z' {
		return false
	}
	n := int(s[8]-'A') + 1
	all := s[:8] + string(rune('0'+n/10)) + string(rune('0'+n%10)) + s[9:11]
	sum := 0
	for i, w := range []int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		d := digitAt(all, i) * w
		sum += d/10 + d%10
	}
	return sum%10 == digitAt(s, 11)
}

// icao is the check digit of travel documents: weights 7 3 1 (ICAO Doc 9303).
func icao(s string) bool {
	sum := 0
	for i := 0; i < len(s)-1; i++ {
		n := int(s[i] - '0')
		if s[i] >= 'A' {
			n = int(s[i]-'A') + 10
		}
		sum += n * [3]int{7, 3, 1}[i%3]
	}
	return sum%10 == digitAt(s, len(s)-1)
}

// nhs is the British NHS number: modulo 11 (NHS Data Dictionary).
func nhs(s string) bool {
	if len(s) != 10 || same(s) {
		return false
	}
	c := 11 - weighted(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return c%11 == digitAt(s, 9)
}

// ssn is the US social security number: numbers never issued are left out (SSA).
func ssn(s string) bool {
	if len(s) != 9 || same(s) || s == "123456789" || s == "987654321" || s == "078051120" {
		return false
	}
	area := number(s, 0, 3)
	return area > 0 && area != 666 && s[3:5] != "00" && s[5:] != "0000" && (area < 900 || itin(s))
}

// itin is the US individual taxpayer number (IRS): 9xx, group 50-65, 70-88, 90-92, 94-99.
func itin(s string) bool {
	g := number(s, 3, 5)
	return s[0] == '9' && (g >= 50 && g <= 65 || g >= 70 && g <= 99 && g != 89 && g != 93)
}

// npi is the US provider number: Luhn with the prefix 80840 (CMS).
func npi(s string) bool { return len(s) == 10 && (s[0] == '1' || s[0] == '2') && luhn("80840"+s) }

// snils is the Russian pension number: weighted sum modulo 101 (ПФР).
func snils(s string) bool {
	if len(s) != 11 || s[:9] <= "001001998" {
		return false
	}
	c := weighted(s, 9, 8, 7, 6, 5, 4, 3, 2, 1) % 101 % 100
	return c == number(s, 9, 11)
}

// inn is the Russian tax number of 10 or 12 digits (ФНС).
func inn(s string) bool {
	switch len(s) {
	case 10:
		return weighted(s, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(s, 9)
	case 12:
		return weighted(s, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(s, 10) &&
			weighted(s, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(s, 11)
	}
	return false
}

// pesel is the Polish PESEL: weights 1 3 7 9, a date of birth in front (Dz.U. 2010 nr 217).
func pesel(s string) bool {
	if len(s) != 11 || !dayMonth(number(s, 2, 4)%20, number(s, 4, 6)) {
		return false
	}
	return (10-weighted(s, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10 == digitAt(s, 10)
}

// tckn is the Turkish identity number (NVI).
func tckn(s string) bool {
	if len(s) != 11 || s[0] == '0' {
		return false
	}
	odd := weighted(s, 1, 0, 1, 0, 1, 0, 1, 0, 1)
	even := weighted(s, 0, 1, 0, 1, 0, 1, 0, 1)
	c := ((odd*7-even)%10 + 10) % 10
	return c == digitAt(s, 9) && (odd+even+c)%10 == digitAt(s, 10)
}

// cpf is the Brazilian CPF (Receita Federal).
func cpf(s string) bool {
	if len(s) != 11 {
		return false
	}
	return check11(weighted(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(s, 9) &&
		check11(weighted(s, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(s, 10)
}

// cnpj is the Brazilian CNPJ (Receita Federal).
func cnpj(s string) bool {
	return len(s) == 14 && check11(weighted(s, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(s, 12) &&
		check11(weighted(s, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(s, 13)
}

func check11(sum int) int {
	if c := 11 - sum%11; c < 10 {
		return c
	}
	return 0
}

// bsn is the Dutch BSN: the eleven test (RvIG).
func bsn(s string) bool {
	if len(s) == 8 {
		s = "0" + s
	}
	return len(s) == 9 && !same(s) && (weighted(s, 9, 8, 7, 6, 5, 4, 3, 2)-digitAt(s, 8))%11 == 0
}

// nrn is the Belgian national number: modulo 97 (Rijksregister).
func nrn(s string) bool {
	if len(s) != 11 || number(s, 4, 6) > 31 {
		return false
	}
	c := number(s, 9, 11)
	return 97-number(s, 0, 9)%97 == c || 97-number("2"+s, 0, 10)%97 == c
}

// ahv is the Swiss AHV number: EAN-13 with the prefix 756 (ZAS).
func ahv(s string) bool { return len(s) == 13 && s[:3] == "756" && ean(s) }

func ean(s string) bool {
	sum := 0
	for i := 0; i < len(s)-1; i++ {
		sum += digitAt(s, i) * (1 + 2*((len(s)-i+1)%2))
	}
	return (10-sum%10)%10 == digitAt(s, len(s)-1)
}

// svnr is the Austrian insurance number (SV): weights 3 7 9 - 5 8 4 2 1 6.
func svnr(s string) bool {
	return len(s) == 10 && s[0] != '0' && weighted(s, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == digitAt(s, 3)
}

// nordic is the Swedish personnummer: Luhn over ten digits, a date in front (Skatteverket).
func nordic(s string) bool {
	if len(s) == 12 {
		s = s[2:]
	}
	return len(s) == 10 && dayMonth(number(s, 2, 4), number(s, 4, 6)%60) && luhn(s)
}

// fnr is the Norwegian number, two check digits modulo 11 (Skatteetaten).
func fnr(s string) bool {
	return len(s) == 11 && weighted(s, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && weighted(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// hetu is the Finnish code: control character modulo 31 (DVV).
func hetu(s string) bool {
	if len(s) != 11 {
		return false
	}
	for i, c := range s[:10] {
		if i != 6 && (c < '0' || c > '9') {
			return false
		}
	}
	n := number(s[:6]+s[7:10], 0, 9)
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31] == s[10]
}

// rrn is the Korean number; its checksum ended in 2020, so the date and sex digit decide (MOIS).
func rrn(s string) bool {
	return len(s) == 13 && dayMonth(number(s, 2, 4), number(s, 4, 6)) && s[6] <= '8'
}

// ric is the Chinese id: ISO 7064 MOD 11-2 (GB 11643).
func ric(s string) bool {
	if len(s) != 18 || !dayMonth(number(s, 10, 12), number(s, 12, 14)) {
		return false
	}
	sum := weighted(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	return "10X98765432"[sum%11] == s[17]
}

// aadhaar is the Indian number: Verhoeff (UIDAI).
func aadhaar(s string) bool { return len(s) == 12 && s[0] > '1' && verhoeff(s) }

func verhoeff(s string) bool {
	d := [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
	p := [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}
	c := 0
	for i := 0; i < len(s); i++ {
		c = int(d[c][p[i%8][digitAt(s, len(s)-1-i)]-'0'] - '0')
	}
	return c == 0
}

// egn is the Bulgarian number (ГРАО); cnp the Romanian; isikukood the Estonian and Lithuanian.
func egn(s string) bool {
	return len(s) == 10 && dayMonth(number(s, 2, 4)%20, number(s, 4, 6)) && weighted(s, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == digitAt(s, 9)
}

func cnp(s string) bool {
	if len(s) != 13 || s[0] == '0' || !dayMonth(number(s, 3, 5), number(s, 5, 7)) {
		return false
	}
	c := weighted(s, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	return c%10+c/10 == digitAt(s, 12)
}

func isikukood(s string) bool {
	if len(s) != 11 || !dayMonth(number(s, 3, 5), number(s, 5, 7)) {
		return false
	}
	c := weighted(s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if c == 10 {
		c = weighted(s, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return c == digitAt(s, 10)
}

// rodne is the Czech and Slovak number: divisible by 11 (zákon 133/2000 Sb.).
func rodne(s string) bool {
	return len(s) == 10 && number(s, 2, 4)%50%20 <= 12 && number(s, 4, 6) <= 31 && number(s, 0, 10)%11 == 0
}

// taj is the Hungarian insurance number (NEAK).
func taj(s string) bool {
	return len(s) == 9 && weighted(s, 3, 7, 3, 7, 3, 7, 3, 7)%10 == digitAt(s, 8)
}

// rut is the Chilean number (SII); the last sign is the rest modulo 11.
func rut(s string) bool {
	if len(s) < 8 || len(s) > 9 {
		return false
	}
	sum, w := 0, 2
	for i := len(s) - 2; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += digitAt(s, i) * w
		if w++; w > 7 {
			w = 2
		}
	}
	return "0K987654321"[sum%11] == s[len(s)-1]
}

// tfn and medicare are the Australian tax and health numbers (ATO, Services Australia).
func tfn(s string) bool {
	return len(s) == 9 && weighted(s, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
}

func medicare(s string) bool {
	return len(s) == 10 && s[0] >= '2' && s[0] <= '6' && weighted(s, 1, 3, 7, 9, 1, 3, 7, 9)%10 == digitAt(s, 8)
}

// thai is the Thai id: modulo 11 (DOPA).
func thai(s string) bool {
	return len(s) == 13 && (11-weighted(s, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == digitAt(s, 12)
}

// rnokpp is the Ukrainian taxpayer number (ДПС).
func rnokpp(s string) bool {
	if len(s) != 10 {
		return false
	}
	c := (weighted(s, 1, 5, 7, 9, 4, 6, 10, 5, 7) - 2*digitAt(s, 0)) % 11
	return ((c+11)%11)%10 == digitAt(s, 9)
}

// southAfrican is the South African id: a date and Luhn (DHA). Canadian and
// Israeli numbers are plain Luhn.
func southAfrican(s string) bool {
	return len(s) == 13 && dayMonth(number(s, 2, 4), number(s, 4, 6)) && luhn(s)
}
