package retrieval

import (
	"math"
	"slices"

	"frontdesk"
)

// Ranked is a passage with its score and the stretches of it that answer, best
// first.
type Ranked struct {
	Passage frontdesk.Passage
	Score   float64
	Spans   []Span
}

// Span is a stretch of Passage.Text in byte offsets that answers by itself.
type Span struct {
	Start, End int
	Score      float64
	Kinds      Kind     // what kinds of answer it offers
	Concepts   []string // subjects of the question that it speaks of
	Covered    float64  // share of the question's subject that it names, 0 to 1
	features   features
}

// features are what a span's score is made of.
type features [featureCount]float64

const (
	fCosine = iota
	fCosineGap
	fPassageGap
	fCover
	fContext
	fKind
	fKindMissing
	fDay
	fDayMissing
	fLexical
	fContents
	fQuestion
	fShort
	fKnown
	fPolarity
	fBefore
	fPriceRow
	fLong
	fExtraConcepts
	fExtraWords
	fHeading
	fDayNamed
	fContact
	featureCount
)

// featureNames are the features as the model file names them.
func featureNames() [featureCount]string {
	return [featureCount]string{"cosine", "cosine_gap", "passage_gap", "cover", "context", "kind", "kind_missing", "day", "day_missing",
		"lexical", "contents", "question", "short", "known", "polarity", "before", "price_row", "long", "extra_concepts", "extra_words", "heading", "day_named", "contact"}
}

// ranker scores the candidates of one question.
type ranker struct {
	asked      Asked
	forms      []wordForm
	weights    []float64 // of the content words, by how rare they are
	total      float64
	memo       map[string][]float64
	candidates []Candidate
	prepared   []*prepared
	cosine     [][]float64 // of each sentence
	maxCosine  float64
	maxPassage float64
	maxBM25    float64
	foreign    bool            // most passages are in another language than the question
	identity   map[string]bool // words of the clinic's own name
	heard      []heard         // of each candidate
}

// heard is how surely each content word of the question is named in a passage.
type heard struct {
	sentences [][]float64
	titles    []float64
	whole     []float64 // the surest of all
}

func newRanker(asked Asked, lang string, candidates []Candidate, prepared []*prepared) *ranker {
	r := &ranker{asked: asked, candidates: candidates, prepared: prepared, memo: map[string][]float64{}, identity: map[string]bool{}, maxPassage: -1, maxCosine: -1}
	for _, c := range asked.Content {
		r.forms = append(r.forms, formOf(c.Text))
	}
	for _, c := range candidates {
		var cosines []float64
		for _, s := range c.Sentences {
			cosines = append(cosines, s.Cosine)
			r.maxCosine = max(r.maxCosine, s.Cosine)
		}
		r.cosine = append(r.cosine, cosines)
		r.maxPassage = max(r.maxPassage, c.Cosine)
		r.maxBM25 = max(r.maxBM25, c.BM25)
	}
	for _, p := range prepared {
		for _, w := range p.identity {
			r.identity[w] = true
		}
		r.heard = append(r.heard, r.hear(p))
	}
	r.foreign = foreign(lang, candidates)
	r.weigh()
	return r
}

// foreign tells whether most of the passages are in another language than the question.
func foreign(lang string, candidates []Candidate) bool {
	others := 0
	for _, c := range candidates {
		if baseTag(c.Passage.Language) != baseTag(lang) {
			others++
		}
	}
	return 2*others > len(candidates)
}

// identityWeight is what a word of the clinic's own name weighs: all passages are
// about that clinic, whether they name it or not.
const identityWeight = 0.15

// foreignWeight is what a word weighs that the dictionary does not know, in a
// question of another language than the passages: it could not be found there.
const foreignWeight = 0.3

func (r *ranker) isIdentity(i int) bool {
	for _, c := range r.asked.Content[i].Concepts {
		if r.identity["§"+c] {
			return true
		}
	}
	if len(r.asked.Content[i].Concepts) > 0 {
		return false
	}
	for w := range r.identity {
		if m := r.matches(w); m != nil && m[i] >= 0.75 {
			return true
		}
	}
	return false
}

// weigh gives each content word its weight: rare ones decide, and one that
// nothing here speaks of weighs as much as the rarest that is there.
func (r *ranker) weigh() {
	n := float64(len(r.candidates))
	for i, c := range r.asked.Content {
		df := 0.0
		for _, h := range r.heard {
			df += h.whole[i]
		}
		w := math.Log(1 + (n-df+0.5)/(df+0.5))
		if df == 0 {
			w = math.Log(1 + (n+0.5)/1.5)
		}
		if c.Hint {
			w *= 0.4
		}
		if r.isIdentity(i) {
			w *= identityWeight
		}
		if df == 0 && r.foreign && len(c.Concepts) == 0 && !c.Name {
			w *= foreignWeight
		}
		r.weights = append(r.weights, w)
		r.total += w
	}
}

// matches returns how surely each content word is the word given, nil if none is.
func (r *ranker) matches(word string) []float64 {
	m, ok := r.memo[word]
	if !ok {
		form := formOf(word)
		for k := range r.forms {
			s := likeness(r.forms[k], form)
			if s > 0 && m == nil {
				m = make([]float64, len(r.forms))
			}
			if s > 0 {
				m[k] = s
			}
		}
		r.memo[word] = m
	}
	return m
}

// hear compares the question with a passage, once for all that is asked of it.
func (r *ranker) hear(p *prepared) heard {
	n := len(r.forms)
	h := heard{sentences: make([][]float64, len(p.sentences)), titles: make([]float64, n), whole: make([]float64, n)}
	r.hearConcepts(h.titles, p.topics)
	for w := range p.context {
		raise(h.titles, r.matches(w))
	}
	raise(h.whole, h.titles)
	all := make([]float64, n*len(p.sentences))
	for k, s := range p.sentences {
		own := all[k*n : (k+1)*n]
		r.hearConcepts(own, s.concepts)
		for _, w := range s.words {
			raise(own, r.matches(w))
		}
		raise(h.whole, own)
		h.sentences[k] = own
	}
	return h
}

// conceptSure is how surely a content word is meant where its concept is spoken of.
const conceptSure = 0.9

func (r *ranker) hearConcepts(sure []float64, concepts map[string]bool) {
	for i, word := range r.asked.Content {
		for _, c := range word.Concepts {
			if concepts[c] {
				sure[i] = max(sure[i], conceptSure)
			}
		}
	}
}

// raise lifts each value to the one of by, where there is any.
func raise(values, by []float64) {
	for i, v := range by {
		values[i] = max(values[i], v)
	}
}

// cover returns the share of the question's subject that a sentence names by
// itself, and together with its headings and passage.
func (r *ranker) cover(sentence, whole []float64) (alone, inContext float64) {
	for i, w := range r.weights {
		alone += w * sentence[i]
		inContext += w * max(sentence[i], 0.9*whole[i])
	}
	return alone / (r.total + coverSmooth), inContext / (r.total + coverSmooth)
}

// coverSmooth keeps a question that names hardly any subject from being covered by
// the first passage that has its one word.
const coverSmooth = 1.0

func (r *ranker) rank(w features) []Ranked {
	var out []Ranked
	for i, c := range r.candidates {
		p := r.prepared[i]
		ranked := Ranked{Passage: c.Passage, Score: math.Inf(-1)}
		for k, s := range p.sentences {
			span := r.span(i, k, s)
			for f, v := range span.features {
				span.Score += w[f] * v
			}
			ranked.Spans = append(ranked.Spans, span)
			ranked.Score = max(ranked.Score, span.Score)
		}
		if len(ranked.Spans) > 0 {
			sortSpans(ranked.Spans)
			out = append(out, ranked)
		}
	}
	sortRanked(out)
	return out
}

// span measures sentence k of candidate i.
func (r *ranker) span(i, k int, s preparedSentence) Span {
	c, p, cosine := r.candidates[i], r.prepared[i], r.cosine[i][k]
	out := Span{Start: s.start, End: s.end, Kinds: s.kinds}
	alone, inContext := r.cover(r.heard[i].sentences[k], r.heard[i].whole)
	out.Covered = alone
	for _, key := range r.asked.Concepts {
		if s.concepts[key] || p.topics[key] {
			out.Concepts = append(out.Concepts, key)
		}
	}
	f := &out.features
	f[fCosine] = cosine
	f[fCosineGap] = cosine - r.maxCosine
	f[fPassageGap] = c.Cosine - r.maxPassage
	f[fCover] = alone
	f[fContext] = inContext
	if wanted := r.asked.Main; wanted != 0 && wanted != KindYesNo && wanted != KindPerson {
		if s.kinds.Has(wanted) {
			f[fKind] = 1
		} else {
			f[fKindMissing] = 1
		}
	}
	for _, day := range r.asked.Days {
		if s.concepts[dayConcept(day)] {
			f[fDayNamed] = 1
		}
		if s.days.has(day) {
			f[fDay] = 1
		} else if s.days != 0 {
			f[fDayMissing] = 1
		}
	}
	if r.maxBM25 > 0 {
		f[fLexical] = c.BM25 / r.maxBM25
	}
	if c.Passage.Kind == frontdesk.PassageContact && r.asked.Main.Any(KindPhone|KindEmail|KindPlace|KindTime) {
		f[fContact] = 1
	}
	if c.Passage.Kind == frontdesk.PassageContents {
		f[fContents] = 1
	}
	if s.question {
		f[fQuestion] = 1
	}
	switch size := s.end - s.start; {
	case size < 25:
		f[fShort] = 1
	case size > 300:
		f[fLong] = 1
	}
	if n := len(r.asked.Concepts); n > 0 {
		f[fKnown] = float64(len(out.Concepts)) / float64(n)
	}
	f[fExtraConcepts] = r.extraConcepts(s)
	if c.Passage.Kind == frontdesk.PassageRow && !r.foreign {
		f[fExtraWords] = r.extraWords(s, p.context)
	}
	f[fHeading] = r.inTitles(r.heard[i].titles)
	if r.asked.Kinds.Has(KindYesNo) && s.kinds.Has(KindYesNo) {
		f[fPolarity] = 1
	}
	if r.asked.Main.Has(KindTime) && s.kinds.Has(KindDuration) && s.concepts["before"] {
		f[fBefore] = 1
	}
	if r.asked.Main.Has(KindPrice) && s.kinds.Has(KindPrice) && c.Passage.Kind == frontdesk.PassageRow {
		f[fPriceRow] = 1
	}
	return out
}

// extraConcepts is how many subjects a sentence speaks of that were not asked
// for, 1 is three or more.
func (r *ranker) extraConcepts(s preparedSentence) float64 {
	n := 0
	for _, c := range s.own {
		if !slices.Contains(r.asked.Concepts, c) {
			n++
		}
	}
	return float64(min(n, 3)) / 3
}

// extraWords is the share of a row's words that the question does not have.
func (r *ranker) extraWords(s preparedSentence, titles map[string]bool) float64 {
	words, extra := 0.0, 0.0
	for _, w := range s.words {
		if len(w) < 5 || digits(w) || titles[w] {
			continue
		}
		words++
		if m := r.matches(w); m == nil || slices.Max(m) < 0.7 {
			extra++
		}
	}
	if words == 0 {
		return 0
	}
	return extra / words
}

// inTitles is the share of the question's subject that the titles above name.
func (r *ranker) inTitles(titles []float64) float64 {
	sum := 0.0
	for i, w := range r.weights {
		sum += w * titles[i]
	}
	return sum / (r.total + coverSmooth)
}
