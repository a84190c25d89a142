package guardrails

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"frontdesk"
)

// mask finds the identifiers of a text and writes the masked text, the marks,
// the tokens and their values into v. Secrets are gone: they get no token.
func mask(v *frontdesk.Verdict, text string, h Hints, now time.Time) {
	runes := []rune(text)
	marks := identifiers(runes, h, now)
	var b strings.Builder
	counts := map[string]int{}
	at := 0
	for _, m := range marks {
		b.WriteString(string(runes[at:m.Start]))
		at = m.End
		if m.Secret {
			fmt.Fprintf(&b, "⟦%s⟧", m.Type)
			continue
		}
		counts[m.Type]++
		place := fmt.Sprintf("⟦%s:%d⟧", m.Type, counts[m.Type])
		b.WriteString(place)
		v.Tokens = append(v.Tokens, frontdesk.Token{Place: place, Type: m.Type})
		v.Values = append(v.Values, string(runes[m.Start:m.End]))
	}
	b.WriteString(string(runes[at:]))
	v.Marks, v.Masked = marks, b.String()
}

// identifiers returns the marks of a text in order, none overlapping.
func identifiers(runes []rune, h Hints, now time.Time) []frontdesk.Mark {
	if !slices.ContainsFunc(runes, func(r rune) bool { return r == '@' || unicode.IsDigit(r) || r == ':' || r == '=' }) && len(runes) < 16 {
		return nil
	}
	s := newScan(runes)
	digits := countDigits(s.text)
	if digits > 3 || strings.ContainsAny(s.whole, "@-_") || strings.Contains(s.whole, "AT") {
		s.shapes(digits)
	}
	if digits > 1 || strings.ContainsAny(s.whole, ":=\"«") {
		s.secrets(digits)
	}
	if digits > 0 {
		s.keepTimesAndPrices()
		s.dates(now)
		s.addresses()
	}
	if digits > 4 {
		s.numbers(h)
	}
	slices.SortFunc(s.marks, func(a, b frontdesk.Mark) int { return a.Start - b.Start })
	return slices.DeleteFunc(s.marks, func(m frontdesk.Mark) bool { return s.own(m, h.Keep) })
}

// own tells whether a mark is one of the clinic's own numbers or addresses.
func (s *scan) own(m frontdesk.Mark, keep []string) bool {
	value := codeOf(string(s.original[m.Start:m.End]))
	return slices.ContainsFunc(keep, func(k string) bool {
		k = codeOf(strings.ToUpper(k))
		return k != "" && (k == strings.ToUpper(value) || len(k) > 7 && (strings.HasSuffix(k, strings.TrimLeft(value, "0")) || strings.HasSuffix(value, strings.TrimLeft(k, "0"))))
	})
}

// codeOf returns the letters and digits of a text.
func codeOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// shapes marks what its form gives away.
func (s *scan) shapes(digits int) {
	for _, sh := range shapes {
		if digits < sh.digits || sh.kind == "email" && !s.mayBeEmail() {
			continue
		}
		for _, at := range s.search(sh.form, sh.digits, window) {
			a, b := at[0], at[1]
			if sh.kind == "iban" {
				if b = s.ibanEnd(a, b); b == 0 {
					continue
				}
			} else if sh.valid != nil && !sh.valid(codeOf(string(s.text[a:b]))) && (sh.form.String()[0] != '\\' || !sh.valid(string(s.text[a:b]))) {
				continue
			}
			if sh.kind == "passport" && sh.valid == nil && s.cued(cueKeep, a, nearBytes) && !s.cued(cueID, a, nearBytes) {
				continue
			}
			s.take(sh.kind, a, b, sh.secret)
		}
	}
}

// mayBeEmail tells whether there is an @ or a spelled one.
func (s *scan) mayBeEmail() bool {
	return strings.Contains(s.whole, "@") || strings.Contains(s.whole, "AT") && strings.Contains(s.whole, "DOT")
}

// ibanEnd returns where a valid IBAN that begins at a ends, 0 if there is none.
func (s *scan) ibanEnd(a, b int) int {
	code := ""
	for i := a; i < b; i++ {
		c := s.text[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' {
			code += string(c)
			if ibanLengths[code[:min(2, len(code))]] == len(code) && iban(code) {
				return i + 1
			}
		}
	}
	return 0
}

var (
	passwordText = need(`(?:PASSWORD|PASSCODE|PASSPHRASE|PASSWORT|KENNWORT|MOT DE PASSE|\bMDP\b|CONTRASEÑA|\bCLAVE|\bSENHA|PALAVRA-PASSE|ПАРОЛ[ЬЯ]|PAROLA D'ORDINE|PAROLA|HASŁO|Ş[İI]FRE(?:M|SI)?|WACHTWOORD|كلمة السر|كلمة المرور|الرقم السري|密码|MẬT KHẨU|\bPWD?\b|API[ _-]?KEY|TOKEN|SECRET)(?: (?:IS|EST|È|ES|É|IST|TO|FOR \S+ IS|DU PORTAIL|PORTAL|POUR \S+))*\s*(?:[:=«"'-]+\s*|IS |EST |È |ES |É |IST |ЭТО )?(\S{4,})`,
		"PASS", "KENNWORT", "MOT DE PASSE", "MDP", "CONTRASEÑA", "CLAVE", "SENHA", "ПАРОЛ", "PAROLA", "HASŁO", "ŞIFRE", "ŞİFRE", "WACHTWOORD",
		"كلمة السر", "كلمة المرور", "الرقم السري", "密码", "MẬT KHẨU", "PW", "API", "TOKEN", "SECRET")
	otpText = need(`(?:\bOTP\b|ONE[- ]TIME (?:CODE|PASSWORD|PASSCODE)|(?:VERIFICATION|SECURITY|LOGIN|CONFIRMATION|ACCESS|AUTH\w*) CODE|CODE (?:DE VÉRIFICATION|DE VERIFICATION|DE CONFIRMATION|DE SÉCURITÉ|SMS|REÇU|À USAGE UNIQUE|SECRET)|CODICE (?:DI VERIFICA|DI CONFERMA|OTP|SMS|MONOUSO)|CÓDIGO (?:DE VERIFICACI[ÓO]N|DE CONFIRMACI[ÓO]N|SMS|DE VERIFICAÇÃO|DE CONFIRMAÇÃO|DE ACESSO)|КОД (?:ИЗ (?:СМС|SMS)|ПОДТВЕРЖДЕНИЯ|ДОСТУПА)|BEST[ÄA]TIGUNGSCODE|SICHERHEITSCODE|\bTAN\b|رمز التحقق|كود التحقق|الرمز|DO[ĞG]RULAMA KODU|KOD (?:SMS|WERYFIKACYJNY)|\bPIN\b(?:[ -]?CODE|[ -]?КОД)?|ПИН(?:-?КОД)?|\bCVV2?\b|\bCVC2?\b|验证码|CODE)(?: [\pL']+){0,4}?\s*(?:[:=-]\s*)?(\d[\d -]{1,7}\d)\b`,
		"OTP", "ONE-TIME", "ONE TIME", "CODE", "CODICE", "CÓDIGO", "КОД", "TAN", "رمز", "كود", "KODU", "KOD ", "PIN", "ПИН", "CVV", "CVC", "验证码")
)

// secrets finds passwords and one-time codes by the words before them.
func (s *scan) secrets(digits int) {
	for _, at := range passwordText.all(s) {
		a, b := at[2], at[3]
		value := strings.TrimRight(string(s.text[a:b]), ".,;!?\"'»)")
		joined := strings.ContainsAny(string(s.text[at[0]:a]), ":=\"«")
		if joined && len(value) > 3 || strings.ContainsAny(value, "0123456789") || strings.ContainsAny(value[:len(value)-min(1, len(value))], "!@#$%^&*_") {
			s.take("password", a, a+len(value), true)
		}
	}
	if digits < 3 {
		return
	}
	if !otpText.in(s.whole) {
		return
	}
	for _, at := range s.search(otpText.form, 2, windowWords) {
		word := string(s.text[at[0]:at[2]])
		if strings.HasPrefix(word, "CODE") && !strings.Contains(word, " IS ") && !strings.Contains(word, ":") && !strings.Contains(word, " EST ") && !strings.Contains(word, "SMS") && !strings.Contains(word, "VÉ") && !strings.Contains(word, "REÇU") {
			continue
		}
		if s.cued(cueKeep, at[2], nearBytes) {
			continue
		}
		s.take("code", at[2], at[3], true)
	}
}

var (
	priceText = regexp.MustCompile(`(?:[$€£₽₺₹₫]|\b(?:EUR|USD|GBP|CHF|RUB|BRL|R\$))\s?\d[\d ,.']*|\b\d[\d ,.']*\s?(?:[$€£₽₺₹₫]|EUR|USD|GBP|CHF|ZŁ|PLN|TL\b|РУБ|₴|ГРН|DH\b|MAD|DT\b|ДОЛЛ|ЕВРО|EUROS?\b|REAIS|DIRHAM|جنيه|ريال|درهم|دينار|يورو)`)
	timeText  = regexp.MustCompile(`\b\d{1,2}\s?[:H.]\s?\d{2}(?:\s?[-–]\s?\d{1,2}\s?[:H.]\s?\d{2})?\b`)
)

// keepTimesAndPrices blanks what must stay readable before numbers are looked for.
func (s *scan) keepTimesAndPrices() {
	for _, at := range s.search(priceText, 1, windowDate) {
		if at[1]-at[0] < 14 {
			s.blank(at[0], at[1])
		}
	}
	for _, at := range s.search(timeText, 3, windowDate) {
		if at[0] > 1 && (s.text[at[0]-1] == '.' || s.text[at[0]-1] == '-' || s.text[at[0]-1] == ' ' && isDigit(s.text[at[0]-2])) || at[1] < len(s.text) && (s.text[at[1]] == '.' || s.text[at[1]] == '-' || s.text[at[1]] == '/') && at[1]+1 < len(s.text) && isDigit(s.text[at[1]+1]) ||
			at[1]+1 < len(s.text) && s.text[at[1]] == ' ' && isDigit(s.text[at[1]+1]) && strings.ContainsRune(string(s.text[at[0]:at[1]]), '.') {
			continue // part of a longer number
		}
		s.blank(at[0], at[1])
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

const monthNames = `(?:JAN|FEB|FÉV|FEV|FEVR|MAR|MÄR|APR|AVR|ABR|MAI|MAY|MAG|JUN|JUIN|GIU|JUL|JUIL|LUG|AUG|AOÛ|AOU|AGO|SEP|SET|OCT|OKT|OTT|OUT|NOV|DEC|DÉC|DEZ|DIC|GEN|ENE|ЯНВ|ФЕВ|МАР|АПР|МА[ЯЙ]|ИЮН|ИЮЛ|АВГ|СЕН|ОКТ|НОЯ|ДЕК|OCAK|ŞUB|NİS|HAZ|TEM|AĞU|EYL|EKİ|KAS|ARA|STY|LUT|KWI|MAJ|CZE|LIP|SIE|WRZ|PAŹ|LIS|GRU|يناير|فبراير|مارس|ابريل|أبريل|مايو|يونيو|يوليو|اغسطس|أغسطس|سبتمبر|اكتوبر|أكتوبر|نوفمبر|ديسمبر)[\pL.]*`

var (
	dateText = regexp.MustCompile(`\b(?:(\d{1,2}) ?[./-] ?(\d{1,2}) ?[./-] ?(\d{4}|\d{2})|(\d{4})[./-](\d{1,2})[./-](\d{1,2})|\d{1,2}(?:ER|ST|ND|RD|TH|º|\.)? ?(?:DE |OF |-)?` + monthNames + `(?: DE| DEL|,|-)? ?(\d{4})|` + monthNames + ` \d{1,2}(?:ST|ND|RD|TH)?,? (\d{4})|\d{1,2} (\d{1,2}) (\d{4}))\b`)
	yearText = regexp.MustCompile(`\b(?:19[2-9]\d|20[0-2]\d)\b`)
)

// dates marks dates of birth: a date that the text calls so, or any full date
// more than two years old. Other dates stay readable and are blanked.
func (s *scan) dates(now time.Time) {
	if !mayDate(s.text) {
		return
	}
	for _, at := range s.search(dateText, 3, windowDate) {
		if at[0] > 0 && (s.text[at[0]-1] == '+' || s.text[at[0]-1] == '-') || at[1] < len(s.text) && (s.text[at[1]] == '-' || s.text[at[1]] == '/') {
			continue
		}
		year := 0
		for g := 6; g < len(at); g += 2 {
			if at[g] >= 0 && at[g+1]-at[g] == 4 {
				year = number(string(s.text), at[g], at[g+1])
			}
		}
		born := s.cued(cueBorn, at[0], nearBytes)
		if year != 0 && (year < 1900 || year > now.Year()+3) {
			continue
		}
		if born || year != 0 && year < now.Year()-2 {
			s.take("dob", at[0], at[1], false)
			continue
		}
		s.blank(at[0], at[1])
	}
	for _, at := range s.search(yearText, 4, windowDate) {
		if end, ok := s.lastCue(cueBorn, at[0], nearBytes); ok && at[0]-end < 16 {
			s.take("dob", at[0], at[1], false)
		}
	}
}

const streetTail = `(?:[ ,]+(?:APT|SUITE|STE|FLAT|UNIT|FLOOR|#|BP|CEDEX)?[ .#]*[A-Z]?\d[\dA-Z-]*|,? [\pL'’-]+){0,6}`

var streets = []needing{
	need(`\b\d{1,5}[A-Z]?(?:[ ,-]+\d{1,5})?,? (?:[NSEW]\.? )?(?:[\pL\pN'’.-]+ ){1,4}?(?:STREET|ST|ROAD|RD|AVENUE|AVE|DRIVE|DR|LANE|LN|BOULEVARD|BLVD|COURT|CT|WAY|PLACE|PL|TERRACE|CRESCENT|CLOSE|SQUARE|HIGHWAY|HWY|PARKWAY|CIRCLE|TRAIL|GROVE|STRAVENUE)\b\.?`+streetTail,
		" STREET", " ST", " ROAD", " RD", " AVE", " DR", " LANE", " LN", " BOULEVARD", " BLVD", " COURT", " CT", " WAY", " PL", " TERRACE", " CRESCENT", " CLOSE", " CIRCLE", " SQUARE", " HIGHWAY", " HWY", " PARKWAY", " TRAIL", " GROVE"),
	need(`\b\d{1,4}(?: ?(?:BIS|TER|[A-D]))?,? (?:RUE|AVENUE|AV\.?|BOULEVARD|BD|PLACE|CHEMIN|IMPASSE|ALL[ÉE]E|ROUTE|QUAI|COURS|SQUARE|RUELLE|PASSAGE|LOTISSEMENT|CIT[ÉE]|R[ÉE]SIDENCE) [\pL'’. -]+(?:,? \d{5} [\pL' -]+)?`,
		" RUE", " AV", " BOULEVARD ", " BD ", " PLACE ", " CHEMIN ", " IMPASSE ", " ALL", " ROUTE ", " QUAI ", " COURS ", " SQUARE ", " PASSAGE ", " LOTISSEMENT ", " CIT", " RUELLE", " RÉSIDENCE", " RESIDENCE"),
	need(`(?:\b\d{1,5} )?\b[\pL-]*(?:STRA(?:ß|SS)E|STR\.|WEG|PLATZ|ALLEE|GASSE|DAMM|UFER|STRAAT|LAAN|PLEIN|GRACHT|KADE|GATAN|VÄGEN|VEJ|KATU)(?: )\d{1,4}(?: ?[A-Z])?\b(?: (?:APT|SUITE|STE|FLAT|UNIT|TOP|STIEGE)[ .#]*[A-Z]?\d+[A-Z]?(?:,? [\pL-]{4,})?)?(?:,? \d{4,5} ?[A-Z]{0,2} [\pL-]+)?`,
		"STRA", "STR.", "WEG", "PLATZ", "ALLEE", "GASSE", "DAMM", "UFER", "LAAN", "PLEIN", "GRACHT", "KADE", "GATAN", "VÄGEN", "VEJ", "KATU"),
	need(`\b(?:VIA|VIALE|PIAZZA|PIAZZALE|CORSO|LARGO|VICOLO|STRADA|CALLE|C/|AVENIDA|AVDA?\.?|PLAZA|PASEO|CARRER|CARRERA|RUA|TRAVESSA|PRAÇA|ESTRADA|ALAMEDA|UL\.|ULICA|AL\.|OS\.|STR\.|STRADA|BULEVARDUL|УЛ\.?|УЛИЦА|ПРОСПЕКТ|ПР-Т|ПЕР\.?|ПЕРЕУЛОК|ШОССЕ|НАБ\.?|БУЛЬВАР|ВУЛ\.?|ВУЛИЦЯ)(?: [\pL'’.-]+){1,5}?,? ?(?:N[º°.]?O?\.? ?|#|Д\.? ?|ДОМ |БУД\.? ?)?\d{1,5}[ /]?[A-ZА-Я]?\b(?:,? (?:КВ\.? ?\d+|КВАРТИРА \d+|M\. ?\d+|\d{5}|\d{2}-\d{3}|\d{4}-\d{3})(?: [\pL-]+)?)?`,
		"VIA", "PIAZZA", "CORSO", "LARGO", "VICOLO", "STR", "CALLE", "C/", "AV", "PLAZA", "PASEO", "CARRER", "RUA", "TRAVESSA", "PRAÇA", "ESTRADA", "ALAMEDA", "UL", "AL.", "OS.", "УЛ", "ПР", "ПЕР", "ШОССЕ", "НАБ", "БУЛЬВАР", "ВУЛ"),
	need(`[\pL]+ (?:SOKAK|SOKAĞI|SOK\.|SK\.|CADDES[İI]|CAD\.|CD\.|MAHALLES[İI]|MAH\.|BULVARI)[^.?!]{0,30}?(?:NO ?:? ?)\d{1,4}(?:/\d+)?`,
		"SOK", "SK.", "CAD", "CD.", "MAH", "BULVARI"),
	need(`شارع [\p{Arabic} ]{2,40}? ?(?:رقم )?\d{1,4}|\d{1,4} شارع [\p{Arabic}]+(?: [\p{Arabic}]+)?`,
		"شارع"),
	need(`\bP\.? ?O\.? BOX \d{1,6}\b`+streetTail,
		"BOX "),
}

func (s *scan) addresses() {
	for _, street := range streets {
		if !street.in(s.whole) {
			continue
		}
		for _, at := range s.search(street.form, 1, windowWords) {
			s.take("address", at[0], at[1], false)
		}
	}
}

var (
	numberText = regexp.MustCompile(`(?:\+ ?|00)?\(?\d(?:[ .\-/()]{0,3}\d){4,30}`)
	codeText   = regexp.MustCompile(`\b(?:[A-Z]{1,4}[ -]?)?\d[A-Z\d.-]{3,18}[A-Z\d]\b|\b[A-Z]{1,3}[A-Z\d-]{0,3}\d{4,14}[A-Z]?\b`)
)

// numbers judges what digits are left: cards and national numbers by their
// checksums, phones by the library of the numbering plans, the rest by the words
// before them and their length.
func (s *scan) numbers(h Hints) {
	for _, at := range s.search(numberText, 5, window) {
		if at[0] > 0 && (s.text[at[0]-1] >= 'A' && s.text[at[0]-1] <= 'Z') {
			continue // part of a code
		}
		s.number(at[0], at[1], h, true)
	}
	for _, at := range s.search(codeText, 4, window) {
		a, b := at[0], at[1]
		if countDigits(s.text[a:b]) < 4 {
			continue
		}
		switch {
		case s.cued(cueID, a, nearBytes):
			s.take("national_id", a, b, true)
		case s.cued(cueInsurance, a, nearBytes):
			s.take("insurance", a, b, false)
		case s.cued(cueAccount, a, nearBytes):
			s.take("account", a, b, false)
		}
	}
}

// number judges one run of digits; a run that is nothing as a whole is tried in its parts.
func (s *scan) number(a, b int, h Hints, whole bool) {
	raw := string(s.text[a:b])
	digits := onlyDigits(raw)
	n := len(digits)
	separated := n != len(raw)
	if whole && separated && n > 9 && strings.ContainsAny(raw, " /") && !s.plausible(raw, digits) {
		if parts := splitNumbers(raw); len(parts) > 1 {
			for _, p := range parts {
				s.number(a+p[0], a+p[1], h, false)
			}
			return
		}
	}
	switch kind := s.kindOf(a, raw, digits, h); kind {
	case "":
	case "card", "national_id":
		s.take(kind, a, b, true)
	default:
		s.take(kind, a, b, false)
	}
}

// plausible tells whether a run with separators is one identifier rather than several numbers.
func (s *scan) plausible(raw, digits string) bool {
	n := len(digits)
	if raw[0] == '+' || n <= 12 || n <= 19 && luhn(digits) {
		return true
	}
	return slices.ContainsFunc(nationals, func(k numeric) bool { return k.valid(digits) })
}

// splitNumbers cuts a run where a space or slash parts pieces of six digits or more.
func splitNumbers(raw string) [][2]int {
	var out [][2]int
	from := 0
	for i := 0; i <= len(raw); i++ {
		if i == len(raw) || raw[i] == ' ' || raw[i] == '/' {
			if i > from {
				out = append(out, [2]int{from, i})
			}
			from = i + 1
		}
	}
	for _, p := range out {
		if len(onlyDigits(raw[p[0]:p[1]])) < 5 {
			return nil
		}
	}
	return out
}

// kindOf names what a run of digits that begins at a is, "" for what stays readable.
func (s *scan) kindOf(a int, raw, digits string, h Hints) string {
	n := len(digits)
	keep := s.cued(cueKeep, a, closeBytes)
	is := func(list []numeric) string {
		for _, k := range list {
			if k.valid(digits) {
				return k.kind
			}
		}
		return ""
	}
	plus := raw[0] == '+'
	if s.cued(cueID, a, closeBytes) && grouped3.MatchString(raw) && ssn(digits) {
		return "national_id"
	}
	if !plus && !same(digits) {
		if n >= 13 && n <= 19 && luhn(digits) && (digits[0] >= '1' && digits[0] <= '6' || s.cued(cueCard, a, nearBytes)) {
			return "card"
		}
		if kind := is(nationals); kind != "" && !keep && !(n == 10 && s.cued(cuePhone, a, nearBytes)) {
			return kind
		}
	}
	if plus && n >= 7 || validPhone(raw, h) && !keep {
		return "phone"
	}
	switch {
	case s.cued(cuePhone, a, phoneBytes) && n >= 7 && n <= 15 && !s.cued(cueID, a, closerBytes) && !keep:
		return "phone"
	case s.cued(cueCard, a, nearBytes) && n >= 12:
		return "card"
	case s.cued(cueID, a, nearBytes) && n >= 5:
		return "national_id"
	case s.cued(cueInsurance, a, nearBytes) && n >= 6:
		return "insurance"
	case s.cued(cueAccount, a, nearBytes) && n >= 6:
		return "account"
	case keep:
		return ""
	case grouped3.MatchString(raw) && ssn(digits):
		return "national_id"
	case n == 9 && n == len(raw) && is(nines) != "":
		return "national_id"
	case grouped.MatchString(raw) && n >= 7 && n <= 15:
		return "phone"
	case n >= 9 || n == 8 && s.alone(raw) && !compactDate(digits):
		return "number"
	}
	return ""
}

// alone tells whether a run of digits is all that the text says: an answer to a
// question for a number, which names no kind.
func (s *scan) alone(raw string) bool {
	return strings.Trim(s.whole, " .,!") == strings.Trim(raw, " ")
}

// compactDate tells eight digits that are a day of this or the last century
// without its marks.
func compactDate(digits string) bool {
	year := func(from int) bool { return digits[from:from+2] == "19" || digits[from:from+2] == "20" }
	return year(0) && dayMonth(number(digits, 4, 6), number(digits, 6, 8)) || year(4) && (dayMonth(number(digits, 2, 4), number(digits, 0, 2)) || dayMonth(number(digits, 0, 2), number(digits, 2, 4)))
}

var (
	grouped3 = regexp.MustCompile(`^\d{3}[ .-]?\d{2}[ .-]?\d{4}$`)
	grouped  = regexp.MustCompile(`^\(?\d{1,5}\)?(?:[ .\-/]{1,3}\(?\d{2,5}\)?){2,6}$`)
)

// validPhone tells whether a number is a phone number of the clinic's country or
// of a country of the likely languages, by the numbering plans.
func validPhone(raw string, h Hints) bool {
	digits := onlyDigits(raw)
	if len(digits) < 8 || len(digits) > 15 {
		return false
	}
	regions := []string{h.Country}
	for _, l := range append([]string{h.Language}, h.ConversationLanguages...) {
		if r, ok := phoneRegions[l]; ok {
			regions = append(regions, r)
		}
	}
	for _, region := range regions {
		if region == "" {
			continue
		}
		num, err := phonenumbers.Parse(raw, region)
		if err == nil && phonenumbers.IsValidNumber(num) {
			return true
		}
	}
	return false
}

// phoneRegions is the country whose numbering plan is tried for a language.
var phoneRegions = map[string]string{"fr": "FR", "it": "IT", "ru": "RU", "es": "ES", "de": "DE", "pt": "PT", "pl": "PL", "tr": "TR", "uk": "UA", "nl": "NL", "ro": "RO"}

func countDigits(b []byte) int {
	n := 0
	for _, c := range b {
		if isDigit(c) {
			n++
		}
	}
	return n
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// leaksIdentifier tells whether a text that goes out holds an identifier that is
// not one of the clinic's own.
func leaksIdentifier(text string, o OutboundOptions, now time.Time) bool {
	c := o.Clinic
	h := Hints{Country: c.Country, Keep: []string{c.Settings.Phone, c.Settings.NurseLine}}
	for _, m := range identifiers([]rune(text), h, now) {
		switch m.Type {
		case "card", "national_id", "password", "code", "key", "iban", "passport", "insurance", "dob":
			return true
		}
	}
	return false
}
