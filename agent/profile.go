package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/calendar"
	"frontdesk/language"
)

// maxPriceLines bounds how many price lines one answer shows.
const maxPriceLines = 5

// fromProfile answers what approved typed facts answer: hours, place, phone,
// e-mail, prices. It only takes a question that is about nothing else: words that
// neither the intent nor a fact's label accounts for send it on to retrieval.
func (a *Agent) fromProfile(ctx context.Context, t *turn, question string) (piece, bool) {
	words := foldedWords(question)
	tags := t.languages()
	kind := a.profileKind(words, tags)
	if kind == "" || !a.loadProfile(ctx, t) {
		return piece{}, false
	}
	entries := a.entriesFor(t, kind, words)
	if len(entries) == 0 {
		return piece{}, false
	}
	var p piece
	switch kind {
	case frontdesk.FactHours:
		p = a.hoursPiece(t, question, words, entries)
	case frontdesk.FactAddress:
		p = a.placePiece(t, entries)
	case frontdesk.FactPrice:
		p = a.pricePiece(t, entries)
	default:
		p = a.valuePiece(t, kind, entries)
	}
	if p.text == "" {
		return piece{}, false
	}
	// Labels, addresses and notices are the clinic's approved words, in its language.
	p.mode, p.kinds, p.quoted = frontdesk.ModeProfile, []frontdesk.FactKind{kind}, true
	for _, e := range entries {
		p.citations = append(p.citations, e.Citation)
	}
	p.citations = uniqueCitations(p.citations)
	p.text += a.sources(t, p.citations)
	return p, true
}

// profileKind returns the kind of fact that the words ask for, "" for none.
func (a *Agent) profileKind(words, tags []string) frontdesk.FactKind {
	for _, want := range []struct {
		intent Intent
		kind   frontdesk.FactKind
	}{
		{IntentPrice, frontdesk.FactPrice},
		{IntentPhone, frontdesk.FactPhone},
		{IntentEmail, frontdesk.FactEmail},
		{IntentWhere, frontdesk.FactAddress},
		{IntentHours, frontdesk.FactHours},
		{IntentOpen, frontdesk.FactHours},
	} {
		if a.intents.has(words, want.intent, tags...) {
			return want.kind
		}
	}
	return ""
}

// loadProfile loads the profile once a turn; false when the clinic has none or
// the store is away (documents are tried then).
func (a *Agent) loadProfile(ctx context.Context, t *turn) bool {
	if t.profile == nil {
		callCtx, cancel := context.WithTimeoutCause(ctx, a.KnowledgeTimeout, fmt.Errorf("profile timed out after %s", a.KnowledgeTimeout))
		defer cancel()
		profile, err := a.Knowledge.Profile(callCtx, t.dialogue.Clinic, a.contentAt(t))
		if err != nil {
			t.decision.Record.Failures = append(t.decision.Record.Failures, "profile")
			a.Log.ErrorContext(ctx, "profile failed", "clinic", t.dialogue.Clinic.ID, "err", err)
		}
		t.profile = &profile
	}
	return len(t.profile.Entries) > 0
}

// entriesFor returns the entries of a kind whose label accounts for all that the
// question is about. A question about nothing in particular gets the entries
// without a label.
func (a *Agent) entriesFor(t *turn, kind frontdesk.FactKind, words []string) []frontdesk.ProfileEntry {
	about := a.about(t, words)
	var found []frontdesk.ProfileEntry
	seen := map[string]bool{}
	for _, e := range t.profile.Entries {
		if e.Fact.Kind != kind || !e.Approved || !a.labelFits(e.Fact, about) {
			continue
		}
		if same := sameValue(e.Fact); same == "" || !seen[same] {
			seen[same] = true
			found = append(found, e)
		}
	}
	return found
}

// nationalDigits is how many last digits make two spellings of a number the same:
// "+33 5 55 01 02 03" and "05 55 01 02 03".
const nationalDigits = 8

// sameValue is what two entries that say the same share, "" for facts that are
// never merged: hours and prices differ by more than their value.
func sameValue(fact frontdesk.Fact) string {
	switch fact.Kind {
	case frontdesk.FactPhone:
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, fact.Value)
		return digits[max(0, len(digits)-nationalDigits):]
	case frontdesk.FactAddress, frontdesk.FactEmail:
		return strings.Join(foldedWords(fact.Value), " ")
	}
	return ""
}

// about returns the stems of what the question is about in particular: its words
// less those of the intents, days, times and the clinic's own name.
func (a *Agent) about(t *turn, words []string) []string {
	known := map[string]bool{}
	for _, w := range foldedWords(t.dialogue.Clinic.Name) {
		known[w] = true
	}
	for _, tag := range t.languages() {
		for d := range 7 {
			for _, w := range foldedWords(a.Texts.Weekday(tag, time.Weekday(d))) {
				known[w] = true
			}
		}
		for m := time.January; m <= time.December; m++ {
			date := time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC)
			for _, w := range foldedWords(a.Texts.Date(tag, date)) {
				known[w] = true
			}
		}
		for _, key := range []string{"hours.today", "hours.tomorrow"} {
			for _, w := range foldedWords(a.Texts.Text(tag, key, nil)) {
				known[w] = true
			}
		}
	}
	intents := []Intent{IntentHours, IntentOpen, IntentNow, IntentWhere, IntentPhone, IntentEmail, IntentPrice, IntentFollow}
	var stems []string
	for _, w := range a.intents.rest(words, t.language, intents...) {
		if !known[w] && !isNumber(w) && !a.isDayWord(t, w) {
			stems = append(stems, language.Stem(t.language, w))
		}
	}
	return stems
}

// isDayWord tells whether a word is a day in any of its forms ("субботу").
func (a *Agent) isDayWord(t *turn, word string) bool {
	for _, m := range a.checker.lexicon.Mentions(t.language, word) {
		if strings.HasPrefix(m.Concept, "day.") {
			return true
		}
	}
	return false
}

func isNumber(word string) bool {
	return strings.Trim(word, "0123456789.:") == ""
}

func (a *Agent) labelFits(fact frontdesk.Fact, about []string) bool {
	label := map[string]bool{}
	for _, w := range foldedWords(fact.Label + " " + fact.Site) {
		label[language.Stem(fact.Language, w)] = true
	}
	if len(about) == 0 {
		return fact.Label == "" || fact.Kind == frontdesk.FactHours && a.intents.has(foldedWords(fact.Label), namesSite, fact.Language)
	}
	for _, stem := range about {
		if !label[stem] {
			return false
		}
	}
	return true
}

func (a *Agent) hoursPiece(t *turn, question string, words []string, entries []frontdesk.ProfileEntry) piece {
	loc := t.dialogue.Clinic.Location()
	now := t.dialogue.At.In(loc)
	day, named := parseDay(t, t.text, now) // "and on Sunday?" before what was asked earlier
	if !named {
		day, named = parseDay(t, question, now)
	}
	saysNow := a.intents.has(words, IntentNow, t.languages()...)
	asksNow := saysNow ||
		a.intents.has(words, IntentOpen, t.languages()...) && !a.intents.has(words, IntentHours, t.languages()...)
	var lines []string
	for _, e := range oncePerSite(entries) {
		if named && !calendar.Day(*e.Fact.Hours, day).Known {
			continue // documents may say more about that day
		}
		if title := firstOf(e.Fact.Site, a.title(e.Fact)); title != "" {
			lines = append(lines, a.text(t, "hours.title_label", map[string]string{"label": title}))
		}
		switch {
		case saysNow && named && day.Format(time.DateOnly) == now.Format(time.DateOnly): // "right now" reads as today, too
			lines = append(lines, a.nowLine(t, *e.Fact.Hours, now))
		case named:
			lines = append(lines, a.dayLine(t, *e.Fact.Hours, day))
		case asksNow:
			lines = append(lines, a.nowLine(t, *e.Fact.Hours, now))
		default:
			if len(entries) == 1 && e.Fact.Label == "" && e.Fact.Site == "" {
				lines = append(lines, a.text(t, "hours.title", nil))
			}
			lines = append(lines, a.Texts.Week(t.language, *e.Fact.Hours)...)
		}
	}
	return piece{text: strings.Join(lines, "\n")}
}

// oncePerSite leaves out entries without hours, and general ones that only repeat
// what a site's own say.
func oncePerSite(entries []frontdesk.ProfileEntry) []frontdesk.ProfileEntry {
	sites := map[string]bool{}
	for _, e := range entries {
		if e.Fact.Hours != nil && e.Fact.Site+e.Fact.Label != "" {
			sites[fmt.Sprint(e.Fact.Hours.Days)] = true
		}
	}
	var kept []frontdesk.ProfileEntry
	for _, e := range entries {
		general := e.Fact.Site+e.Fact.Label == ""
		if e.Fact.Hours == nil || general && len(sites) > 1 && sites[fmt.Sprint(e.Fact.Hours.Days)] {
			continue
		}
		kept = append(kept, e)
	}
	return kept
}

// title is a label as patients see it: one that was read from a sentence loses
// the words that led on to the times ("… est ouvert du").
func (a *Agent) title(fact frontdesk.Fact) string {
	words := strings.Fields(fact.Label)
	for len(words) > 1 {
		last := foldedWords(words[len(words)-1])
		if len(last) == 0 || !a.intents.has(last, trailing, fact.Language) {
			break
		}
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

// parseDay finds the day that a text names, in any of the languages that it may be in.
func parseDay(t *turn, text string, now time.Time) (time.Time, bool) {
	for _, tag := range t.languages() {
		if day, ok := calendar.ParseDay(tag, text, now); ok {
			return day, true
		}
	}
	return time.Time{}, false
}

func (a *Agent) dayLine(t *turn, hours frontdesk.Hours, day time.Time) string {
	name := a.Texts.Date(t.language, day)
	open := calendar.Day(hours, day)
	switch {
	case !open.Known:
		return a.text(t, "hours.unknown_day", map[string]string{"day": name})
	case len(open.Spans) == 0:
		return a.text(t, "hours.closed_day", map[string]string{"day": name})
	}
	return a.text(t, "hours.day", map[string]string{"day": name, "hours": a.Texts.Spans(t.language, open.Spans)})
}

func (a *Agent) nowLine(t *turn, hours frontdesk.Hours, now time.Time) string {
	if calendar.OpenAt(hours, now) {
		if closes, ok := calendar.NextClosing(hours, now); ok {
			return a.text(t, "hours.open_now", map[string]string{"until": a.Texts.Clock(t.language, closes.Hour()*60+closes.Minute())})
		}
	}
	if opens, ok := calendar.NextOpening(hours, now); ok {
		return a.text(t, "hours.closed_now", map[string]string{"next": a.Texts.Instant(t.language, opens, now)})
	}
	return a.text(t, "hours.closed_now_unknown", nil)
}

func (a *Agent) placePiece(t *turn, entries []frontdesk.ProfileEntry) piece {
	var p piece
	var lines []string
	for _, e := range entries {
		if label := firstOf(e.Fact.Site, e.Fact.Label); label != "" && len(entries) > 1 {
			lines = append(lines, a.text(t, "place.address_label", map[string]string{"label": label, "address": e.Fact.Value}))
		} else {
			lines = append(lines, a.text(t, "place.address", map[string]string{"address": e.Fact.Value}))
		}
		if e.Fact.Point != nil && p.location == nil {
			p.location = &frontdesk.Location{Point: *e.Fact.Point, Name: firstOf(e.Fact.Site, t.dialogue.Clinic.Name), Address: e.Fact.Value}
		}
	}
	p.text = strings.Join(lines, "\n")
	return p
}

func (a *Agent) pricePiece(t *turn, entries []frontdesk.ProfileEntry) piece {
	var lines []string
	for _, e := range entries {
		if e.Fact.Money == nil || e.Fact.Label == "" || len(lines) == maxPriceLines {
			continue
		}
		lines = append(lines, a.text(t, "price.line", map[string]string{"label": e.Fact.Label, "price": a.Texts.Money(t.language, *e.Fact.Money)}))
	}
	return piece{text: strings.Join(lines, "\n")}
}

func (a *Agent) valuePiece(t *turn, kind frontdesk.FactKind, entries []frontdesk.ProfileEntry) piece {
	name := string(kind)
	var lines []string
	for _, e := range entries {
		args := map[string]string{name: e.Fact.Value, "label": firstOf(e.Fact.Site, e.Fact.Label)}
		if args["label"] != "" && kind == frontdesk.FactPhone {
			lines = append(lines, a.text(t, "phone.label", args))
		} else {
			lines = append(lines, a.text(t, name+".reply", args))
		}
	}
	return piece{text: strings.Join(lines, "\n")}
}

// notices are the notices in force, which win over profile and documents.
func (a *Agent) notices(ctx context.Context, t *turn) []frontdesk.Notice {
	callCtx, cancel := context.WithTimeoutCause(ctx, a.KnowledgeTimeout, fmt.Errorf("notices timed out after %s", a.KnowledgeTimeout))
	defer cancel()
	notices, err := a.Knowledge.Notices(callCtx, t.dialogue.Clinic, t.dialogue.At)
	if err != nil {
		t.decision.Record.Failures = append(t.decision.Record.Failures, "notices")
		a.Log.ErrorContext(ctx, "notices failed", "clinic", t.dialogue.Clinic.ID, "err", err)
	}
	return notices
}

// withNotices puts the notices in force before an answer about hours, or makes
// them the answer where nothing else does.
func (a *Agent) withNotices(ctx context.Context, t *turn, p piece) piece {
	var lines []string
	var citations []frontdesk.Citation
	for _, n := range a.notices(ctx, t) {
		lines = append(lines, a.text(t, "notice.line", map[string]string{"notice": n.Text}))
		citations = append(citations, frontdesk.Citation{Source: profileSource, Quote: n.Text})
	}
	if len(lines) == 0 {
		return p
	}
	if p.text == "" {
		p.mode = frontdesk.ModeProfile
	} else {
		lines = append(lines, p.text)
	}
	p.text, p.quoted = strings.Join(lines, "\n"), true
	p.citations = append(citations, p.citations...)
	return p
}
