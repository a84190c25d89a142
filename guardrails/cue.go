package guardrails

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cue is what a word before a number says that the number is.
type cue uint8

const (
	cueCard cue = 1 << iota
	cueID
	cueInsurance
	cueAccount
	cueKeep // a reference, an invoice, a postcode: stays readable
	cuePhone
	cueBorn
)

// cues finds the words of all cues in one pass over a text in upper case: an
// Aho-Corasick automaton, since every number of a text asks for all of them.
type cues struct {
	next  [][256]int16 // state × byte → state
	found [][]cueWord  // by state: words that end there
}

type cueWord struct {
	length      int
	kind        cue
	start, stop bool // a word has to begin or end there
}

// cueAt is a cue in a text, in bytes.
type cueAt struct {
	start, end int
	kind       cue
}

// cueForms are the words of each cue, as expressions that stand for finitely many
// strings. \b is a word's edge in any script.
var cueForms = map[cue]string{
	cueCard:      `card|carte|carta|tarjeta|cart[aã]o|karte|карт|بطاق|kart|visa|master ?card|amex|maestro|бан[кc]овск`,
	cueID:        `\bssn\b|social security|s[eé]cu(?:rit[eé] sociale)?\b|num[eé]ro (?:national|de s[eé]cu)|\bnir\b|codice fiscale|\bc\.?f\.?\b|tax ?(?:id|number)|\bdni\b|\bnie\b|\bnif\b|\bnuss\b|c[eé]dula|\bced\b|\bcc\b|\bcpf\b|\bcnpj\b|\bcurp\b|\brut\b|\bnino\b|national insurance|\bni (?:no|number)|\bnhs\b|aadhaar|\bpan\b|\bpesel\b|\btckn?\b|t\.?c\.? ?kimlik|kimlik|personnummer|henkil[oö]tunnus|id[ -]?code|id[ -]?(?:card|number|no)\b|identity|identit[eéà]|identidad|identidade|ausweis|personal ?number|steuer|bsn\b|burgerservice|снилс|инн\b|паспорт|полис|удостоверени|هوية|الرقم القومي|رقم قومي|بطاقة|身份证|주민|cccd|cmnd|passport|passeport|passaporto|pasaporte|passaporte|reisepass|paszport|pasaport|\bdl\b|permis de conduire|patente|f[uü]hrerschein|permiso de conducir|licen[cs]e|\bein\b|\bitin\b|medicare|\bmbi\b|\bnpi\b|\btfn\b|\bsin\b|\bice\b|\bimei\b|vat\b|p\.? ?iva|\btva\b|siret|siren`,
	cueInsurance: `insurance|policy|member ?id|mutuelle|assurance|adh[eé]rent|assicura|polizza|tessera sanitaria|p[oó]liza|seguro|aseguradora|ap[oó]lice|utente|conv[eê]nio|carteirinha|versicher|krankenkasse|kvnr|egk|полис|омс|дмс|страхов|تأمين|تامين|sigorta|polisa|ubezpiecz|verzeker`,
	cueAccount:   `account|compte|conto|cuenta|conta\b|konto|сч[её]т|حساب|hesap|rekening|routing|sort code|\brib\b|\bbic\b|swift`,
	cueKeep:      `\bref(?:\.|erence|[eé]rence|erencia|er[eê]ncia|erenz)?\b|\breferenz|dossier|commande|order|ticket|booking|reservation|r[eé]servation|invoice|facture|fattura|factura|fatura|rechnung|vorgang|bestell|pratica|prenotazione|pedido|reserva|protocol|заказ|заявк|номер записи|направлени|счёт-фактур|sipari[sş]|randevu no|zam[oó]wieni|\brdv n|n[°º] de (?:rdv|dossier)|appointment (?:no|number|id)|case|room|salle|code postal|zip|postal`,
	cuePhone:     `phone|call|tel\b|t[eé]l[eé]?|mobile|cell|whats ?app|sms|text me|num[eé]ro|numero|n[uú]mero|number|handy|mobil|portable|appel|joindre|contact|chiam|cellulare|recapito|llam|m[oó]vil|celular|telem[oó]vel|ligar|anruf|erreich|тел|звон|номер|моб|هاتف|جوال|موبايل|رقم|اتصل|telefon|ara\b|numar|messages to|registered|reach|电话|手机`,
	cueBorn:      `\bborn\b|birth|\bdob\b|n[eé]e? le|n[eé]e?\b|naissance|\bddn\b|nat[oa] il|nat[oa] a\b|\bnat[oa]\b|nascita|nacid[oa]|nac[ií]|nacimiento|nascid[oa]|nasci\b|nascimento|geboren|\bgeb\b|geburt|рожд|родил|\bд\.? ?р\b|г\.? ?р\.|مواليد|الميلاد|ولدت|do[gğ]um|urodz|ur\.|geboorte|n[aă]scut|народ|生日|出生`,
}

// knownCues is built once; like a compiled expression it never changes.
var knownCues = newCues(cueForms)

func newCues(forms map[cue]string) *cues {
	c := &cues{next: make([][256]int16, 1), found: make([][]cueWord, 1)}
	for kind, form := range forms {
		tree, err := syntax.Parse(form, syntax.Perl)
		if err != nil {
			continue // the package's test shows that ours can be read
		}
		for _, word := range spellings(tree) {
			c.add(strings.ToUpper(word), kind)
		}
	}
	c.link()
	return c
}

// edge stands for a word's edge in what [spellings] returns.
const edge = "\x00"

// spellings returns the strings that an expression stands for; what may repeat is
// left out.
func spellings(r *syntax.Regexp) []string {
	switch r.Op {
	case syntax.OpLiteral:
		return []string{string(r.Rune)}
	case syntax.OpWordBoundary:
		return []string{edge}
	case syntax.OpCharClass:
		var out []string
		for i := 0; i < len(r.Rune); i += 2 {
			for c := r.Rune[i]; c <= r.Rune[i+1]; c++ {
				out = append(out, string(c))
			}
		}
		return out
	case syntax.OpQuest:
		return append(spellings(r.Sub[0]), "")
	case syntax.OpCapture:
		return spellings(r.Sub[0])
	case syntax.OpAlternate:
		var out []string
		for _, sub := range r.Sub {
			out = append(out, spellings(sub)...)
		}
		return out
	case syntax.OpConcat:
		out := []string{""}
		for _, sub := range r.Sub {
			var longer []string
			for _, head := range out {
				for _, tail := range spellings(sub) {
					longer = append(longer, head+tail)
				}
			}
			out = longer
		}
		return out
	}
	return []string{""}
}

// add files a word in the trie.
func (c *cues) add(word string, kind cue) {
	w := cueWord{kind: kind, start: strings.HasPrefix(word, edge), stop: strings.HasSuffix(word, edge)}
	word = strings.ReplaceAll(word, edge, "")
	if word == "" {
		return
	}
	w.length = len(word)
	state := int16(0)
	for i := range len(word) {
		to := c.next[state][word[i]]
		if to == 0 {
			to = int16(len(c.next))
			c.next = append(c.next, [256]int16{})
			c.found = append(c.found, nil)
			c.next[state][word[i]] = to
		}
		state = to
	}
	c.found[state] = append(c.found[state], w)
}

// link turns the trie into an automaton that never goes back in the text.
func (c *cues) link() {
	fail := make([]int16, len(c.next))
	queue := make([]int16, 0, len(c.next))
	for _, to := range c.next[0] {
		if to != 0 {
			queue = append(queue, to)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		c.found[state] = append(c.found[state], c.found[fail[state]]...)
		for b := range 256 {
			to, back := c.next[state][b], c.next[fail[state]][b]
			if to == 0 {
				c.next[state][b] = back
				continue
			}
			fail[to] = back
			queue = append(queue, to)
		}
	}
}

// in returns the cues of a text in upper case.
func (c *cues) in(text string) []cueAt {
	var out []cueAt
	state := int16(0)
	for i := range len(text) {
		state = c.next[state][text[i]]
		for _, w := range c.found[state] {
			a, b := i+1-w.length, i+1
			if w.start && !startsWord(text, a) || w.stop && !endsWord(text, b) {
				continue
			}
			out = append(out, cueAt{a, b, w.kind})
		}
	}
	return out
}

func startsWord(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return at == 0 || !wordRune(r)
}

func endsWord(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return at == len(text) || !wordRune(r)
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// cued tells whether a cue of a kind stands within the last n bytes before a place.
func (s *scan) cued(kind cue, at, n int) bool {
	_, ok := s.lastCue(kind, at, n)
	return ok
}

// lastCue returns where the last cue of a kind within n bytes before a place ends.
func (s *scan) lastCue(kind cue, at, n int) (int, bool) {
	if !s.read {
		s.cues, s.read = knownCues.in(s.whole), true
	}
	last := -1
	from, _ := slices.BinarySearchFunc(s.cues, at-n, func(c cueAt, want int) int { return c.end - want })
	for _, c := range s.cues[from:] {
		if c.end > at {
			break
		}
		if c.kind == kind && c.start >= at-n {
			last = max(last, c.end)
		}
	}
	return last, last >= 0
}
