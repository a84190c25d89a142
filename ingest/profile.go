package ingest

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
)

// KindDisagreement is the ForwardStaff kind of a document that contradicts the profile.
const KindDisagreement = "profile_disagreement"

// propose makes profile entries of what a document states: its structured data
// and the typed facts of its passages.
func (s *Service) propose(doc Document, passages []frontdesk.Passage, source Source, revision Revision) ([]Entry, error) {
	var out []Entry
	seen := map[string]bool{}
	add := func(fact frontdesk.Fact, passage *frontdesk.Passage) error {
		if fact.Site == "" {
			fact.Site = source.Site
		}
		key := entryTopic(fact) + "\x00" + factValue(fact)
		if !ofTheClinic(fact) || seen[key] {
			return nil
		}
		seen[key] = true
		if passage != nil && joinWeek(out, fact, passage.ID) {
			return nil
		}
		id, err := frontdesk.NewID(revision.Created, s.Random)
		if err != nil {
			return err
		}
		entry := Entry{Clinic: source.Clinic, Source: revision.Source, Revision: revision.ID}
		entry.ID, entry.Fact = frontdesk.EntryID(id), fact
		entry.Citation = frontdesk.Citation{Source: source.Name, Quote: fact.Quote}
		if passage != nil {
			entry.Passage, entry.Citation.Passage, entry.Citation.Page = passage.ID, passage.ID, passage.Page
		}
		out = append(out, entry)
		return nil
	}
	for _, fact := range doc.Facts {
		if err := add(fact, nil); err != nil {
			return nil, err
		}
	}
	for i := range passages {
		for _, fact := range passages[i].Facts {
			if fact.Site == "" {
				fact.Site = passages[i].Site
			}
			if err := add(fact, &passages[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// labelOfEntry bounds the letters of what an entry is about; longer ones are
// sentences.
const labelOfEntry = 80

// ofTheClinic tells whether a fact describes the clinic well enough for its
// profile. What to bring and how long something takes belong to the passage that
// says it; hours without a day, prices of nothing and labels that are sentences
// or numbers are better quoted.
func ofTheClinic(f frontdesk.Fact) bool {
	if utf8.RuneCountInString(f.Label) > labelOfEntry {
		return false
	}
	switch f.Kind {
	case frontdesk.FactBring, frontdesk.FactDuration:
		return false
	case frontdesk.FactHours:
		return f.Hours != nil && !strings.ContainsAny(f.Label, "0123456789") &&
			(slices.Contains(f.Hours.Unknown[:], false) || len(f.Hours.Exceptions) > 0)
	case frontdesk.FactPrice:
		return f.Money != nil && f.Label != ""
	case frontdesk.FactAddress:
		return f.Point != nil || postalCode.MatchString(f.Value)
	}
	return true
}

// postalCode finds what marks a whole address: four to six digits that stand
// alone, or a British code.
var postalCode = regexp.MustCompile(`(?:^|\D)\d{4,6}(?:\D|$)|\d{5}-\d{3}|\d{2}-\d{3}|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b`)

// joinWeek adds hours that were read row by row to the week that the rows before
// began. It tells whether there was such a week that does not say otherwise.
func joinWeek(entries []Entry, fact frontdesk.Fact, passage frontdesk.PassageID) bool {
	if fact.Kind != frontdesk.FactHours {
		return false
	}
	for i := range entries {
		week := &entries[i].Fact
		if week.Kind != frontdesk.FactHours || entryTopic(*week) != entryTopic(fact) || !sameHours(week.Hours, fact.Hours) {
			continue
		}
		joined := *week.Hours
		news := false
		for day := range joined.Days {
			if joined.Unknown[day] && !fact.Hours.Unknown[day] {
				joined.Days[day], joined.Unknown[day], news = fact.Hours.Days[day], false, true
			}
		}
		joined.Exceptions = append(slices.Clone(joined.Exceptions), fact.Hours.Exceptions...)
		week.Hours = &joined
		if news && entries[i].Passage == passage && !strings.Contains(week.Quote, fact.Quote) {
			week.Quote += "\n" + fact.Quote
			entries[i].Citation.Quote = week.Quote
		}
		return true
	}
	return false
}

// sameHours tells whether two weeks agree on every day of which both speak.
func sameHours(a, b *frontdesk.Hours) bool {
	for day := range a.Days {
		if !a.Unknown[day] && !b.Unknown[day] && !slices.Equal(a.Days[day], b.Days[day]) {
			return false
		}
	}
	return true
}

// acceptable chooses the proposals of a revision that may be approved along with
// it: those that neither an entry in force of another source nor another proposal
// of the same revision contradicts. The rest is reported for staff.
func (s *Service) acceptable(ctx context.Context, clinic frontdesk.Clinic, revision Revision) ([]frontdesk.EntryID, []frontdesk.ForwardStaff, error) {
	entries, err := s.Repository.ListEntries(ctx, clinic.ID, s.Now(), revision.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("list profile entries: %w", err)
	}
	byTopic := map[string][]Entry{}
	for _, e := range entries {
		if e.Revision == revision.ID || e.Source == "" || e.Source != revision.Source {
			byTopic[entryTopic(e.Fact)] = append(byTopic[entryTopic(e.Fact)], e)
		}
	}
	var accepted []frontdesk.EntryID
	var told []frontdesk.ForwardStaff
	for _, e := range entries {
		if e.Revision != revision.ID {
			continue
		}
		rival := contradicted(e, byTopic[entryTopic(e.Fact)])
		if rival == nil {
			accepted = append(accepted, e.ID)
			continue
		}
		if e.Fact.Kind == frontdesk.FactPrice && e.Passage != "" && rival.Revision == e.Revision {
			continue // a price list names the same thing in several sections; the section tells which, so it is quoted
		}
		if detail := disagreement(e, *rival); !slices.ContainsFunc(told, func(f frontdesk.ForwardStaff) bool { return f.Detail == detail }) {
			told = append(told, frontdesk.ForwardStaff{Kind: KindDisagreement, Detail: detail})
		}
	}
	return accepted, told, nil
}

// contradicted returns an entry of the same topic that excludes e, nil if none does.
func contradicted(e Entry, topic []Entry) *Entry {
	if !exclusive(e.Fact) {
		return nil
	}
	for i := range topic {
		other := &topic[i]
		sites := e.Fact.Kind == frontdesk.FactAddress && other.Revision == e.Revision // a document may list several places
		if other.ID != e.ID && !sites && !agrees(e.Fact, other.Fact) {
			return other
		}
	}
	return nil
}

func disagreement(e, rival Entry) string {
	about := string(e.Fact.Kind)
	if e.Fact.Label != "" {
		about += " of " + e.Fact.Label
	}
	if rival.Revision == e.Revision {
		return fmt.Sprintf("The document says two different things about the %s (“%s” and “%s”); neither went into the profile.", about, shown(e.Fact), shown(rival.Fact))
	}
	return fmt.Sprintf("The profile says “%s” about the %s, the document says “%s”; the profile was kept.", shown(rival.Fact), about, shown(e.Fact))
}

// shown is a fact in the words in which it was stated.
func shown(f frontdesk.Fact) string {
	text := f.Quote
	if text == "" {
		text = f.Value
	}
	const most = 120
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}

// exclusive tells whether two values of a fact cannot both hold: a clinic may
// have several phones, but a service has one price and a site one week of hours.
func exclusive(f frontdesk.Fact) bool {
	switch f.Kind {
	case frontdesk.FactHours, frontdesk.FactPrice, frontdesk.FactAddress:
		return true
	}
	return false
}

// agrees tells whether two facts of one topic say the same.
func agrees(a, b frontdesk.Fact) bool {
	switch a.Kind {
	case frontdesk.FactHours:
		return a.Hours != nil && b.Hours != nil && sameHours(a.Hours, b.Hours)
	case frontdesk.FactPrice:
		return a.Money != nil && b.Money != nil && *a.Money == *b.Money
	case frontdesk.FactAddress:
		return sameAddress(a.Value, b.Value)
	}
	return factValue(a) == factValue(b)
}

// sameAddress tells whether all numbers and words of the shorter writing of an
// address are in the longer one.
func sameAddress(a, b string) bool {
	x, y := language.Terms("", a), language.Terms("", b)
	if len(x) > len(y) {
		x, y = y, x
	}
	for _, term := range x {
		if !slices.Contains(y, term) {
			return false
		}
	}
	return true
}

// entryTopic is what a fact is about, folded: kind, site and label.
func entryTopic(f frontdesk.Fact) string {
	return string(f.Kind) + "\x00" + language.Fold(f.Site) + "\x00" + strings.Join(strings.Fields(language.Fold(f.Label)), " ")
}

// factValue is what a fact says, in one comparable text.
func factValue(f frontdesk.Fact) string {
	switch {
	case f.Hours != nil:
		return fmt.Sprintf("%+v", *f.Hours)
	case f.Money != nil:
		return fmt.Sprintf("%+v", *f.Money)
	}
	return strings.Join(strings.Fields(language.Fold(f.Value+" "+strings.Join(f.Items, " "))), " ")
}

// SaveEntry puts a fact that a person typed into the profile, in the place of the
// entry replaces where that is not "". It is in force at once, or, where the clinic
// wants four eyes, waits for somebody else ([Service.ApproveEntry]).
func (s *Service) SaveEntry(ctx context.Context, clinic frontdesk.Clinic, replaces frontdesk.EntryID, fact frontdesk.Fact, by string) (Entry, error) {
	if by = strings.TrimSpace(by); by == "" {
		return Entry{}, refuse(frontdesk.CodeInvalid, "A profile entry needs the name of the person who approves it.", nil)
	}
	now := s.Now()
	id, err := frontdesk.NewID(now, s.Random)
	if err != nil {
		return Entry{}, err
	}
	entry := Entry{Clinic: clinic.ID, AddedBy: by, Replaces: replaces}
	entry.ID, entry.Fact = frontdesk.EntryID(id), fact
	entry.Citation = frontdesk.Citation{Source: "profile", Quote: shown(fact)}
	action := "profile.propose"
	if !clinic.Settings.FourEyes {
		action = "profile.save"
		entry.Approved, entry.ApprovedBy, entry.ApprovedAt = true, by, now
	}
	err = s.Repository.SaveEntries(ctx, clinic.ID, []Entry{entry}, newAudit(now, by, action, id, about(fact)))
	if err != nil {
		return Entry{}, fmt.Errorf("save profile entry: %w", err)
	}
	return entry, nil
}

// about names a fact for the audit log.
func about(f frontdesk.Fact) string {
	return strings.Join(strings.Fields(string(f.Kind)+" "+f.Label+": "+shown(f)), " ")
}

// Proposal is an entry that waits for approval, with the entries in force that it
// would take the place of because both cannot hold.
type Proposal struct {
	Entry
	Rivals []Entry
}

// Proposals lists what waits for somebody's approval: what staff proposed, and what
// live documents state and the profile does not say.
func (s *Service) Proposals(ctx context.Context, clinic frontdesk.ClinicID) ([]Proposal, error) {
	waiting, err := s.Repository.ListProposals(ctx, clinic, s.Now())
	if err != nil {
		return nil, fmt.Errorf("list proposals: %w", err)
	}
	inForce, err := s.Repository.ListEntries(ctx, clinic, s.Now())
	if err != nil {
		return nil, fmt.Errorf("list profile entries: %w", err)
	}
	out := make([]Proposal, 0, len(waiting))
	for _, e := range waiting {
		out = append(out, Proposal{Entry: e, Rivals: rivals(e, inForce)})
	}
	return out, nil
}

// rivals are the entries in force whose place a proposal takes.
func rivals(e Entry, inForce []Entry) []Entry {
	var out []Entry
	for _, other := range inForce {
		same := exclusive(e.Fact) && entryTopic(other.Fact) == entryTopic(e.Fact) && !agrees(e.Fact, other.Fact)
		if other.ID != e.ID && (same || other.ID == e.Replaces) {
			out = append(out, other)
		}
	}
	return out
}

// ApproveEntry puts a proposal in force, in the place of what it contradicts. Where
// the clinic wants four eyes, neither who typed it nor who added its document may.
func (s *Service) ApproveEntry(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.EntryID, by string) error {
	if by = strings.TrimSpace(by); by == "" {
		return refuse(frontdesk.CodeInvalid, "An approval needs the name of the person who approves.", nil)
	}
	waiting, err := s.Proposals(ctx, clinic.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(waiting, func(p Proposal) bool { return p.ID == id })
	if i < 0 {
		return refuse(frontdesk.CodeNotFound, "This proposal was decided already; look at the page again.", nil)
	}
	if err := s.entryEyes(ctx, clinic, waiting[i].Entry, by); err != nil {
		return err
	}
	var retire []frontdesk.EntryID
	for _, rival := range waiting[i].Rivals {
		retire = append(retire, rival.ID)
	}
	audit := newAudit(s.Now(), by, "profile.approve", string(id), about(waiting[i].Fact))
	if err := s.Repository.ApproveEntry(ctx, clinic.ID, id, retire, audit); err != nil {
		return fmt.Errorf("approve profile entry: %w", err)
	}
	return nil
}

// entryEyes is [fourEyes] for a proposal: its author is who typed it, else who added
// the revision that states it.
func (s *Service) entryEyes(ctx context.Context, clinic frontdesk.Clinic, e Entry, by string) error {
	if e.Revision == "" || !clinic.Settings.FourEyes {
		return fourEyes(clinic, e.AddedBy, by)
	}
	_, revisions, err := s.history(ctx, clinic.ID, e.Source)
	if err != nil {
		return err
	}
	for _, r := range revisions {
		if r.ID == e.Revision {
			return fourEyes(clinic, r.AddedBy, by)
		}
	}
	return refuse(frontdesk.CodeNotFound, "The document of this proposal is gone.", nil)
}

// RetireEntry takes an entry out of the profile.
func (s *Service) RetireEntry(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.EntryID, by string) error {
	if by = strings.TrimSpace(by); by == "" {
		return refuse(frontdesk.CodeInvalid, "Give the name of the person who removes the entry.", nil)
	}
	if err := s.Repository.RetireEntry(ctx, clinic.ID, id, newAudit(s.Now(), by, "profile.retire", string(id), "")); err != nil {
		return fmt.Errorf("retire profile entry: %w", err)
	}
	return nil
}
