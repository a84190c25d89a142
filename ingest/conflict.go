package ingest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
)

// ConflictKind says how two live sources stand to each other.
type ConflictKind string

// The kinds of conflicts.
const (
	ConflictQuestion  ConflictKind = "question"  // one question, two answers
	ConflictFact      ConflictKind = "fact"      // one price, week of hours or address, two values
	ConflictProfile   ConflictKind = "profile"   // the profile and a document say different things
	ConflictDuplicate ConflictKind = "duplicate" // the same words twice: a change must be made in both
)

// Conflict is what two live sources, or the profile and one, state differently or
// twice. One is the profile's side where there is one.
type Conflict struct {
	Kind  ConflictKind
	About string // the question, or what the fact is about; "" for a duplicate
	Fact  frontdesk.FactKind
	One   Statement
	Other Statement
	More  int // further passages of the two sources that are the same, for a duplicate
}

// Statement is one side of a conflict.
type Statement struct {
	Source string // as shown; "" is the profile
	Page   int
	Quote  string
	Entry  frontdesk.EntryID // of the profile's side
}

// Bounds of conflicts.
const (
	conflictsMost = 200
	duplicateFrom = 40  // letters of words that are worth being said once
	quoteMost     = 400 // letters of a quote
)

// Conflicts lists what the live sources of a clinic, and its profile, state twice
// and differently, contradictions first; at most 200.
func (s *Service) Conflicts(ctx context.Context, clinic frontdesk.ClinicID) ([]Conflict, error) {
	listed, err := s.List(ctx, clinic)
	if err != nil {
		return nil, err
	}
	var live []frontdesk.Passage
	for _, l := range listed {
		for _, r := range l.Revisions {
			if r.Number != l.Live {
				continue
			}
			passages, err := s.Repository.ListPassages(ctx, clinic, r.ID)
			if err != nil {
				return nil, fmt.Errorf("list passages: %w", err)
			}
			live = append(live, passages...)
		}
	}
	entries, err := s.Repository.ListEntries(ctx, clinic, s.Now())
	if err != nil {
		return nil, fmt.Errorf("list profile entries: %w", err)
	}
	found := append(againstProfile(entries, live), differentFacts(live)...)
	found = append(found, sameQuestions(live)...)
	return found[:min(len(found), conflictsMost)], nil
}

// againstProfile compares what documents state with what is approved of another
// source, or typed by staff.
func againstProfile(entries []Entry, live []frontdesk.Passage) []Conflict {
	byTopic := map[string][]Entry{}
	for _, e := range entries {
		if e.Approved && exclusive(e.Fact) {
			byTopic[entryTopic(e.Fact)] = append(byTopic[entryTopic(e.Fact)], e)
		}
	}
	var out []Conflict
	seen := map[string]bool{}
	for _, p := range live {
		for _, f := range statedBy(p) {
			for _, e := range byTopic[entryTopic(f)] {
				key := string(e.ID) + "\x00" + string(p.Revision) + "\x00" + factValue(f)
				if e.Revision == p.Revision || e.Source == p.Source || agrees(e.Fact, f) || seen[key] {
					continue
				}
				seen[key] = true
				out = append(out, Conflict{
					Kind: ConflictProfile, About: f.Label, Fact: f.Kind, Other: statement(p, f.Quote),
					One: Statement{Quote: shown(e.Fact), Entry: e.ID},
				})
			}
		}
	}
	return out
}

// statedBy returns the facts of a passage that cannot hold twice.
func statedBy(p frontdesk.Passage) []frontdesk.Fact {
	var out []frontdesk.Fact
	for _, f := range p.Facts {
		f.Site = cmp.Or(f.Site, p.Site)
		if exclusive(f) && ofTheClinic(f) {
			out = append(out, f)
		}
	}
	return out
}

// differentFacts finds values of one thing that two sources state differently.
func differentFacts(live []frontdesk.Passage) []Conflict {
	type stated struct {
		fact    frontdesk.Fact
		passage frontdesk.Passage
	}
	byTopic := map[string][]stated{}
	var out []Conflict
	told := map[string]bool{}
	for _, p := range live {
		for _, f := range statedBy(p) {
			topic := entryTopic(f)
			for _, before := range byTopic[topic] {
				pair := topic + "\x00" + string(before.passage.Source) + "\x00" + string(p.Source)
				if before.passage.Source == p.Source || agrees(before.fact, f) || told[pair] {
					continue
				}
				told[pair] = true
				out = append(out, Conflict{
					Kind: ConflictFact, About: f.Label, Fact: f.Kind,
					One: statement(before.passage, before.fact.Quote), Other: statement(p, f.Quote),
				})
			}
			byTopic[topic] = append(byTopic[topic], stated{f, p})
		}
	}
	return out
}

// sameQuestions finds questions that two sources answer, and words that two
// sources say; what says the same is a duplicate.
func sameQuestions(live []frontdesk.Passage) []Conflict {
	var differ, twice []Conflict
	first := map[string]frontdesk.Passage{}
	pairs := map[string]int{} // place in twice by the two sources
	for _, p := range live {
		for _, key := range sayings(p) {
			before, known := first[key]
			switch {
			case !known:
				first[key] = p
			case before.Source == p.Source:
			case plainWords(before.Text) != plainWords(p.Text):
				differ = append(differ, Conflict{Kind: ConflictQuestion, About: p.Question, One: statement(before, ""), Other: statement(p, "")})
			default:
				pair := string(before.Source) + "\x00" + string(p.Source)
				at, told := pairs[pair]
				if told {
					twice[at].More++
					continue
				}
				pairs[pair] = len(twice)
				twice = append(twice, Conflict{Kind: ConflictDuplicate, About: p.Question, One: statement(before, ""), Other: statement(p, "")})
			}
		}
	}
	return append(differ, twice...)
}

// sayings are what a passage may say again: its question by its words in any
// order, else its text.
func sayings(p frontdesk.Passage) []string {
	if p.Question != "" {
		terms := language.Terms(p.Language, p.Question)
		slices.Sort(terms)
		return []string{"question\x00" + strings.Join(slices.Compact(terms), " ")}
	}
	if text := plainWords(p.Text); utf8.RuneCountInString(text) >= duplicateFrom {
		return []string{"text\x00" + text}
	}
	return nil
}

// plainWords is a text by its words alone, for comparing.
func plainWords(text string) string {
	words := language.Words(language.Fold(text))
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = w.Text
	}
	return strings.Join(plain, " ")
}

// statement quotes a passage, the whole of it where the quote is "".
func statement(p frontdesk.Passage, quote string) Statement {
	quote = cmp.Or(quote, p.Text)
	if r := []rune(quote); len(r) > quoteMost {
		quote = string(r[:quoteMost]) + "…"
	}
	return Statement{Source: p.Name, Page: p.Page, Quote: quote}
}
