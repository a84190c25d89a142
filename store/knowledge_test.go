package store_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/internal/testdb"
)

func TestADraftIsStoredWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	draft := draftOf(t, clinic, "a.txt", noon, "one", "two")
	draft.Passages[1].Embedding.Vector = []float32{1, 2} // refused by the table
	if _, err := db.SaveDraft(t.Context(), draft); err == nil {
		t.Fatal("a vector of a wrong length was stored")
	}
	sources, err := db.ListSources(t.Context(), clinic)
	if err != nil || len(sources) != 0 {
		t.Errorf("sources %v, %v", sources, err)
	}
	if n, err := db.VerifyAudit(t.Context(), clinic); err != nil || n != 0 {
		t.Errorf("audit log of %d entries, %v", n, err)
	}
}

func TestRevisionsOfALocationAreNumberedWhoeverAddsThem(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	var group sync.WaitGroup
	for _, text := range many(8, "text %d") {
		draft := draftOf(t, clinic, "a.txt", noon, text)
		group.Go(func() {
			if _, err := db.SaveDraft(t.Context(), draft); err != nil {
				t.Errorf("save draft: %v", err)
			}
		})
	}
	group.Wait()
	source, err := db.FindSource(t.Context(), clinic, "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	revisions, err := db.ListRevisions(t.Context(), clinic, source.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range revisions {
		if r.Number != 8-i || r.Source != source.ID {
			t.Errorf("revision %d has number %d of source %s", i, r.Number, r.Source)
		}
	}
	if len(revisions) != 8 {
		t.Errorf("%d revisions", len(revisions))
	}
}

func TestTheSameBytesAgainAreAConflict(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	if _, err := db.SaveDraft(t.Context(), draftOf(t, clinic, "a.txt", noon, "one")); err != nil {
		t.Fatal(err)
	}
	_, err := db.SaveDraft(t.Context(), draftOf(t, clinic, "a.txt", noon, "one"))
	wantCode(t, err, frontdesk.CodeConflict)
}

func TestAStoredRevisionComesBackAsItWas(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	draft := draftOf(t, clinic, "a.txt", noon, "one", "two")
	draft.Passages[0].Passage.Headings = []string{"Prices", "Visits"}
	draft.Passages[0].Passage.Facts = []frontdesk.Fact{{Kind: frontdesk.FactPrice, Label: "visit", Money: &frontdesk.Money{Amount: 2500, Currency: "EUR"}}}
	draft.Revision.Unread, draft.Revision.Warnings, draft.Revision.Title = []int{3}, []string{"careful"}, "Guide"
	saved, err := db.SaveDraft(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	revisions, err := db.ListRevisions(t.Context(), clinic, saved.Source)
	if err != nil || len(revisions) != 1 {
		t.Fatal(revisions, err)
	}
	r := revisions[0]
	if r.Title != "Guide" || len(r.Unread) != 1 || r.Warnings[0] != "careful" || r.Passages != 2 || !r.Created.Equal(noon) || !r.Approved.IsZero() || r.StatusAt(noon) != ingest.StatusDraft {
		t.Errorf("revision %+v", r)
	}
	passages, err := db.ListPassages(t.Context(), clinic, r.ID)
	if err != nil || len(passages) != 2 {
		t.Fatal(passages, err)
	}
	p := passages[0]
	if p.Text != "one" || p.Headings[1] != "Visits" || p.Facts[0].Money.Amount != 2500 || p.Source != r.Source || p.Name != "a.txt" || p.Number != 1 {
		t.Errorf("passage %+v", p)
	}
	file, err := db.LoadFile(t.Context(), clinic, r.Hash)
	if err != nil || string(file.Data) != "one\ntwo" || file.MIME != "text/plain" || file.Name != "a.txt" {
		t.Errorf("file %+v, %v", file, err)
	}
}

func TestAChangeOfAnOldVersionIsAConflict(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	revision := publish(t, db, draftOf(t, clinic, "a.txt", noon, "one"), noon)
	change := ingest.Change{Action: ingest.ActionWithdraw, Clinic: clinic, Source: revision.Source, Version: 0, Revision: revision.ID, At: noon}
	wantCode(t, db.ChangeRevision(t.Context(), change), frontdesk.CodeConflict)
	change.Version, change.Revision = 1, frontdesk.RevisionID(newID(t))
	wantCode(t, db.ChangeRevision(t.Context(), change), frontdesk.CodeNotFound)
	change.Revision = revision.ID
	if err := db.ChangeRevision(t.Context(), change); err != nil {
		t.Error(err)
	}
}

func TestEmbeddingsAreFoundByHashInTheirSpaceOnly(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	own, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	for _, clinic := range []frontdesk.ClinicID{own, other} {
		if _, err := db.SaveDraft(t.Context(), draftOf(t, clinic, "a.txt", noon, "one", "two")); err != nil {
			t.Fatal(err)
		}
	}
	found, err := db.FindEmbeddings(t.Context(), own, testSpace, []string{hashOf("two"), hashOf("three")})
	if err != nil || len(found) != 1 {
		t.Fatalf("found %d, %v", len(found), err)
	}
	e := found[hashOf("two")]
	if dot(e.Vector, vectorOf("two")) < 0.9999 || len(e.Sentences) != 1 || dot(e.Sentences[0].Vector, vectorOf("two")) < 0.999 {
		t.Error("another vector came back")
	}
	space := testSpace
	space.Quantisation = "q4"
	if found, err := db.FindEmbeddings(t.Context(), own, space, []string{hashOf("two")}); err != nil || len(found) != 0 {
		t.Errorf("another space has %d, %v", len(found), err)
	}
}

func TestANameOfSeveralSourcesIsAConflict(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	for _, location := range []string{"x/guide.pdf", "y/guide.pdf"} {
		draft := draftOf(t, clinic, location, noon, location)
		draft.Source.Name = "guide.pdf"
		if _, err := db.SaveDraft(t.Context(), draft); err != nil {
			t.Fatal(err)
		}
	}
	_, err := db.FindSource(t.Context(), clinic, "guide.pdf")
	wantCode(t, err, frontdesk.CodeConflict)
	_, err = db.FindSource(t.Context(), clinic, "none.pdf")
	wantCode(t, err, frontdesk.CodeNotFound)
	if s, err := db.FindSource(t.Context(), clinic, "y/guide.pdf"); err != nil || s.Location != "y/guide.pdf" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestAnEntryIsInForceWhileItsRevisionIsLive(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	draft := draftOf(t, clinic, "a.txt", noon, "Phone 01 02")
	entry := ingest.Entry{Clinic: clinic, Source: draft.Source.ID, Revision: draft.Revision.ID, Passage: draft.Passages[0].Passage.ID}
	entry.ID = frontdesk.EntryID(newID(t))
	entry.Fact = frontdesk.Fact{Kind: frontdesk.FactPhone, Value: "0102", Site: "North"}
	draft.Entries = []ingest.Entry{entry}
	revision, err := db.SaveDraft(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	count := func(at time.Time) (int, int) {
		p, err := db.Profile(t.Context(), clinic, at)
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Entries), len(p.Sites)
	}
	if entries, sites := count(noon); entries != 0 || sites != 0 {
		t.Errorf("a proposal is in force: %d entries, %d sites", entries, sites)
	}
	all, err := db.ListEntries(t.Context(), clinic, noon, revision.ID)
	if err != nil || len(all) != 1 || all[0].Approved || all[0].Passage != entry.Passage {
		t.Errorf("proposals %+v, %v", all, err)
	}
	err = db.ChangeRevision(t.Context(), ingest.Change{Action: ingest.ActionApprove, Clinic: clinic, Source: revision.Source, Revision: revision.ID,
		At: noon, By: "Dr Roux", Effective: noon, Released: noon, Expires: noon.Add(time.Hour), Entries: []frontdesk.EntryID{entry.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if entries, sites := count(noon.Add(time.Minute)); entries != 1 || sites != 1 {
		t.Errorf("after approval: %d entries, %d sites", entries, sites)
	}
	if entries, _ := count(noon.Add(time.Hour)); entries != 0 {
		t.Error("an entry outlives its revision")
	}
	audit := ingest.Audit{At: noon.Add(time.Minute), Actor: "Dr Roux", Action: "profile.retire", Target: string(entry.ID)}
	if err := db.RetireEntry(t.Context(), clinic, entry.ID, audit); err != nil {
		t.Fatal(err)
	}
	if entries, _ := count(noon.Add(2 * time.Minute)); entries != 0 {
		t.Error("a retired entry is in force")
	}
	wantCode(t, db.RetireEntry(t.Context(), clinic, entry.ID, audit), frontdesk.CodeNotFound)
}

func TestANoticeHoldsFromItsBeginningToItsEnd(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic := db.Clinic(t, "Lac").ID
	id, err := db.PublishNotice(t.Context(), clinic, frontdesk.Notice{Text: "Closed today", Language: "en", From: noon, To: noon.Add(6 * time.Hour)}, "Dr Roux")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]int{-time.Second: 0, 0: 1, 5 * time.Hour: 1, 6 * time.Hour: 0} {
		if n, err := db.Notices(t.Context(), clinic, noon.Add(at)); err != nil || len(n) != want {
			t.Errorf("after %s: %v, %v", at, n, err)
		}
	}
	if err := db.EndNotice(t.Context(), clinic, id, "Dr Roux"); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Notices(t.Context(), clinic, noon); err != nil || len(n) != 0 {
		t.Errorf("an ended notice holds: %v, %v", n, err)
	}
	_, err = db.PublishNotice(t.Context(), clinic, frontdesk.Notice{Text: "x", From: noon, To: noon}, "Dr Roux")
	wantCode(t, err, frontdesk.CodeInvalid)
}

func TestAChangedAuditLogIsFound(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"a changed actor":      `UPDATE audit SET actor = 'nobody' WHERE seq = 2`,
		"a removed entry":      `DELETE FROM audit WHERE seq = 2`,
		"a removed end":        `DELETE FROM audit WHERE seq = 3`,
		"a moved date":         `UPDATE audit SET at = at + interval '1 second' WHERE seq = 3`,
		"a removed beginning":  `DELETE FROM audit WHERE seq = 1`,
		"a border moved":       `UPDATE audit SET actor = actor || 'a', action = substr(action, 2) WHERE seq = 2`,
		"a removed end, noted": `WITH gone AS (DELETE FROM audit WHERE seq = 3) UPDATE audit_head SET seq = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testdb.New(t)
			clinic := db.Clinic(t, "Lac").ID
			for range 3 {
				if err := db.Audit(t.Context(), clinic, ingest.Audit{At: noon, Actor: "Dr Roux", Action: "a.b", Target: "t", Detail: "d"}); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := db.VerifyAudit(t.Context(), clinic); err != nil || n != 3 {
				t.Fatalf("the untouched log: %d entries, %v", n, err)
			}
			if _, err := connect(t, db.OwnerURL).Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			_, err := db.VerifyAudit(t.Context(), clinic)
			wantCode(t, err, frontdesk.CodeConflict)
		})
	}
}

func TestAuditEntriesOfManyWritersFormOneChain(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if err := db.Audit(t.Context(), clinic, ingest.Audit{At: noon, Actor: "x", Action: "y"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n, err := db.VerifyAudit(t.Context(), clinic); err != nil || n != 10 {
		t.Errorf("%d entries, %v", n, err)
	}
}

func TestFilesAreSealedInChunksThatCannotBeSwapped(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	data := make([]byte, 600<<10)
	if _, err := io.ReadFull(rand.Reader, data); err != nil {
		t.Fatal(err)
	}
	copy(data, "planted marker")
	file := ingest.File{Hash: hashOf(string(data)), MIME: "application/pdf", Name: "planted name.pdf", Data: data}
	if err := errors.Join(db.SaveFile(t.Context(), clinic, file), db.SaveFile(t.Context(), clinic, file)); err != nil {
		t.Fatal(err)
	}
	back, err := db.LoadFile(t.Context(), clinic, file.Hash)
	if err != nil || !bytes.Equal(back.Data, data) {
		t.Fatalf("%d bytes came back, %v", len(back.Data), err)
	}
	owner := connect(t, db.OwnerURL)
	var found int
	err = owner.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM file_chunk WHERE position('planted'::bytea IN data) > 0)
		+ (SELECT count(*) FROM file WHERE position('planted'::bytea IN meta) > 0)`).Scan(&found)
	if err != nil || found != 0 {
		t.Errorf("the plain text is in %d rows (%v)", found, err)
	}
	if _, err := owner.Exec(t.Context(), `UPDATE file_chunk a SET data = b.data FROM file_chunk b WHERE a.ordinal = 0 AND b.ordinal = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.LoadFile(t.Context(), clinic, file.Hash); err == nil {
		t.Error("a file with swapped chunks was loaded")
	}
	_, err = db.LoadFile(t.Context(), clinic, hashOf("none"))
	wantCode(t, err, frontdesk.CodeNotFound)
}

func TestAnErrorOfTheDatabaseQuotesNoValue(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	for _, statement := range []string{
		`INSERT INTO site (clinic_id, site_id, name, added_by) SELECT $1, gen, 'planted', '' FROM unnest(ARRAY[$1::uuid, uuidv7()]) gen`,
		`SELECT 'planted'::integer WHERE $1::uuid IS NOT NULL`,
		`INSERT INTO site (clinic_id, site_id, name, added_by) VALUES ($1, $1, NULL, 'planted')`,
	} {
		err := db.InClinic(t.Context(), clinic, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), statement, clinic)
			return err
		})
		if err == nil || strings.Contains(err.Error(), "planted") || strings.Contains(frontdesk.TextOf(err), "planted") {
			t.Errorf("%s: error %v", statement, err)
		}
	}
}
