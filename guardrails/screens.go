package guardrails

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
)

// Classifier is the optional embedding layer: it turns a patient's text into the
// vector of a query in the embedding space that the weights were learned in.
type Classifier interface {
	Vector(ctx context.Context, text string) ([]float32, error)
}

// vectorTimeout bounds the wait for the embedding layer. The rules have decided
// by then; what comes later is not waited for.
const vectorTimeout = 250 * time.Millisecond

// Options are what [New] takes. The zero value is the rules alone.
type Options struct {
	Classifier Classifier       // nil: no embedding layer
	Timeout    time.Duration    // for the classifier; 0 is 250 ms
	Now        func() time.Time // for dates of birth; nil is time.Now
}

// Hints are what is known about a text beside its words.
type Hints struct {
	Language              string   // known language of the text, "" when it is to be detected
	Country               string   // of the clinic, ISO 3166-1 alpha-2; chooses among identifiers that look alike
	ConversationLanguages []string // likely languages, most likely first: conversation, contact, clinic
	Keep                  []string // phone numbers and the like of the clinic itself, which stay readable
}

// Screens are the inbound screens. They are safe for concurrent use and never change.
type Screens struct {
	rules      *ruleSet // of health and people
	misuse     *ruleSet
	linear     *linear
	embedding  *embedding
	classifier Classifier
	timeout    time.Duration
	now        func() time.Time
}

// New loads the rules and the learned weights that are part of the binary. It
// fails only when one of those files is broken.
func New(o Options) (*Screens, error) {
	rules, misuse, err := loadRules()
	if err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	lin, err := loadLinear()
	if err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	emb, err := loadEmbedding()
	if err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	s := &Screens{rules: rules, misuse: misuse, linear: lin, embedding: emb, classifier: o.Classifier, timeout: o.Timeout, now: o.Now}
	if s.timeout == 0 {
		s.timeout = vectorTimeout
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Inbound screens a patient's text by the rules and, where there is one, the
// embedding layer. The layer adds; it never takes an emergency or a crisis away,
// and its failure leaves the verdict of [Screens.Rules].
func (s *Screens) Inbound(ctx context.Context, text string, h Hints) frontdesk.Verdict {
	v, f := s.screen(text, h)
	if s.classifier == nil || s.embedding == nil || len(f.text.words) == 0 {
		return v
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	vector, err := s.classifier.Vector(ctx, v.Masked)
	if err != nil {
		return v
	}
	if f.meaning = s.embedding.probabilities(vector); f.meaning == nil {
		return v
	}
	f.meaningAt, f.agreedAt = s.embedding.card.At, s.embedding.card.AgreedAt
	v.Labels, v.Evidence = f.decide()
	return v
}

// Rules screens a text without any network: rules, word weights and identifiers.
func (s *Screens) Rules(text string, h Hints) frontdesk.Verdict {
	v, _ := s.screen(text, h)
	return v
}

// Emergency tells at once whether a text is an emergency or a crisis, for the
// lane that runs in the webhook.
func (s *Screens) Emergency(text string, h Hints) (frontdesk.Label, bool) {
	f := s.find(text)
	f.language = guessed(text, h)
	for _, l := range f.alarms() {
		return l.label, true
	}
	return "", false
}

// screen is the pipeline. Its order: normalise; rules; word weights; language;
// identifiers; decide.
func (s *Screens) screen(text string, h Hints) (frontdesk.Verdict, *finding) {
	f := s.find(text)
	f.misuse = s.misused(f)
	guess := guessed(text, h)
	v := frontdesk.Verdict{Language: guess.Tag, LanguageSure: guess.Sure}
	mask(&v, text, h, s.now())
	v.Marks = append(v.Marks, places(text)...)
	f.identifiers, f.language = len(v.Marks) > 0, guess
	f.secret = slices.ContainsFunc(v.Marks, func(m frontdesk.Mark) bool { return m.Secret })
	v.Labels, v.Evidence = f.decide()
	return v, f
}

// guessed is the language of a text: the known one, else the detected one.
func guessed(text string, h Hints) language.Guess {
	if h.Language != "" {
		return language.Guess{Tag: h.Language, Sure: 1}
	}
	return language.Detect(text, h.ConversationLanguages...)
}

// find runs what needs nothing but the text.
func (s *Screens) find(text string) *finding {
	f := s.spotted(text)
	f.signs = signsOf(text)
	if s.linear != nil {
		f.words, f.wordsAt = s.linear.probabilities(f.text, f.signs), s.linear.card.At
	}
	return f
}

// spotted runs the rules alone: what goes out is judged by nothing else.
func (s *Screens) spotted(text string) *finding {
	p := prepare(text)
	typed := slices.Clone(p.words)
	s.rules.vocabulary.recognise(p)
	return &finding{text: p, typed: typed, rules: s.rules, hits: s.rules.match(p)}
}

// misused runs the rules of misuse over a text that [Screens.spotted] prepared.
func (s *Screens) misused(f *finding) *finding {
	p := &prepared{runes: f.text.runes, words: f.typed}
	s.misuse.vocabulary.recognise(p)
	return &finding{text: p, rules: s.misuse, hits: s.misuse.match(p)}
}

// finding is all that is known about a text before the decision.
type finding struct {
	text        *prepared
	typed       []word   // of the text, before a vocabulary recognised them
	misuse      *finding // what the rules of misuse found; nil where they were not asked
	rules       *ruleSet
	hits        []hit
	signs       signs
	words       probabilities // by the word weights
	wordsAt     Thresholds
	meaning     probabilities // by the embedding layer; nil without it
	meaningAt   Thresholds    // of words and meaning together
	agreedAt    Thresholds    // of what both say, each by itself
	identifiers bool
	secret      bool // one that must stay secret: who sends their card number is no advertiser
	language    language.Guess
}

// evidence is a label with what speaks for it.
type evidence struct {
	label frontdesk.Label
	why   string
}

// decide is where precedence is written. Alarms come first and nothing silences
// them but their own contexts. Next what the rules say; then what the learned
// layers say where the rules are silent; where nobody is sure, whether the text is
// a matter of the desk at all; last, what a stronger label rules out.
func (f *finding) decide() ([]frontdesk.Label, []string) {
	found := f.alarms()
	found = append(found, f.spoken()...)
	found = append(found, f.learned()...)
	if len(found) == 0 {
		found = f.elsewhere()
	}
	if f.identifiers {
		found = append(found, evidence{frontdesk.LabelIdentifier, "identifier"})
	}
	var labels []frontdesk.Label
	var why []string
	for _, l := range frontdesk.Labels() {
		for _, e := range found {
			if e.label != l || excluded(l, found) {
				continue
			}
			if !slices.Contains(labels, l) {
				labels = append(labels, l)
			}
			if !slices.Contains(why, e.why) {
				why = append(why, e.why)
			}
		}
	}
	return labels, why
}

// excludes lists, for a label, the labels that make it pointless: a greeting in
// an emergency is no small talk, a request for a person is not off topic.
var excludes = map[frontdesk.Label][]frontdesk.Label{
	frontdesk.LabelSmalltalk: {
		frontdesk.LabelEmergency, frontdesk.LabelCrisis, frontdesk.LabelUrgent, frontdesk.LabelHumanRequest,
		frontdesk.LabelDistress, frontdesk.LabelComplaint, frontdesk.LabelOptOut, frontdesk.LabelClinical,
		frontdesk.LabelPersonalRecord, frontdesk.LabelInjection, frontdesk.LabelSpam, frontdesk.LabelBotQuestion,
	},
	frontdesk.LabelOffTopic: {
		frontdesk.LabelEmergency, frontdesk.LabelCrisis, frontdesk.LabelUrgent, frontdesk.LabelHumanRequest,
		frontdesk.LabelDistress, frontdesk.LabelComplaint, frontdesk.LabelOptOut, frontdesk.LabelClinical,
		frontdesk.LabelPersonalRecord, frontdesk.LabelInjection, frontdesk.LabelSpam, frontdesk.LabelSmalltalk,
		frontdesk.LabelBotQuestion,
	},
	frontdesk.LabelGibberish: {
		frontdesk.LabelEmergency, frontdesk.LabelCrisis, frontdesk.LabelHumanRequest, frontdesk.LabelOptOut,
		frontdesk.LabelClinical, frontdesk.LabelSpam, frontdesk.LabelInjection, frontdesk.LabelSmalltalk,
		frontdesk.LabelIdentifier,
	},
	frontdesk.LabelSpam: {frontdesk.LabelEmergency, frontdesk.LabelCrisis, frontdesk.LabelUrgent, frontdesk.LabelPersonalRecord},
}

func excluded(l frontdesk.Label, found []evidence) bool {
	return slices.ContainsFunc(found, func(e evidence) bool { return slices.Contains(excludes[l], e.label) })
}

// alarms returns emergency and crisis: by rule, by the word weights, or by the
// embedding layer, whichever speaks first.
func (f *finding) alarms() []evidence {
	var out []evidence
	for _, h := range f.hits {
		r := f.rules.rules[h.rule]
		if (r.label == frontdesk.LabelEmergency || r.label == frontdesk.LabelCrisis) && f.stands(h) {
			out = append(out, evidence{r.label, r.name})
		}
	}
	if len(out) > 0 || f.signs.letters == 0 {
		return out // a bare number calls for nobody
	}
	for _, layer := range f.layers() {
		if l, ok := layer.alarm(f.silenced()); ok {
			return append(out, evidence{l, layer.name})
		}
	}
	return nil
}

// spoken returns the other labels that a rule gives.
func (f *finding) spoken() []evidence {
	out := f.ruled()
	if f.misuse != nil {
		f.misuse.language = f.language
		out = append(out, f.misuse.ruled()...)
	}
	out = append(out, hidden(string(f.text.runes))...)
	out = append(out, dressed(f.text)...)
	return append(out, f.signs.evidence(f)...)
}

// ruled returns the labels, beside alarms, that the rules of a set give.
func (f *finding) ruled() []evidence {
	desk := f.surelyDesk()
	var out []evidence
	for _, h := range f.hits {
		r := f.rules.rules[h.rule]
		if r.label == frontdesk.LabelEmergency || r.label == frontdesk.LabelCrisis || !known(r.label) || !f.stands(h) || f.foreign(h) || f.asksWhoWrites(h) {
			continue
		}
		if desk && meant(r.label) {
			continue
		}
		out = append(out, evidence{r.label, r.name})
	}
	return out
}

// surelyDesk tells whether all learned layers take a text for a plain matter of the
// desk. A rule on what a text is about hears single words ("do I need … towels")
// and gives way to that; no rule on alarms, people or harm does.
func (f *finding) surelyDesk() bool {
	if f.words == nil || f.words[labelAdmin] < deskByWords {
		return false
	}
	return f.meaning == nil || f.meaning[labelAdmin] >= deskByMeaning
}

// How sure the layers have to be of a matter of the desk for a rule to give way.
const (
	deskByWords   = 0.92
	deskByMeaning = 0.8
)

// learned returns what the learned layers find. Where there is a vector, it
// speaks together with the words on what a text is about. Who should answer it, the
// words tell alone: there the vector takes unhappy wording for a call for people.
// Harm is found by the words alone, an offer also where both agree on it.
func (f *finding) learned() []evidence {
	layers, slight := f.layers(), f.slight()
	var out []evidence
	for i, layer := range layers {
		for _, l := range layer.labels(f.against()) {
			if slight && needsSubject(l) || l == frontdesk.LabelSpam && f.secret {
				continue
			}
			if len(layers) == 1 || i == byBoth || meant(l) == (i == byTogether) {
				out = append(out, evidence{l, layer.name})
			}
		}
	}
	return out
}

// elsewhere returns what the layer that knows most takes for the subject of a text
// that is no matter of the desk.
func (f *finding) elsewhere() []evidence {
	layers := f.layers()
	if len(layers) == 0 || f.slight() || f.administrative() {
		return nil
	}
	layer := layers[min(byTogether, len(layers)-1)]
	if l, ok := layer.elsewhere(); ok {
		return []evidence{{l, layer.name + ", elsewhere"}}
	}
	return nil
}

// meant are the labels of what a text is about.
func meant(l frontdesk.Label) bool {
	switch l {
	case frontdesk.LabelClinical, frontdesk.LabelPersonalRecord, frontdesk.LabelOffTopic, frontdesk.LabelSmalltalk,
		frontdesk.LabelBotQuestion, frontdesk.LabelGibberish:
		return true
	}
	return false
}

// needsSubject tells whether a label speaks of what a text is about, which a text
// that hardly names anything ("and on Monday?") does not show: its weights would
// guess from the words that hold sentences together.
func needsSubject(l frontdesk.Label) bool {
	switch l {
	case frontdesk.LabelClinical, frontdesk.LabelPersonalRecord, frontdesk.LabelInjection, frontdesk.LabelSpam:
		return true
	}
	return false
}

// slight tells whether a text has fewer than two words that carry meaning. Where
// writing sets no spaces, a word is as good as its signs.
func (f *finding) slight() bool {
	if f.signs.letters == 0 {
		return true
	}
	n := 0
	for _, w := range f.text.words {
		if r, _ := utf8.DecodeRuneInString(w.raw); unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			n += w.end - w.start
		} else if !language.IsStop(f.language.Tag, w.raw) {
			n++
		}
	}
	return n < 2
}
