package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/language"
)

// personTable is a table that holds data of a person who writes to a clinic. A test
// compares the list with the schema, so that no table is forgotten.
type personTable struct {
	name string
	id   string // of a row, as its sealed values are bound to it
	of   string // which rows are the person's: $2 contacts, $3 conversations, $4 turns, $5 tickets and effects
	open []string
	// blank is what an erasure sets; figures keep the clear columns that stay. "" deletes the rows.
	blank string
}

// personTables lists them, those that others refer to last.
func personTables() []personTable {
	const (
		ofContact      = "contact_id = ANY ($2)"
		ofConversation = "conversation_id = ANY ($3)"
		ofMessage      = "message_id IN (SELECT message_id FROM message WHERE clinic_id = $1 AND conversation_id = ANY ($3))"
		ofTurn         = "turn_id = ANY ($4)"
	)
	return []personTable{
		{name: "media_chunk", id: "message_id || '/' || number", of: ofMessage, open: []string{"sealed"}},
		{name: "media", id: "message_id", of: ofMessage},
		{name: "message_word", id: "message_id", of: ofMessage},
		{name: "gap", id: "gap_id", of: ofTurn, open: []string{"question"}, blank: "question = '', closed_at = COALESCE(closed_at, $6), closed_by = 'erased'"},
		{name: "staff_notice", id: "notice_id", of: "subject_id = ANY ($5)", open: []string{"sealed"}},
		{name: "webhook_delivery", id: "delivery_id", of: "subject_id = ANY ($5) OR subject_id = ANY ($3)"},
		{name: "event", id: "event_id", of: ofConversation, open: []string{"sealed"}},
		{name: "effect", id: "effect_id", of: ofConversation, open: []string{"sealed"}},
		{name: "note", id: "note_id", of: ofConversation, open: []string{"sealed"}},
		{name: "conversation_tag", id: "conversation_id", of: ofConversation},
		{name: "citation", id: "turn_id", of: ofConversation, blank: "at = at"},
		{name: "message", id: "message_id", of: ofConversation, open: []string{"sealed", "tokens", "raw"},
			blank: "sealed = '', tokens = NULL, raw = NULL, provider_hash = decode(replace(message_id::text, '-', ''), 'hex'), decided_at = COALESCE(decided_at, $6)"},
		{name: "turn", id: "turn_id", of: ofConversation, open: []string{"record"}, blank: "record = ''"},
		{name: "outbound", id: "outbound_id", of: ofConversation, open: []string{"sealed"},
			blank: "sealed = '', provider_hash = NULL, state = CASE WHEN state IN ('queued', 'sending') THEN 'cancelled' ELSE state END, ended_at = COALESCE(ended_at, $6)"},
		{name: "ticket", id: "ticket_id", of: ofConversation, open: []string{"summary"},
			blank: "summary = NULL, close_reason = CASE WHEN closed_at IS NULL THEN 'erased' ELSE close_reason END, closed_at = COALESCE(closed_at, $6), updated_at = $6"},
		{name: "episode", id: "episode_id", of: ofConversation, blank: "ended_at = COALESCE(ended_at, $6)"},
		{name: "identity", id: "conversation_id", of: ofContact},
		{name: "contact_phone", id: "contact_id", of: ofContact},
		{name: "consent", id: "consent_id", of: ofContact},
		{name: "conversation", id: "conversation_id", of: ofConversation, open: []string{"recipient", "state"},
			blank: "recipient = '', state = NULL, pen = 'bot', epoch = epoch + 1, lease_holder = NULL, lease_until = NULL, ticket_id = NULL"},
		{name: "contact", id: "contact_id", of: ofContact, open: []string{"sealed"},
			blank: "sealed = NULL, language = '', opted_out_at = NULL, welcomed_at = NULL, erased_at = $6"},
	}
}

// personKeys are the ids by which a person's rows are found.
type personKeys struct {
	contacts, conversations, turns, subjects []string
}

// arguments are those of the conditions of [personTables].
func (k personKeys) arguments(clinic frontdesk.ClinicID) []any {
	return []any{clinic, k.contacts, k.conversations, k.turns, k.subjects}
}

// FindPerson returns the contacts of a number with its country code, or the contact
// of an id. Nobody is [frontdesk.CodeNotFound].
func (db *DB) FindPerson(ctx context.Context, clinic frontdesk.ClinicID, person string) ([]frontdesk.ContactID, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	query, by := `
		SELECT contact_id FROM contact_phone WHERE clinic_id = $1 AND phone_hash = $2
		 UNION
		SELECT contact_id FROM identity WHERE clinic_id = $1 AND phone_hash = $2`, any(phoneHash(keys, person))
	if isID(person) {
		query, by = `SELECT contact_id FROM contact WHERE clinic_id = $1 AND contact_id = $2 AND erased_at IS NULL`, person
	}
	var found []frontdesk.ContactID
	batch := &pgx.Batch{}
	batch.Queue(query, clinic, by).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowTo[frontdesk.ContactID])
		return err
	})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("find person: %w", err)
	}
	if len(found) == 0 {
		return nil, notFound("The clinic knows nobody by this number or id. Write the number with its country code.")
	}
	return found, nil
}

func findPersonKeys(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, contacts []frontdesk.ContactID) (personKeys, error) {
	k := personKeys{contacts: []string{}, conversations: []string{}, turns: []string{}, subjects: []string{}}
	for _, id := range contacts {
		k.contacts = append(k.contacts, string(id))
	}
	for _, find := range []struct {
		query string
		by    *[]string
		to    *[]string
	}{
		{`SELECT conversation_id::text FROM conversation WHERE clinic_id = $1 AND contact_id = ANY ($2::uuid[])`, &k.contacts, &k.conversations},
		{`SELECT turn_id::text FROM turn WHERE clinic_id = $1 AND conversation_id = ANY ($2::uuid[])`, &k.conversations, &k.turns},
		{`SELECT ticket_id::text FROM ticket WHERE clinic_id = $1 AND conversation_id = ANY ($2::uuid[])
		   UNION SELECT effect_id::text FROM effect WHERE clinic_id = $1 AND conversation_id = ANY ($2::uuid[])`, &k.conversations, &k.subjects},
	} {
		rows, err := tx.Query(ctx, find.query, clinic, *find.by)
		if err != nil {
			return k, err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return k, err
		}
		*find.to = append(*find.to, ids...)
	}
	return k, nil
}

// PersonRow is a row that holds a person's data: its clear columns, and what was
// sealed, opened.
type PersonRow struct {
	ID     string                     `json:"id"`
	Clear  json.RawMessage            `json:"columns"`
	Opened map[string]json.RawMessage `json:"opened,omitempty"` // bytes as base64
}

// PersonData is all that the database holds about a person, by table.
type PersonData struct {
	Contacts []frontdesk.ContactID  `json:"contacts"`
	Tables   map[string][]PersonRow `json:"tables"`
}

// ReadPerson reads all that a clinic holds about contacts.
func (db *DB) ReadPerson(ctx context.Context, clinic frontdesk.ClinicID, contacts []frontdesk.ContactID) (PersonData, error) {
	data := PersonData{Contacts: contacts, Tables: map[string][]PersonRow{}}
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return data, err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		k, err := findPersonKeys(ctx, tx, clinic, contacts)
		if err != nil {
			return err
		}
		for _, table := range personTables() {
			if data.Tables[table.name], err = readPersonTable(ctx, tx, keys, table, k); err != nil {
				return fmt.Errorf("table %s: %w", table.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return data, fmt.Errorf("read person: %w", err)
	}
	return data, nil
}

// hiddenColumns are look-up values: HMACs that tell nobody anything.
const hiddenColumns = `'{clinic_id,stem_hash,provider_hash,external_hash,phone_hash,address}'::text[]`

func readPersonTable(ctx context.Context, tx pgx.Tx, keys *clinicKeys, table personTable, k personKeys) ([]PersonRow, error) {
	columns := "ARRAY[]::bytea[]"
	hidden := hiddenColumns
	if len(table.open) > 0 {
		columns = "ARRAY[" + strings.Join(table.open, ", ") + "]::bytea[]"
		hidden += " || '{" + strings.Join(table.open, ",") + "}'::text[]"
	}
	rows, err := tx.Query(ctx, personParameters+`SELECT (`+table.id+`)::text, to_jsonb(t) - (`+hidden+`), `+columns+`
		  FROM `+table.name+` t, given WHERE t.clinic_id = $1 AND (`+table.of+`) ORDER BY 1`, k.arguments(keys.clinic)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (PersonRow, error) {
		var r PersonRow
		var sealed [][]byte
		if err := row.Scan(&r.ID, &r.Clear, &sealed); err != nil {
			return r, err
		}
		for i, value := range sealed {
			if len(value) == 0 {
				continue
			}
			plain, err := keys.open(Place{Table: table.name, Column: table.open[i], ID: r.ID}, value)
			if err != nil {
				return r, err
			}
			if r.Opened == nil {
				r.Opened = map[string]json.RawMessage{}
			}
			if r.Opened[table.open[i]], err = openedJSON(table.name, plain); err != nil {
				return r, err
			}
		}
		return r, nil
	})
}

// personParameters names all parameters once, so that each statement may use some.
const personParameters = `WITH given AS (SELECT $2::uuid[] AS contacts, $3::uuid[] AS conversations, $4::uuid[] AS turns, $5::uuid[] AS subjects) `

// openedJSON is what was sealed, as JSON: as it is, as a text, or bytes of a file.
func openedJSON(table string, plain []byte) (json.RawMessage, error) {
	var as any = string(plain)
	switch {
	case table == "media_chunk":
		as = plain
	case json.Valid(plain):
		return plain, nil
	}
	raw, err := json.Marshal(as)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return raw, nil
}

// ownCases returns the ids of the clinic's own cases whose words are the person's:
// cases hold no reference to who asked.
func ownCases(cases []Case, data PersonData) []string {
	asked := map[string]bool{}
	for _, row := range slices.Concat(data.Tables["message"], data.Tables["turn"], data.Tables["gap"]) {
		for _, opened := range row.Opened {
			for _, text := range textsOf(opened) {
				asked[language.Fold(text)] = true
			}
		}
	}
	var ids []string
	for _, c := range cases {
		if c.Origin == CaseByHand {
			continue
		}
		for _, turn := range c.Case.Turns {
			if asked[language.Fold(turn.Say)] {
				ids = append(ids, c.ID)
				break
			}
		}
	}
	return ids
}

// textsOf returns every text in a JSON value.
func textsOf(raw json.RawMessage) []string {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return nil
	}
	var texts []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key])
			}
		}
	}
	walk(value)
	return texts
}
