package store_test

import (
	"slices"
	"testing"

	"frontdesk/internal/testdb"
	"frontdesk/store"
)

// A table that refers to a contact, a conversation, a message or a turn holds data of
// a person: it must be in the list that exports and erasures go by.
func TestNoTableOfAPersonIsForgotten(t *testing.T) {
	t.Parallel()
	owner := connect(t, testdb.New(t).OwnerURL)
	tables := column(t, owner, `
		SELECT DISTINCT table_name::text FROM information_schema.columns
		 WHERE table_schema = 'public' AND column_name IN ('contact_id', 'conversation_id', 'message_id', 'turn_id', 'subject_id')
		   AND table_name NOT LIKE 'directory\_%'`)
	if len(tables) < 15 {
		t.Fatalf("only %v", tables)
	}
	for _, table := range tables {
		if !slices.Contains(store.PersonTables(), table) {
			t.Errorf("%s is in nobody's list: an export lacks it and an erasure leaves it", table)
		}
	}
}
