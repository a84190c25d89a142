package eval

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"frontdesk"
	"frontdesk/language"
)

// Content is what a suite is made from: a clinic's live passages, and those of
// others, whose questions must come out unanswered.
type Content struct {
	Clinic   string
	Language string // of patients where a passage does not say
	Passages []frontdesk.Passage
	Others   []frontdesk.Passage
}

// FromContent makes a suite of questions with known answers: one for each question
// that a document asks itself, for each fact that was read from it, and for each
// heading; near facts are each other's twins, of which the reply must have its own
// value and no other's. What no template fits is left out, so every case is worth
// a look by a person.
func FromContent(content Content) Suite {
	m := &maker{content: content, seen: map[string]bool{}}
	for _, p := range content.Passages {
		m.passage(p)
	}
	m.strangers()
	return Suite{
		Name: "content", Title: "What " + content.Clinic + "'s documents say", MustPass: false,
		About: "Made from the live passages; look at each case before it stands in a gate.",
		Cases: m.cases,
	}
}

type maker struct {
	content Content
	seen    map[string]bool
	cases   []Case
}

// ask is a question about a fact of a kind, by language; %s is the fact's label.
func ask(kind frontdesk.FactKind, lang string) string {
	questions := map[frontdesk.FactKind]map[string]string{
		frontdesk.FactPrice: {
			"fr": "Combien coûte : %s ?", "en": "How much is it: %s?", "de": "Was kostet: %s?", "es": "¿Cuánto cuesta: %s?",
			"it": "Quanto costa: %s?", "pt": "Quanto custa: %s?", "ru": "Сколько стоит: %s?", "ar": "كم سعر: %s؟",
		},
		frontdesk.FactDuration: {
			"fr": "Combien de temps : %s ?", "en": "How long does it take: %s?", "de": "Wie lange dauert: %s?", "es": "¿Cuánto dura: %s?",
			"it": "Quanto dura: %s?", "pt": "Quanto dura: %s?", "ru": "Сколько длится: %s?", "ar": "كم يستغرق: %s؟",
		},
		frontdesk.FactHours: {
			"fr": "Quels sont les horaires : %s ?", "en": "What are the hours: %s?", "de": "Welche Zeiten gelten: %s?", "es": "¿Qué horario tiene: %s?",
			"it": "Che orari ha: %s?", "pt": "Qual é o horário: %s?", "ru": "Часы работы: %s?", "ar": "ما هي أوقات: %s؟",
		},
	}
	return questions[kind][lang]
}

func (m *maker) passage(p frontdesk.Passage) {
	lang := base(cmp.Or(p.Language, m.content.Language))
	place := Place{Source: p.Name, Page: p.Page}
	if p.Question != "" {
		m.add("asked by the document", lang, p.Question, Expect{Outcome: []string{"answered"}, Lang: "same", Cites: []Place{place}})
	}
	for _, f := range p.Facts {
		m.fact(p, f, lang, place)
	}
	if last := len(p.Headings) - 1; p.Kind == frontdesk.PassageText && last >= 0 && len(language.Words(p.Headings[last])) >= 3 {
		m.add("heading", lang, p.Headings[last], Expect{Outcome: []string{"answered"}, Lang: "same", Cites: []Place{{Source: p.Name}}})
	}
}

func (m *maker) fact(p frontdesk.Passage, f frontdesk.Fact, lang string, place Place) {
	question := ask(f.Kind, lang)
	if question == "" || strings.TrimSpace(f.Label) == "" {
		return
	}
	e := Expect{Outcome: []string{"answered"}, Lang: "same", Cites: []Place{place}}
	switch {
	case f.Kind == frontdesk.FactPrice && f.Money != nil:
		e.Contains = []string{moneyText(*f.Money)}
		e.Lacks = m.twins(p, f)
	case f.Kind == frontdesk.FactDuration && f.Minutes > 0 && f.Minutes < 60:
		e.Contains = []string{fmt.Sprint(f.Minutes)}
	case f.Kind != frontdesk.FactHours:
		return
	}
	m.add(string(f.Kind), lang, fmt.Sprintf(question, f.Label), e)
}

func moneyText(m frontdesk.Money) string {
	signs := map[string]string{"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}
	sign := cmp.Or(signs[m.Currency], m.Currency)
	if m.Amount%100 == 0 {
		return fmt.Sprintf("%d %s", m.Amount/100, sign)
	}
	return fmt.Sprintf("%d,%02d %s", m.Amount/100, m.Amount%100, sign)
}

// twins are the prices of facts that are named almost alike, which the reply must
// not give instead.
func (m *maker) twins(p frontdesk.Passage, f frontdesk.Fact) []string {
	var out []string
	own := language.Terms(base(p.Language), f.Label)
	for _, other := range m.content.Passages {
		for _, twin := range other.Facts {
			if twin.Kind != f.Kind || twin.Money == nil || twin.Money.Amount == f.Money.Amount || twin.Label == f.Label {
				continue
			}
			terms := language.Terms(base(other.Language), twin.Label)
			shared := 0
			for _, t := range terms {
				if slices.Contains(own, t) {
					shared++
				}
			}
			// A twin shares a word and has one of its own, or the general fact would
			// forbid its special cases.
			text := moneyText(*twin.Money)
			if shared > 0 && shared < len(own) && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// strangers asks what other clinics' documents say of things that this clinic's
// never name: the answer must be that it is not known.
func (m *maker) strangers() {
	here := map[string]bool{}
	for _, p := range m.content.Passages {
		for _, t := range language.Terms(base(p.Language), p.Text+" "+p.Question+" "+strings.Join(p.Headings, " ")) {
			here[t] = true
		}
	}
	for _, p := range m.content.Others {
		lang := base(cmp.Or(p.Language, m.content.Language))
		var questions []string
		if p.Question != "" {
			questions = append(questions, p.Question)
		}
		for _, f := range p.Facts {
			if q := ask(f.Kind, lang); q != "" && strings.TrimSpace(f.Label) != "" {
				questions = append(questions, fmt.Sprintf(q, f.Label))
			}
		}
		for _, q := range questions {
			terms := language.Terms(lang, q)
			strange := 0
			for _, t := range terms {
				if !here[t] {
					strange++
				}
			}
			if len(terms) > 0 && strange*2 > len(terms) {
				m.add("of other clinics", lang, q, Expect{NotOutcome: []string{"answered"}, Lang: "same"})
			}
		}
	}
}

func (m *maker) add(label, lang, question string, e Expect) {
	question = strings.Join(strings.Fields(question), " ")
	if m.seen[question] {
		return
	}
	m.seen[question] = true
	m.take(Case{Label: label, Lang: lang, Turns: []Turn{{Say: question, Expect: e}}})
}

// take files a case under an id that follows from its words.
func (m *maker) take(c Case) {
	c.Suite = "content"
	c.setClock(defaultAt)
	c.ID = c.Lang + "-" + shortHash(c.asked())[:10]
	m.cases = append(m.cases, c)
}
