package ingest

import (
	"context"
	"fmt"

	"frontdesk"
)

// Listed is a source with its revisions, as `source list` shows it.
type Listed struct {
	Source    Source
	Revisions []Revision // newest first
	Live      int        // number of the live revision, 0 if none is
}

// List returns all sources of a clinic.
func (s *Service) List(ctx context.Context, clinic frontdesk.ClinicID) ([]Listed, error) {
	sources, err := s.Repository.ListSources(ctx, clinic)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	out := make([]Listed, 0, len(sources))
	for _, source := range sources {
		revisions, err := s.Repository.ListRevisions(ctx, clinic, source.ID)
		if err != nil {
			return nil, fmt.Errorf("list revisions: %w", err)
		}
		out = append(out, Listed{Source: source, Revisions: revisions, Live: liveNumber(revisions, s.Now())})
	}
	return out, nil
}

// Shown is one revision with its words.
type Shown struct {
	Source   Source
	Revision Revision
	Status   Status
	Passages []frontdesk.Passage
	Entries  []Entry // profile entries that it proposes or that were approved with it
}

// Show returns a revision with its passages; number 0 is the newest.
func (s *Service) Show(ctx context.Context, clinic frontdesk.ClinicID, location string, number int) (Shown, error) {
	source, revision, err := s.find(ctx, clinic, location, number)
	if err != nil {
		return Shown{}, err
	}
	passages, err := s.Repository.ListPassages(ctx, clinic, revision.ID)
	if err != nil {
		return Shown{}, fmt.Errorf("list passages: %w", err)
	}
	all, err := s.Repository.ListEntries(ctx, clinic, s.Now(), revision.ID)
	if err != nil {
		return Shown{}, fmt.Errorf("list profile entries: %w", err)
	}
	shown := Shown{Source: source, Revision: revision, Status: revision.StatusAt(s.Now()), Passages: passages}
	for _, e := range all {
		if e.Revision == revision.ID {
			shown.Entries = append(shown.Entries, e)
		}
	}
	return shown, nil
}

// File returns the bytes that a revision was read from; number 0 is the newest.
func (s *Service) File(ctx context.Context, clinic frontdesk.ClinicID, location string, number int) (File, error) {
	_, revision, err := s.find(ctx, clinic, location, number)
	if err != nil {
		return File{}, err
	}
	file, err := s.Repository.LoadFile(ctx, clinic, revision.Hash)
	if err != nil {
		return File{}, fmt.Errorf("load file: %w", err)
	}
	return file, nil
}

// DiffLine is one passage of a comparison.
type DiffLine struct {
	Sign    string // "+" only in the later revision, "-" only in the earlier, " " in both
	Passage frontdesk.Passage
}

// Diff compares two revisions of a source by passage, in reading order. to 0 is
// the newest; from 0 is the live revision, else the one before to.
func (s *Service) Diff(ctx context.Context, clinic frontdesk.ClinicID, location string, from, to int) ([]DiffLine, error) {
	source, later, err := s.find(ctx, clinic, location, to)
	if err != nil {
		return nil, err
	}
	revisions, err := s.Repository.ListRevisions(ctx, clinic, source.ID)
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	if from == 0 {
		if from = liveNumber(revisions, s.Now()); from == 0 || from == later.Number {
			from = later.Number - 1
		}
	}
	var before []frontdesk.Passage
	if from > 0 {
		earlier, err := pick(revisions, from)
		if err != nil {
			return nil, err
		}
		if before, err = s.Repository.ListPassages(ctx, clinic, earlier.ID); err != nil {
			return nil, fmt.Errorf("list passages: %w", err)
		}
	}
	after, err := s.Repository.ListPassages(ctx, clinic, later.ID)
	if err != nil {
		return nil, fmt.Errorf("list passages: %w", err)
	}
	return diff(before, after), nil
}

// diffMost bounds the table of the comparison, in cells; beyond it the middle
// parts are shown as wholly replaced.
const diffMost = 4_000_000

// diff aligns two lists of passages by their longest common subsequence.
func diff(before, after []frontdesk.Passage) []DiffLine {
	var out []DiffLine
	put := func(sign string, passages ...frontdesk.Passage) {
		for _, p := range passages {
			out = append(out, DiffLine{Sign: sign, Passage: p})
		}
	}
	head := 0
	for head < len(before) && head < len(after) && before[head].Hash == after[head].Hash {
		head++
	}
	tail := 0
	for tail < len(before)-head && tail < len(after)-head && before[len(before)-1-tail].Hash == after[len(after)-1-tail].Hash {
		tail++
	}
	put(" ", after[:head]...)
	a, b := before[head:len(before)-tail], after[head:len(after)-tail]
	if len(a)*len(b) > diffMost {
		put("-", a...)
		put("+", b...)
	} else {
		common(a, b, put)
	}
	put(" ", after[len(after)-tail:]...)
	return out
}

// common walks a longest common subsequence of a and b.
func common(a, b []frontdesk.Passage, put func(sign string, passages ...frontdesk.Passage)) {
	width := len(b) + 1
	length := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].Hash == b[j].Hash {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i].Hash == b[j].Hash:
			put(" ", b[j])
			i, j = i+1, j+1
		case length[(i+1)*width+j] >= length[i*width+j+1]:
			put("-", a[i])
			i++
		default:
			put("+", b[j])
			j++
		}
	}
	put("-", a[i:]...)
	put("+", b[j:]...)
}

// Answers returns the turns whose replies rested on any revision of a source,
// newest first, at most limit.
func (s *Service) Answers(ctx context.Context, clinic frontdesk.ClinicID, location string, limit int) ([]Answer, error) {
	source, err := s.Repository.FindSource(ctx, clinic, location)
	if err != nil {
		return nil, fmt.Errorf("find source: %w", err)
	}
	answers, err := s.Repository.ListAnswers(ctx, clinic, source.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("list answers: %w", err)
	}
	return answers, nil
}
