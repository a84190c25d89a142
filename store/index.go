package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"frontdesk"
	"frontdesk/retrieval"
)

var _ retrieval.Index = (*DB)(nil)

// BM25 with k1 = 1.2 and b = 0.75, as Robertson and Zaragoza recommend them (The
// Probabilistic Relevance Framework, 2009, section 3.5), folded:
// idf · times · (k1 + 1) / (times + k1 · (1 - b) + k1 · b / average · length).
const (
	bm25Factor = "2.2" // k1 + 1
	bm25Base   = "0.3" // k1 · (1 - b)
	bm25Slope  = "0.9" // k1 · b
)

// A search scores at most so many postings: the rarest terms of the query come
// first, and the first always counts. In a large clinic a term of more passages
// than that tells little.
const (
	postingsLimit      = 3000
	postingsLimitLarge = 1000
)

// How many neighbours the approximate index keeps in sight on its walk: as many as
// are wanted, within pgvector's default and its limit.
const (
	leastWalk = 40
	mostWalk  = 1000
)

// The steps of a search are common table expressions of one statement. $1 clinic,
// $2 instant, $3 drafts, $4 without, $5 terms, $6 their weights, $7 limit, and
// with a vector $8 vector, $9 space; %[1]s is the table of vectors and %[2]d the
// limit of postings.
const (
	visibleStep = `
		visible AS MATERIALIZED (
			SELECT r.revision_id, r.source_id, r.number, r.passages, r.terms, COALESCE(r.effective, r.created_at) AS effective
			  FROM revision r
			 WHERE r.clinic_id = $1 AND ` + visibleRevision + `)`

	// lexicalStep counts the postings of all terms, by the index alone, and scores
	// those of the chosen ones.
	lexicalStep = `,
		total AS MATERIALIZED (
			SELECT sum(passages)::float8 AS passages,
			       ` + bm25Slope + ` * sum(passages)::float8 / GREATEST(sum(terms), 1)::float8 AS slope
			  FROM visible),
		list AS MATERIALIZED (
			SELECT p.term, p.found
			  FROM posting p
			 WHERE p.clinic_id = $1 AND p.term = ANY($5)
			   AND p.revision_id = ANY(ARRAY(SELECT revision_id FROM visible))),
		rarity AS (
			SELECT term, found, (sum(found) OVER (ORDER BY found, term) - found)::float8 AS before
			  FROM (SELECT term, sum(found)::float8 AS found FROM list GROUP BY term) f),
		chosen AS MATERIALIZED (
			SELECT y.term, ` + bm25Factor + ` * q.weight * ln(1 + (t.passages - y.found + 0.5) / (y.found + 0.5)) AS weight
			  FROM rarity y
			  JOIN unnest($5::text[], $6::float8[]) AS q (term, weight) ON q.term = y.term
			 CROSS JOIN total t
			 WHERE y.before + y.found <= %[2]d OR y.before = 0),
		lexical AS MATERIALIZED (
			SELECT p.revision_id, o.ordinal,
			       sum(c.weight * o.times / (o.times + ` + bm25Base + ` + t.slope * o.length)) AS score
			  FROM posting p
			  JOIN chosen c ON c.term = p.term
			 CROSS JOIN total t
			 CROSS JOIN LATERAL unnest(p.ordinals, p.times, p.lengths) AS o (ordinal, times, length)
			 WHERE p.clinic_id = $1 AND p.term = ANY(ARRAY(SELECT term FROM chosen))
			   AND p.revision_id = ANY(ARRAY(SELECT revision_id FROM visible))
			 GROUP BY p.revision_id, o.ordinal),
		matching AS MATERIALIZED (
			SELECT revision_id, ordinal, score FROM lexical ORDER BY score DESC, revision_id, ordinal LIMIT $7)`

	// exactStep compares all vectors of the clinic.
	exactStep = `,
		nearest AS MATERIALIZED (
			SELECT v.revision_id, v.ordinal
			  FROM %[1]s v
			 WHERE v.clinic_id = $1 AND v.space_id = $9
			   AND v.revision_id = ANY(ARRAY(SELECT revision_id FROM visible))
			 ORDER BY v.vector <#> $8 LIMIT $7)`

	// approximateStep walks the index of large clinics until enough rows fit.
	approximateStep = `,
		nearest AS MATERIALIZED (
			SELECT v.revision_id, v.ordinal
			  FROM %[1]s v
			 WHERE v.large AND v.clinic_id = $1 AND v.space_id = $9
			   AND v.revision_id = ANY(ARRAY(SELECT revision_id FROM visible))
			 ORDER BY v.vector <#> $8 LIMIT $7)`

	// lookUp reads what was found, row by row by its whole key. OFFSET 0 keeps each
	// look-up by itself: joined freely, the planner takes one row for what a revision
	// has, and reads all of them for each.
	lookUp = `
		  JOIN visible r ON r.revision_id = m.revision_id
		  JOIN source s ON s.clinic_id = $1 AND s.source_id = r.source_id
		 CROSS JOIN LATERAL (
			SELECT * FROM passage p WHERE p.clinic_id = $1 AND p.revision_id = m.revision_id AND p.ordinal = m.ordinal OFFSET 0) p`

	termsOnlyEnd = `
		SELECT ` + passageColumns + `, r.effective, -1::float8, m.score, NULL::bytea
		  FROM matching m` + lookUp

	vectorEnd = `,
		best AS MATERIALIZED (
			SELECT revision_id, ordinal, max(score) AS score
			  FROM (SELECT revision_id, ordinal, score, false AS best FROM lexical
			        UNION ALL SELECT revision_id, ordinal, NULL, true FROM matching
			        UNION ALL SELECT revision_id, ordinal, NULL, true FROM nearest) u
			 GROUP BY revision_id, ordinal
			HAVING bool_or(best))
		SELECT ` + passageColumns + `, r.effective, COALESCE(-(v.vector <#> $8), -1), COALESCE(m.score, 0), t.packed
		  FROM best m` + lookUp + `
		  LEFT JOIN LATERAL (
			SELECT v.vector FROM %[1]s v
			 WHERE v.clinic_id = $1 AND v.revision_id = m.revision_id AND v.ordinal = m.ordinal AND v.space_id = $9 OFFSET 0) v ON true
		  LEFT JOIN LATERAL (
			SELECT t.packed FROM sentence t
			 WHERE t.clinic_id = $1 AND t.revision_id = m.revision_id AND t.ordinal = m.ordinal AND t.space_id = $9 OFFSET 0) t ON true`
)

// spaceKey names a clinic's space in memory.
type spaceKey struct {
	clinic frontdesk.ClinicID
	space  int64
}

// spaceAge is how long a clinic's vectors are taken to be outside the approximate
// index before that is asked again.
const spaceAge = 10 * time.Second

// spaceSeen is what was last seen of a clinic's space.
type spaceSeen struct {
	large bool
	at    time.Time
}

// seenSpace returns what was last seen of a space, the zero value if nothing was.
func (db *DB) seenSpace(key spaceKey) spaceSeen {
	seen, _ := db.spaces.Load(key)
	known, _ := seen.(spaceSeen)
	return known
}

// Search implements [retrieval.Index]. The result is ordered by cosine, then BM25.
func (db *DB) Search(ctx context.Context, scope retrieval.Scope, query retrieval.Query) ([]retrieval.Candidate, error) {
	if query.Limit <= 0 {
		return nil, nil
	}
	batch := &pgx.Batch{}
	var found []retrieval.Candidate
	statement, args, err := db.searchStatement(batch, scope, query)
	if err != nil {
		return nil, err
	}
	batch.Queue(statement, args...).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, scanCandidate(scope.Clinic, query.Vector))
		return err
	})
	if err := db.InClinicBatch(ctx, scope.Clinic, batch); err != nil {
		return nil, fmt.Errorf("search passages: %w", err)
	}
	slices.SortFunc(found, func(a, b retrieval.Candidate) int {
		return cmp.Or(cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(b.BM25, a.BM25), strings.Compare(string(a.Passage.ID), string(b.Passage.ID)))
	})
	return found, nil
}

// searchStatement builds the search and queues before it what it needs.
func (db *DB) searchStatement(batch *pgx.Batch, scope retrieval.Scope, query retrieval.Query) (string, []any, error) {
	terms, weights := mergeTerms(query.Terms)
	// Fresh tables have no statistics, while every step has its index; few clinics have
	// as many revisions as the planner's one, so what is joined freely is joined by
	// hash; and planning this statement anew each time would cost more than running it.
	batch.Queue(`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
		set_config('plan_cache_mode', 'force_generic_plan', true)`)
	args := []any{scope.Clinic, scope.At, notNil(scope.Drafts), notNil(scope.Without), terms, weights, query.Limit}
	if query.Vector == nil {
		return fmt.Sprintf("WITH"+visibleStep+lexicalStep+termsOnlyEnd, "", postingsLimit), args, nil
	}
	table, err := vectorTable(query.Space)
	if err != nil {
		return "", nil, err
	}
	if len(query.Vector) != query.Space.Dimension {
		return "", nil, fmt.Errorf("search: vector of %d dimensions in a space of %d", len(query.Vector), query.Space.Dimension)
	}
	key := spaceKey{scope.Clinic, spaceID(query.Space)}
	step, limit := exactStep, postingsLimit
	now := db.now()
	if seen := db.seenSpace(key); seen.large {
		step, limit = approximateStep, postingsLimitLarge
		batch.Queue(`SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', $1, true),
			set_config('enable_sort', 'off', true)`, strconv.Itoa(min(max(query.Limit, leastWalk), mostWalk)))
	} else if seen.at.IsZero() || now.Sub(seen.at) >= spaceAge || now.Before(seen.at) {
		// The answer comes too late for this search and in time for the next one.
		batch.Queue(`SELECT large FROM space WHERE clinic_id = $1 AND space_id = $2`, key.clinic, key.space).Query(func(rows pgx.Rows) error {
			var large bool
			_, err := pgx.ForEachRow(rows, []any{&large}, func() error { db.spaces.Store(key, spaceSeen{large, now}); return nil })
			return err
		})
	}
	statement := fmt.Sprintf("WITH"+visibleStep+lexicalStep+step+vectorEnd, table, limit)
	return statement, append(args, pgvector.NewVector(query.Vector), key.space), nil
}

// mergeTerms lists each term once, with its greatest weight.
func mergeTerms(terms []retrieval.Term) (texts []string, weights []float64) {
	texts, weights = []string{}, []float64{}
	for _, t := range terms {
		if i := slices.Index(texts, t.Text); i >= 0 {
			weights[i] = max(weights[i], t.Weight)
			continue
		}
		texts, weights = append(texts, t.Text), append(weights, t.Weight)
	}
	return texts, weights
}

func scanCandidate(clinic frontdesk.ClinicID, vector []float32) func(row pgx.CollectableRow) (retrieval.Candidate, error) {
	return func(row pgx.CollectableRow) (retrieval.Candidate, error) {
		c := retrieval.Candidate{Passage: frontdesk.Passage{Clinic: clinic}}
		var packed []byte
		var effective time.Time
		targets, facts := passageTargets(&c.Passage)
		if err := row.Scan(append(targets, &effective, &c.Cosine, &c.BM25, &packed)...); err != nil {
			return c, err
		}
		c.Effective, c.Facts = effective.UTC(), facts
		if packed != nil {
			var err error
			if c.Sentences, err = compareSentences(packed, vector); err != nil {
				return c, err
			}
		}
		return c, nil
	}
}
