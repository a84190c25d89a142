package main

import (
	"context"
	"fmt"
	"strings"

	"frontdesk"
	"frontdesk/httpd"
	"frontdesk/ingest"
)

// profileListed bounds the proposals of one page; the next come when these are
// decided.
const profileListed = 50

// Profile implements [httpd.Profiler].
func (d desk) Profile(ctx context.Context, who httpd.Person) (httpd.Profile, error) {
	profile, err := d.db.Profile(ctx, who.Clinic.ID, d.now())
	if err != nil {
		return httpd.Profile{}, fmt.Errorf("profile: %w", err)
	}
	var page httpd.Profile
	for _, site := range profile.Sites {
		page.Sites = append(page.Sites, site.Name)
	}
	for _, e := range profile.Entries {
		page.Facts = append(page.Facts, d.fact(who.Clinic, e))
	}
	waiting, err := d.ingest.Proposals(ctx, who.Clinic.ID)
	if err != nil {
		return page, err
	}
	for _, p := range waiting[:min(len(waiting), profileListed)] {
		proposal := httpd.ProfileProposal{ProfileFact: d.fact(who.Clinic, p.ProfileEntry), By: p.AddedBy}
		for _, rival := range p.Rivals {
			proposal.Instead = append(proposal.Instead, d.factText(who.Clinic, rival.Fact))
		}
		page.Proposals = append(page.Proposals, proposal)
	}
	conflicts, err := d.Conflicts(ctx, who)
	if err != nil {
		return page, err
	}
	for _, c := range conflicts {
		if c.Kind == string(ingest.ConflictProfile) {
			page.Conflicts = append(page.Conflicts, c)
		}
	}
	return page, nil
}

func (d desk) fact(clinic frontdesk.Clinic, e frontdesk.ProfileEntry) httpd.ProfileFact {
	return httpd.ProfileFact{ID: e.ID, Fact: e.Fact, Text: d.factText(clinic, e.Fact), Source: e.Citation.Source, Page: e.Citation.Page, ApprovedBy: e.ApprovedBy}
}

// factText is a fact in the clinic's language, as patients are told it.
func (d desk) factText(clinic frontdesk.Clinic, f frontdesk.Fact) string {
	text := f.Value
	switch {
	case f.Hours != nil:
		text = strings.Join(d.texts.Week(clinic.Language, *f.Hours), "\n")
	case f.Money != nil:
		text = d.texts.Money(clinic.Language, *f.Money)
	}
	if f.Label != "" && f.Label != text {
		text = f.Label + ": " + text
	}
	return text
}

// SaveFact implements [httpd.Profiler].
func (d desk) SaveFact(ctx context.Context, who httpd.Person, replaces frontdesk.EntryID, fact frontdesk.Fact) error {
	fact.Quote = d.factText(who.Clinic, fact)
	_, err := d.ingest.SaveEntry(ctx, who.Clinic, replaces, fact, who.User.Name)
	return err
}

// DecideFact implements [httpd.Profiler].
func (d desk) DecideFact(ctx context.Context, who httpd.Person, id frontdesk.EntryID, approve bool) error {
	if approve {
		return d.ingest.ApproveEntry(ctx, who.Clinic, id, who.User.Name)
	}
	return d.ingest.RetireEntry(ctx, who.Clinic, id, who.User.Name)
}
