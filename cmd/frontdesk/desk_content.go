package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"frontdesk"
	"frontdesk/httpd"
	"frontdesk/ingest"
	"frontdesk/retrieval"
	"frontdesk/staff"
)

// sameMeaning is from which likeness on two questions count as one. Questions of
// one clinic are alike to begin with, so the bar is high.
const sameMeaning = 0.93

// vectorsKept bounds the vectors of open questions that are remembered.
const vectorsKept = 4000

// meanings groups open questions. Vectors are remembered by gap, so that a page
// does not embed them anew.
type meanings struct {
	embedder retrieval.Embedder
	mu       sync.Mutex // protects all following fields
	vectors  map[string][]float32
}

func newMeanings(embedder retrieval.Embedder) *meanings {
	return &meanings{embedder: embedder, vectors: map[string][]float32{}}
}

// of returns the vectors of questions by gap; none when they cannot be made: then
// only equal words are the same question.
func (m *meanings) of(ctx context.Context, ids, questions []string) map[string][]float32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var missing []int
	for i, id := range ids {
		if m.vectors[id] == nil {
			missing = append(missing, i)
		}
	}
	texts := make([]string, len(missing))
	for i, at := range missing {
		texts[i] = questions[at]
	}
	if len(texts) > 0 {
		vectors, err := m.embedder.Embed(ctx, retrieval.InputQuery, texts)
		if err != nil {
			return nil
		}
		if len(m.vectors) > vectorsKept {
			clear(m.vectors)
		}
		for i, at := range missing {
			m.vectors[ids[at]] = vectors[i]
		}
	}
	found := map[string][]float32{}
	for _, id := range ids {
		found[id] = m.vectors[id]
	}
	return found
}

func likeness(a, b []float32) float64 {
	var sum float64
	for i := range min(len(a), len(b)) {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// Gaps implements [httpd.Library]: open questions, those of one meaning together,
// the most asked first.
func (d desk) Gaps(ctx context.Context, who httpd.Person) ([]httpd.GapGroup, error) {
	listed, err := d.db.ListGaps(ctx, who.Clinic.ID, deskListed)
	if err != nil {
		return nil, fmt.Errorf("gaps: %w", err)
	}
	var ids, questions []string
	for _, g := range listed {
		ids, questions = append(ids, g.ID), append(questions, g.Question)
	}
	vectors := d.meanings.of(ctx, ids, questions)
	var groups []httpd.GapGroup
	var heads []string
	for _, g := range listed {
		at := slices.IndexFunc(heads, func(head string) bool {
			return likeness(vectors[head], vectors[g.ID]) >= sameMeaning
		})
		for i := range groups {
			if at < 0 && strings.EqualFold(groups[i].Question, g.Question) {
				at = i
			}
		}
		if at < 0 {
			heads = append(heads, g.ID)
			groups = append(groups, httpd.GapGroup{Question: g.Question, Language: g.Language, Count: 1, Last: g.At, IDs: []string{g.ID}})
			continue
		}
		group := &groups[at]
		group.Count++
		group.IDs = append(group.IDs, g.ID)
		if len(group.Examples) < 4 && !strings.EqualFold(g.Question, group.Question) && !slices.Contains(group.Examples, g.Question) {
			group.Examples = append(group.Examples, g.Question)
		}
	}
	slices.SortStableFunc(groups, func(a, b httpd.GapGroup) int { return b.Count - a.Count })
	return groups, nil
}

// Source implements [httpd.Library].
func (d desk) Source(ctx context.Context, who httpd.Person, name string, revision int) (httpd.SourcePage, error) {
	shown, err := d.ingest.Show(ctx, who.Clinic.ID, name, revision)
	if err != nil {
		return httpd.SourcePage{}, err
	}
	listed, err := d.ingest.List(ctx, who.Clinic.ID)
	if err != nil {
		return httpd.SourcePage{}, err
	}
	var page httpd.SourcePage
	for _, l := range listed {
		if l.Source.ID != shown.Source.ID {
			continue
		}
		for _, r := range l.Revisions {
			page.Revisions = append(page.Revisions, d.source(ingest.Listed{Source: l.Source, Revisions: []ingest.Revision{r}, Live: l.Live}))
		}
		page.Source = d.source(ingest.Listed{Source: l.Source, Revisions: []ingest.Revision{shown.Revision}, Live: l.Live})
	}
	for _, p := range shown.Passages {
		page.Texts = append(page.Texts, httpd.SourceText{Page: p.Page, Headings: strings.Join(p.Headings, " › "), Question: p.Question, Text: p.Text})
	}
	page.Editable = shown.Source.Kind == ingest.KindFAQ && shown.Source.URL == "" && strings.HasSuffix(shown.Source.Name, ".csv")
	if shown.Revision.Number > 1 {
		lines, err := d.ingest.Diff(ctx, who.Clinic.ID, name, shown.Revision.Number-1, shown.Revision.Number)
		if err != nil {
			return page, err
		}
		for _, l := range lines {
			if l.Sign != " " {
				page.Diff = append(page.Diff, httpd.DiffLine{Sign: l.Sign, Text: l.Passage.Text})
			}
		}
	}
	answers, err := d.ingest.Answers(ctx, who.Clinic.ID, name, deskListed)
	if err != nil {
		return page, err
	}
	for _, a := range answers {
		page.Answers = append(page.Answers, httpd.SourceAnswer{Conversation: a.Conversation, At: a.At, Revision: a.Revision, Page: a.Page})
	}
	return page, nil
}

// Add implements [httpd.Editor].
func (d desk) Add(ctx context.Context, who httpd.Person, addition httpd.Addition) (httpd.Added, error) {
	request := ingest.AddRequest{URL: addition.URL, Name: addition.Name, Bytes: addition.Bytes, By: who.User.Name}
	if addition.Again {
		request.By = ingest.SystemAuthor
	}
	if addition.Approve && who.User.Role.May(staff.RightApprove) {
		request.ApproveAs = who.User.Name
	}
	report, err := d.ingest.Add(ctx, who.Clinic, request)
	if err != nil {
		return httpd.Added{}, err
	}
	return addedOf(report), nil
}

// addedOf is a report as the console shows it.
func addedOf(report ingest.Report) httpd.Added {
	return httpd.Added{
		Source: report.Source, Revision: report.Revision, Status: string(report.Status), Code: string(report.Code), Reason: report.Reason, Passages: report.Passages,
	}
}

// Answer implements [httpd.Editor].
func (d desk) Answer(ctx context.Context, who httpd.Person, answer httpd.Answer) error {
	sum := sha256.Sum256([]byte(strings.ToLower(answer.Question)))
	data, err := ingest.WriteFAQ([]ingest.Pair{{Question: answer.Question, Answer: answer.Text}})
	if err != nil {
		return err
	}
	added, err := d.Add(ctx, who, httpd.Addition{Name: "faq-" + hex.EncodeToString(sum[:4]) + ".csv", Bytes: data, Approve: true})
	if err != nil {
		return err
	}
	if added.Status == string(ingest.ReportRejected) {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: added.Reason}
	}
	return d.Dismiss(ctx, who, answer.Gaps)
}

// Dismiss implements [httpd.Editor].
func (d desk) Dismiss(ctx context.Context, who httpd.Person, gaps []string) error {
	for _, id := range gaps {
		err := d.db.CloseGap(ctx, who.Clinic.ID, id, who.User.Name)
		if err != nil && frontdesk.CodeOf(err) != frontdesk.CodeNotFound { // a colleague was faster
			return err
		}
	}
	return nil
}
