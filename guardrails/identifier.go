package guardrails

import "regexp"

// shape is a kind of identifier that its form gives away.
type shape struct {
	kind   string
	form   *regexp.Regexp         // over the text with invisible signs removed, full-width digits folded, upper case
	valid  func(code string) bool // over letters and digits alone; nil when the form is enough
	secret bool
	digits int // a text with fewer digits cannot hold one
}

// numeric is a kind of identifier of digits alone.
type numeric struct {
	kind  string
	valid func(digits string) bool
}

// nationals are national numbers with a checksum that is strong enough to need
// no word beside it. Standards are cited at the functions.
var nationals = []numeric{
	{"national_id", nir}, {"national_id", tckn}, {"national_id", cpf}, {"national_id", pesel}, {"national_id", snils},
	{"national_id", steuerID}, {"national_id", nuss}, {"national_id", nrn}, {"national_id", ahv}, {"national_id", nordic},
	{"national_id", fnr}, {"national_id", ric}, {"national_id", aadhaar}, {"national_id", cnp}, {"national_id", isikukood},
	{"national_id", thai}, {"national_id", southAfrican}, {"national_id", rrn}, {"national_id", spi}, {"tax_id", cnpj},
	{"tax_id", inn}, {"national_id", nhs}, {"national_id", rodne}, {"national_id", egn}, {"national_id", rnokpp},
	{"national_id", svnr}, {"insurance", medicare}, {"provider_id", npi},
}

// nines are numbers of nine digits: their checksums are weak, so that the shape
// of the SSN or a word beside them has to agree.
var nines = []numeric{{"national_id", ssn}, {"national_id", bsn}, {"national_id", nif}, {"tax_id", tfn}, {"insurance", taj}, {"national_id", luhn}}

// shapes are tried in order; the first that holds takes the place.
var shapes = []shape{
	{kind: "key", secret: true, form: regexp.MustCompile(`-----BEGIN[^-]+-----[\s\S]*?(?:-----END[^-]+-----|$)|\b(?:SK|PK|RK)[-_](?:LIVE|TEST|PROJ|ANT)?[-_A-Z0-9]{16,}|\bGH[POSUR]_[A-Z0-9]{20,}|\bAKIA[A-Z0-9]{16}\b|\bXOX[BAPRS]-[A-Z0-9-]{10,}|\bAIZA[A-Z0-9_-]{30,}|\bEYJ[A-Z0-9_-]{8,}\.[A-Z0-9_-]{8,}\.?[A-Z0-9_-]*|\bEAA[A-Z0-9]{30,}`)},
	{kind: "email", form: regexp.MustCompile(`[\pL\pN._%+'-]+ ?(?:@|\(AT\)|\[AT\]|\(@\)| AT(?: SIGN)? ) ?[\pL\pN-]+(?:(?:\.| ?\(DOT\) ?| ?\[DOT\] ?| DOT )[\pL\pN-]+)*(?:\.| ?\(DOT\) ?| ?\[DOT\] ?| DOT )[\pL]{2,24}(?:[\pN-][\pL\pN-]*)?`)},
	{kind: "iban", digits: 8, form: regexp.MustCompile(`\b[A-Z]{2}[ ]?\d{2}(?:[ .-]?[A-Z0-9]){11,30}`), valid: iban},
	{kind: "national_id", digits: 13, secret: true, form: regexp.MustCompile(`\b[1-478][ .-]?\d{2}[ .-]?\d{2}[ .-]?(?:\d{2}|2A|2B)[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{2}\b`), valid: nir},
	{kind: "national_id", digits: 4, secret: true, form: regexp.MustCompile(`\b[A-Z]{3}[ .-]?[A-Z]{3}[ .-]?[0-9LMNPQRSTUV]{2}[A-EHLMPRST][0-9LMNPQRSTUV]{2}[ .-]?[A-Z][0-9LMNPQRSTUV]{3}[A-Z]\b`), valid: codiceFiscale},
	// The same shape with a wrong check letter is a mistyped code, which is as telling.
	{kind: "national_id", digits: 7, secret: true, form: regexp.MustCompile(`\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b`)},
	{kind: "national_id", digits: 11, secret: true, form: regexp.MustCompile(`\b[12]\d{4}(?:2A|2B)\d{6}(?:\d{2})?\b`)},
	{kind: "national_id", digits: 7, secret: true, form: regexp.MustCompile(`\b(?:[XYZ][ .-]?\d{7}|\d{8}|\d{1,2}\.\d{3}\.\d{3})[ .-]?[A-HJ-NP-TV-Z]\b`), valid: padDNI},
	{kind: "national_id", digits: 6, secret: true, form: regexp.MustCompile(`\b[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z][ .-]?\d{2}[ .-]?\d{2}[ .-]?\d{2}[ .-]?[A-D]\b`), valid: nino},
	{kind: "insurance", digits: 9, form: regexp.MustCompile(`\b[A-Z] ?\d{3} ?\d{3} ?\d{3}\b`), valid: kvnr},
	{kind: "national_id", digits: 11, secret: true, form: regexp.MustCompile(`\b\d{2}[ ]?\d{6}[ ]?[A-Z][ ]?\d{3}\b`), valid: rvnr},
	{kind: "national_id", digits: 9, secret: true, form: regexp.MustCompile(`\b\d{6}[-+ABCDEFUVWXY]\d{3}[0-9A-FHJ-NPR-Y]\b`), valid: hetu},
	{kind: "national_id", digits: 9, secret: true, form: regexp.MustCompile(`\d{6}[-+ABCDEFUVWXY]\d{3}[0-9A-FHJ-NPR-Y]\b`), valid: hetu},
	{kind: "insurance", digits: 5, form: regexp.MustCompile(`\b[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}\b`)},
	{kind: "tax_id", digits: 4, form: regexp.MustCompile(`\b[A-Z]{5}\d{4}[A-Z]\b`)},
	{kind: "national_id", digits: 7, secret: true, form: regexp.MustCompile(`\b[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d\b`)},
	{kind: "licence", digits: 6, form: regexp.MustCompile(`\b[A-Z9]{5}\d{6}[A-Z9]{2}\d?[A-Z0-9]{2,3}\b`)},
	{kind: "passport", digits: 4, form: regexp.MustCompile(`\b[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d?\b`), valid: germanDocument},
	{kind: "passport", digits: 5, form: regexp.MustCompile(`\b(?:[A-Z]{2}[ -]?\d{7}|[A-Z]\d{8}|\d{2}[A-Z]{2}\d{5}|[A-Z]{2}\d{5}[A-Z]{2})\b`)},
	{kind: "national_id", digits: 10, secret: true, form: regexp.MustCompile(`\b\d{8}[ ]?\d[ ]?[A-Z]{2}\d\b`)},
	{kind: "national_id", digits: 7, secret: true, form: regexp.MustCompile(`\b\d{1,2}\.?\d{3}\.?\d{3}-[0-9K]\b`), valid: rut},
	{kind: "national_id", digits: 17, secret: true, form: regexp.MustCompile(`\b\d{17}[0-9X]\b`), valid: ric},
	{kind: "tax_id", digits: 8, form: regexp.MustCompile(`\b(?:HU|FI|DK|LU|MT|SI)[ -]?\d{8}\b|\b(?:DE|PT|EE|EL|GB)[ -]?\d{9}\b|\bATU\d{8}\b|\bBE[ -]?[01]\d{9}\b|\b(?:PL|SK)[ -]?\d{10}\b|\b(?:IT|LV|HR)[ -]?\d{11}\b|\bFR[ -]?[0-9A-Z]{2}\d{9}\b`)}, // VAT numbers with their country (Directive 2006/112/EC, art. 215)
	{kind: "address", digits: 4, form: ipAddress},
}

var ipAddress = regexp.MustCompile(`\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b`)

// padDNI reads a DNI of which leading zeros or dots were left out.
func padDNI(s string) bool {
	for len(s) < 9 && s[0] >= '0' && s[0] <= '9' {
		s = "0" + s
	}
	return dni(s)
}

// nino tells a British national insurance number whose prefix is issued (HMRC NIM39110).
func nino(s string) bool {
	if s[1] == 'O' {
		return false
	}
	switch s[:2] {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return s[0] != 'D' && s[0] != 'F' && s[0] != 'I' && s[0] != 'Q' && s[0] != 'U' && s[0] != 'V'
}

// germanDocument tells the number of a German passport or identity card: nine
// signs with at least four digits, the tenth, where it is there, checks them.
func germanDocument(s string) bool {
	digits := 0
	for _, c := range s {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits < 4 || digits == len(s)-1 && len(s) == 9 && s[1] == '0' && s[2] == '0' {
		return false
	}
	return len(s) == 9 || icao(s)
}
