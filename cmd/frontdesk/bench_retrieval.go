package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/retrieval"
)

// The synthetic content of the retrieval benchmark.
const (
	searchLimit   = 40
	searchPool    = 2000 // vectors of which all others are made
	searchRev     = 500  // passages of one revision
	searchTerms   = 400  // words of the content; word k is in about 3/k of the passages, at most half
	searchSmall   = 10_000
	searchLarge   = 100_000
	searchClinics = 1000
	searchOthers  = 100 // passages of each other clinic
)

// searchSpace is the embedding space of the content.
func searchSpace() retrieval.Space {
	return retrieval.Space{Model: "bench", Dimension: benchDimension, Prefix: "none"}
}

// retrieval measures a whole search, vectors and words, under row-level security,
// against pgvector's own query on the same table.
func (b *bench) retrieval(ctx context.Context) (err error) {
	w, err := b.parts(ctx, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := b.fillPool(ctx); err != nil {
		return err
	}
	defer func() {
		_, clean := b.psql(context.WithoutCancel(ctx), nil, `DROP TABLE IF EXISTS bench_pool, bench_posting`)
		err = errors.Join(err, clean)
	}()
	small, err := b.searchClinic(ctx, w, "Small", searchSmall, false)
	if err != nil {
		return err
	}
	alone, err := b.searchPair(ctx, w, small, false)
	if err != nil {
		return err
	}
	err = b.say(figure{Bench: "retrieval", What: "search of 10,000 passages", Value: alone.ours.mean, Unit: "ms", Note: alone.note()}.
		against("bare pgvector query, exact", alone.theirs.mean).want(atMost(3)))
	if err != nil {
		return err
	}
	before, err := b.speed(ctx)
	if err != nil {
		return err
	}
	if err := b.otherClinics(ctx, small); err != nil {
		return err
	}
	among, err := b.searchOurs(ctx, w, small, b.seconds/4)
	if err != nil {
		return err
	}
	after, err := b.speed(ctx)
	if err != nil {
		return err
	}
	err = b.say(figure{Bench: "retrieval", What: "the same among 1,000 clinics", Value: among.mean, Unit: "ms", Note: fmt.Sprintf("processor time %s ms, alone %s", short(among.worked), short(alone.ours.worked))}.
		against("the same alone, at the machine's speed of now", alone.ours.mean*after/before).want(atMost(1.1)))
	if err != nil {
		return err
	}
	large, err := b.searchClinic(ctx, w, "Large", searchLarge, true)
	if err != nil {
		return err
	}
	indexed, err := b.searchPair(ctx, w, large, true)
	if err != nil {
		return err
	}
	return b.say(figure{Bench: "retrieval", What: "search of 100,000 passages", Value: indexed.ours.mean, Unit: "ms", Note: "among 1,000 clinics; " + indexed.note()}.
		against("bare pgvector query, HNSW", indexed.theirs.mean).want(atMost(3)))
}

// fillPool makes the vectors and words that the content is made of.
func (b *bench) fillPool(ctx context.Context) error {
	b.pool = randomVectors(searchPool)
	var rows strings.Builder
	for n, vector := range b.pool {
		fmt.Fprintf(&rows, "%d\t[", n)
		for i, x := range vector {
			if i > 0 {
				rows.WriteByte(',')
			}
			rows.WriteString(strconv.FormatFloat(float64(x), 'f', 6, 32))
		}
		rows.WriteString("]\n")
	}
	_, err := b.psql(ctx, strings.NewReader(rows.String()), `DROP TABLE IF EXISTS bench_pool, bench_posting`,
		fmt.Sprintf(`CREATE TABLE bench_pool (n integer PRIMARY KEY, v vector(%d) NOT NULL)`, benchDimension),
		`COPY bench_pool FROM STDIN`,
		fmt.Sprintf(`CREATE TABLE bench_posting AS
			SELECT 'w' || k AS term, array_agg(i ORDER BY i) AS ordinals, array_agg(1 + (i + k) %% 3) AS times, array_agg(60) AS lengths, count(*) FILTER (WHERE i < %d)::int AS few
			  FROM generate_series(0, %d) AS i, generate_series(1, %d) AS k
			 WHERE (hashint4(i * 1009 + k) & 1023) < 1024 * LEAST(0.5, 3.0 / k)
			 GROUP BY k`, searchOthers, searchRev-1, searchTerms),
		`GRANT SELECT ON bench_pool TO PUBLIC`, `ANALYZE bench_pool`)
	return err
}

// randomVectors returns n directions.
func randomVectors(n int) [][]float32 {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([][]float32, n)
	for k := range all {
		all[k] = make([]float32, benchDimension)
		sum := 0.0
		for i := range all[k] {
			x := random.NormFloat64()
			all[k][i], sum = float32(x), sum+x*x
		}
		for i := range all[k] {
			all[k][i] /= float32(math.Sqrt(sum))
		}
	}
	return all
}

// searchClinic makes a clinic with that many passages.
func (b *bench) searchClinic(ctx context.Context, w *parts, name string, passages int, large bool) (frontdesk.ClinicID, error) {
	clinic, err := w.db.AddClinic(ctx, frontdesk.Clinic{Name: name, Language: "en", Country: "FR", TimeZone: "Europe/Paris"})
	if err != nil {
		return "", err
	}
	if err := b.firstPassage(ctx, w, clinic.ID); err != nil { // the product says how its space is named
		return "", err
	}
	if large {
		if _, err := b.psql(ctx, nil, `DROP INDEX vector_384_large`, `UPDATE space SET large = true WHERE clinic_id = '`+string(clinic.ID)+`'`,
			`UPDATE vector_384 SET large = true WHERE clinic_id = '`+string(clinic.ID)+`'`); err != nil {
			return "", err
		}
	}
	of := fmt.Sprintf(`(SELECT '%s'::uuid AS clinic_id, md5('%s' || r)::uuid AS revision_id FROM generate_series(1, %d) AS r)`, clinic.ID, name, passages/searchRev)
	if err := b.fillRevisions(ctx, of, clinic.ID, searchRev, large); err != nil {
		return "", err
	}
	if large {
		_, err = b.psql(ctx, nil, `SET maintenance_work_mem = '1GB'`, `SET max_parallel_maintenance_workers = 2`,
			`CREATE INDEX vector_384_large ON vector_384 USING hnsw (vector vector_ip_ops) WHERE large`)
	}
	if err == nil {
		_, err = b.psql(ctx, nil, `VACUUM ANALYZE vector_384, passage, posting, revision, source, sentence`)
	}
	return clinic.ID, err
}

// otherClinics adds a thousand small ones, in the space of the first.
func (b *bench) otherClinics(ctx context.Context, like frontdesk.ClinicID) error {
	of := fmt.Sprintf(`(SELECT md5('other' || r)::uuid AS clinic_id, md5('revision' || r)::uuid AS revision_id FROM generate_series(2, %d) AS r)`, searchClinics)
	if err := b.fillRevisions(ctx, of, like, searchOthers, false); err != nil {
		return err
	}
	_, err := b.psql(ctx, nil, `VACUUM ANALYZE vector_384, passage, posting, revision, source, sentence`)
	return err
}

// fillRevisions fills live revisions of n passages each. of is a table of clinics and
// revisions; the space is that of the clinic like.
func (b *bench) fillRevisions(ctx context.Context, of string, like frontdesk.ClinicID, n int, large bool) error {
	const at = `'2026-01-01T00:00:00Z'`
	space := `(SELECT space_id FROM space WHERE clinic_id = '` + string(like) + `')`
	rows := fmt.Sprintf(`FROM (SELECT *, row_number() OVER (ORDER BY revision_id) AS r FROM %s x) o, generate_series(0, %d) AS i`, of, n-1)
	cut := func(column string) string {
		if n == searchRev {
			return column
		}
		return column + `[1:few]`
	}
	_, err := b.psql(ctx, nil,
		`INSERT INTO source (clinic_id, source_id, kind, name, location, location_hash, url, site, version, created_at, etag, last_modified, check_code)
		 SELECT clinic_id, revision_id, 'text', 'bench', 'bench', decode(md5(revision_id::text), 'hex'), '', '', 1, `+at+`, '', '', '' FROM `+of+` o`,
		fmt.Sprintf(`INSERT INTO revision (clinic_id, revision_id, source_id, number, hash, title, language, pages, passages, terms, unread, warnings, created_at, approved, approved_by, released)
		 SELECT clinic_id, revision_id, revision_id, 1, '', '', 'en', 1, %d, %d, '{}', '{}', %s, %s, 'bench', %s FROM %s o`, n, 60*n, at, at, at, of),
		`INSERT INTO passage (clinic_id, revision_id, ordinal, passage_id, page, kind, headings, text, question, language, site, general, hash, facts)
		 SELECT clinic_id, revision_id, i, md5(revision_id::text || i)::uuid, 1, 'text', '{Heading}', repeat('Some words of passage ' || i || '. ', 24), '', 'en', '', false, '', '[]' `+rows,
		`INSERT INTO posting (clinic_id, term, revision_id, ordinals, times, lengths)
		 SELECT clinic_id, term, revision_id, `+cut("ordinals")+`, `+cut("times")+`, `+cut("lengths")+` FROM `+of+` o, bench_posting WHERE few > 0`,
		fmt.Sprintf(`INSERT INTO vector_384 (clinic_id, space_id, revision_id, ordinal, large, vector)
		 SELECT clinic_id, %s, revision_id, i, %t, l2_normalize(a.v + c.v) %s
		   JOIN bench_pool a ON true JOIN bench_pool c ON true
		  WHERE a.n = (r * %d + i) %% %d AND c.n = ((r * %d + i) * 7 + r * 131) %% %d`, space, large, rows, n, searchPool, n, searchPool),
		fmt.Sprintf(`INSERT INTO sentence (clinic_id, space_id, revision_id, ordinal, packed)
		 SELECT clinic_id, %s, revision_id, i, decode(repeat('0000000018000000' || repeat('003c', %d), 3), 'hex') %s`, space, benchDimension, rows))
	return err
}

// firstPassage publishes one passage as the product does.
func (b *bench) firstPassage(ctx context.Context, w *parts, clinic frontdesk.ClinicID) error {
	at := w.now()
	ids := make([]string, 3)
	for i := range ids {
		id, err := frontdesk.NewID(at, rand8{})
		if err != nil {
			return fmt.Errorf("make id: %w", err)
		}
		ids[i] = id
	}
	sum := sha256.Sum256([]byte(clinic))
	hash := hex.EncodeToString(sum[:])
	revision := ingest.Revision{ID: frontdesk.RevisionID(ids[1]), Source: frontdesk.SourceID(ids[0]), Clinic: clinic, Hash: hash, Language: "en", Pages: 1, Created: at}
	vector := make([]float32, benchDimension)
	vector[0] = 1
	_, err := w.db.SaveDraft(ctx, ingest.Draft{
		Source:   ingest.Source{ID: revision.Source, Clinic: clinic, Kind: ingest.KindText, Name: "first", Location: "first", Created: at},
		Revision: revision, Space: searchSpace(),
		File:  ingest.File{Hash: hash, MIME: "text/plain", Name: "first", Data: []byte("first")},
		Audit: ingest.Audit{At: at, Actor: "bench", Action: "source.draft", Target: ids[1]},
		Passages: []ingest.DraftPassage{{
			Passage: frontdesk.Passage{ID: frontdesk.PassageID(ids[2]), Clinic: clinic, Revision: revision.ID, Kind: frontdesk.PassageText, Text: "first", Language: "en", Hash: hash},
			Terms:   map[string]int{"first": 1}, Length: 1, Embedding: ingest.Embedding{Vector: vector},
		}},
	})
	if err != nil {
		return fmt.Errorf("first passage: %w", err)
	}
	return nil
}

// rand8 gives ids their random part.
type rand8 struct{}

// Read implements [io.Reader].
func (rand8) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(rand.Uint32())
	}
	return len(p), nil
}

// searchTime is the mean time of a search and the processor time that it took, in
// milliseconds. Other work on the machine makes the first longer, and longer
// searches more so.
type searchTime struct{ mean, worked float64 }

// searchPair is our search and pgvector's own, measured in turns.
type searchPair struct{ ours, theirs searchTime }

// note tells what the pair cost in processor time.
func (p searchPair) note() string {
	return fmt.Sprintf("processor time %s ms against %s, %.2f ×", short(p.ours.worked), short(p.theirs.worked), p.ours.worked/p.theirs.worked)
}

// searchPair measures both.
func (b *bench) searchPair(ctx context.Context, w *parts, clinic frontdesk.ClinicID, large bool) (searchPair, error) {
	only := ""
	if large {
		only = "WHERE large "
	}
	bare := pgbenchRun{url: b.base.MigrateURL, clients: 1, took: max(b.seconds/(4*benchRounds), time.Second), script: fmt.Sprintf(
		"\\set n random(0, %d)\nSELECT revision_id, ordinal FROM vector_384 %sORDER BY vector <#> (SELECT v FROM bench_pool WHERE n = :n) LIMIT %d;\n", searchPool-1, only, searchLimit)}
	var ours, theirs []searchTime
	for range benchRounds {
		mean, err := b.searchOurs(ctx, w, clinic, bare.took)
		if err != nil {
			return searchPair{}, err
		}
		before, err := b.processor(ctx)
		if err != nil {
			return searchPair{}, err
		}
		tps, latency, err := b.pgbench(ctx, bare)
		if err != nil {
			return searchPair{}, err
		}
		after, err := b.processor(ctx)
		if err != nil {
			return searchPair{}, err
		}
		worked := milliseconds(after.minus(before).database) / (tps * bare.took.Seconds())
		ours, theirs = append(ours, mean), append(theirs, searchTime{latency, worked})
	}
	return searchPair{middle(ours), middle(theirs)}, nil
}

// middle returns the medians of times.
func middle(times []searchTime) searchTime {
	var mean, worked []float64
	for _, t := range times {
		mean, worked = append(mean, t.mean), append(worked, t.worked)
	}
	return searchTime{median(mean), median(worked)}
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// speed is the time of a fixed piece of work in the database, in milliseconds: what
// else the machine does changes between two measurements.
func (b *bench) speed(ctx context.Context) (float64, error) {
	_, latency, err := b.pgbench(ctx, pgbenchRun{url: b.base.MigrateURL, clients: 1, took: max(b.seconds/6, 2*time.Second), script: fmt.Sprintf(
		"\\set n random(0, %d)\nSELECT n FROM bench_pool ORDER BY v <#> (SELECT v FROM bench_pool WHERE n = :n) LIMIT %d;\n", searchPool-1, searchLimit)})
	return latency, err
}

const (
	searchWarm  = 2  // searches to learn the way and prepare it
	searchLeast = 20 // that are measured at least
)

// searchStride spreads the questions over the pool.
const searchStride = 379

// searchOurs measures our search.
func (b *bench) searchOurs(ctx context.Context, w *parts, clinic frontdesk.ClinicID, most time.Duration) (searchTime, error) {
	words := []string{"w1", "w6", "w40", "w150", "w350"}
	query := retrieval.Query{Space: searchSpace(), Limit: searchLimit}
	for _, word := range words {
		query.Terms = append(query.Terms, retrieval.Term{Text: word, Weight: 1})
	}
	n, spent := -searchWarm, time.Duration(0)
	var before processor
	for began := time.Now(); n < searchLeast || time.Since(began) < most; n++ {
		query.Vector = b.pool[(n+searchWarm)*searchStride%len(b.pool)]
		if n == 0 {
			var err error
			if before, err = b.processor(ctx); err != nil {
				return searchTime{}, err
			}
		}
		start := time.Now()
		found, err := w.db.Search(ctx, retrieval.Scope{Clinic: clinic, At: w.now()}, query)
		if err != nil {
			return searchTime{}, err
		}
		if len(found) < searchLimit {
			return searchTime{}, fmt.Errorf("only %d passages were found", len(found))
		}
		if n >= 0 {
			spent += time.Since(start)
		}
	}
	after, err := b.processor(ctx)
	if err != nil {
		return searchTime{}, err
	}
	worked := after.minus(before)
	return searchTime{milliseconds(spent) / float64(n), milliseconds(worked.service+worked.database) / float64(n)}, nil
}
