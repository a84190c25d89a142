package ingest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/retrieval"
)

// memory is a Repository that keeps to the contract of the interface: drafts are
// numbered per source, changes are refused on a stale version, and instants are
// written as they come.
type memory struct {
	mu        sync.Mutex
	sources   []Source
	revisions []Revision
	passages  map[frontdesk.RevisionID][]DraftPassage
	entries   []Entry
	files     map[string]File
	audits    []Audit
	failSave  error
	saved     int
}

var _ Repository = (*memory)(nil)

func newMemory() *memory {
	return &memory{passages: map[frontdesk.RevisionID][]DraftPassage{}, files: map[string]File{}}
}

func notFound(what string) error {
	return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is no such " + what + "."}
}

func (m *memory) FindSource(_ context.Context, clinic frontdesk.ClinicID, location string) (Source, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sources {
		if s.Clinic == clinic && (s.Location == location || s.Name == location) {
			return s, nil
		}
	}
	return Source{}, notFound("source")
}

func (m *memory) ListSources(_ context.Context, clinic frontdesk.ClinicID) ([]Source, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Source
	for _, s := range m.sources {
		if s.Clinic == clinic {
			out = append(out, s)
		}
	}
	return out, nil
}

func (m *memory) SaveCheck(_ context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID, check Check) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.sources {
		if m.sources[i].ID == source && m.sources[i].Clinic == clinic {
			m.sources[i].Check = check
			return nil
		}
	}
	return notFound("source")
}

func (m *memory) SaveDraft(_ context.Context, draft Draft) (Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failSave != nil {
		return Revision{}, m.failSave
	}
	at := slices.IndexFunc(m.sources, func(s Source) bool {
		return s.Clinic == draft.Source.Clinic && s.Location == draft.Source.Location
	})
	if at < 0 {
		m.sources = append(m.sources, draft.Source)
		at = len(m.sources) - 1
	}
	revision := draft.Revision
	revision.Source, revision.Number = m.sources[at].ID, 1
	newest := ""
	for _, r := range m.revisions {
		if r.Source == revision.Source && r.Number >= revision.Number {
			revision.Number, newest = r.Number+1, r.Hash
		}
	}
	if newest == revision.Hash {
		return Revision{}, &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "The newest revision is the same."}
	}
	m.sources[at].Check = draft.Source.Check
	for i := range draft.Passages {
		p := &draft.Passages[i].Passage
		p.Number, p.Source = revision.Number, revision.Source
	}
	for i := range draft.Entries {
		draft.Entries[i].Source = revision.Source
	}
	m.revisions = append(m.revisions, revision)
	m.passages[revision.ID] = draft.Passages
	m.entries = append(m.entries, draft.Entries...)
	m.files[draft.File.Hash] = draft.File
	m.audits = append(m.audits, draft.Audit)
	m.saved++
	return revision, nil
}

func (m *memory) ListRevisions(_ context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID) ([]Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Revision
	for _, r := range m.revisions {
		if r.Clinic == clinic && r.Source == source {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Revision) int { return cmp.Compare(b.Number, a.Number) })
	return out, nil
}

func (m *memory) ChangeRevision(_ context.Context, change Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.IndexFunc(m.sources, func(s Source) bool { return s.ID == change.Source && s.Clinic == change.Clinic })
	if at < 0 {
		return notFound("source")
	}
	if m.sources[at].Version != change.Version {
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "The source changed."}
	}
	m.sources[at].Version++
	for i := range m.revisions {
		r := &m.revisions[i]
		if until, named := change.Superseded[r.ID]; named {
			r.Superseded = until
		}
		if r.ID != change.Revision {
			continue
		}
		switch change.Action {
		case ActionApprove:
			r.Approved, r.ApprovedBy, r.Effective, r.Expires, r.Released = change.At, change.By, change.Effective, change.Expires, change.Released
			r.Withdrawn, r.DecidedBy, r.Comment = time.Time{}, change.By, change.Comment
		case ActionRelease:
			r.Released = change.Released
		case ActionWithdraw:
			r.Withdrawn, r.DecidedBy, r.Comment = change.At, change.By, change.Comment
		default:
			return errors.New("unknown action")
		}
	}
	for i := range m.entries {
		if slices.Contains(change.Entries, m.entries[i].ID) {
			m.entries[i].Approved, m.entries[i].ApprovedBy, m.entries[i].ApprovedAt = true, change.By, change.At
		}
	}
	m.audits = append(m.audits, change.Audit)
	return nil
}

func (m *memory) ListPassages(_ context.Context, _ frontdesk.ClinicID, revision frontdesk.RevisionID) ([]frontdesk.Passage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []frontdesk.Passage
	for _, p := range m.passages[revision] {
		out = append(out, p.Passage)
	}
	return out, nil
}

func (m *memory) FindEmbeddings(_ context.Context, clinic frontdesk.ClinicID, _ retrieval.Space, hashes []string) (map[string]Embedding, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]Embedding{}
	for _, list := range m.passages {
		for _, p := range list {
			if p.Passage.Clinic == clinic && slices.Contains(hashes, p.Passage.Hash) {
				out[p.Passage.Hash] = p.Embedding
			}
		}
	}
	return out, nil
}

func (m *memory) ListAnswers(context.Context, frontdesk.ClinicID, frontdesk.SourceID, int) ([]Answer, error) {
	return nil, nil
}

func (m *memory) ListEntries(_ context.Context, clinic frontdesk.ClinicID, at time.Time, revisions ...frontdesk.RevisionID) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	live := map[frontdesk.RevisionID]bool{"": true}
	for _, r := range m.revisions {
		live[r.ID] = r.StatusAt(at) == StatusLive
	}
	var out []Entry
	for _, e := range m.entries {
		if e.Clinic == clinic && (e.Approved && live[e.Revision] || slices.Contains(revisions, e.Revision)) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (m *memory) SaveEntries(_ context.Context, _ frontdesk.ClinicID, entries []Entry, audit Audit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		if e.Approved && e.Replaces != "" {
			m.entries = slices.DeleteFunc(m.entries, func(old Entry) bool { return old.ID == e.Replaces })
		}
		m.entries = append(m.entries, e)
	}
	m.audits = append(m.audits, audit)
	return nil
}

func (m *memory) ListProposals(_ context.Context, clinic frontdesk.ClinicID, at time.Time) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	live := map[frontdesk.RevisionID]bool{"": true}
	for _, r := range m.revisions {
		live[r.ID] = r.StatusAt(at) == StatusLive
	}
	var out []Entry
	for _, e := range m.entries {
		if e.Clinic == clinic && !e.Approved && live[e.Revision] {
			out = append(out, e)
		}
	}
	return out, nil
}

func (m *memory) ApproveEntry(_ context.Context, _ frontdesk.ClinicID, id frontdesk.EntryID, retire []frontdesk.EntryID, audit Audit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.entries {
		if m.entries[i].ID == id {
			m.entries[i].Approved, m.entries[i].ApprovedBy, m.entries[i].ApprovedAt = true, audit.Actor, audit.At
		}
	}
	m.entries = slices.DeleteFunc(m.entries, func(e Entry) bool { return slices.Contains(retire, e.ID) })
	m.audits = append(m.audits, audit)
	return nil
}

func (m *memory) RetireEntry(_ context.Context, _ frontdesk.ClinicID, id frontdesk.EntryID, audit Audit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = slices.DeleteFunc(m.entries, func(e Entry) bool { return e.ID == id })
	m.audits = append(m.audits, audit)
	return nil
}

func (m *memory) LoadFile(_ context.Context, _ frontdesk.ClinicID, hash string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.files[hash]; ok {
		return f, nil
	}
	return File{}, notFound("file")
}

// counting is an embedder whose vectors are of the texts' lengths; it counts texts.
type counting struct {
	mu    sync.Mutex
	texts []string
	fail  error
}

func (c *counting) Embed(_ context.Context, _ retrieval.InputType, texts []string) ([][]float32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return nil, c.fail
	}
	c.texts = append(c.texts, texts...)
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = []float32{float32(len(text)), 1}
	}
	return out, nil
}

func (c *counting) Space() retrieval.Space { return retrieval.Space{Model: "length", Dimension: 2} }

func (c *counting) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.texts)
}
