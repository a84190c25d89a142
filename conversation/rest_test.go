package conversation_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/store"
)

// markers stand for what must be found nowhere in clear: a patient's words, an
// identifier, a secret, a number.
var markers = []string{"MARKERWORD", "marker.secret@example.org", "4111111111111111", "33699999991"}

// lockedBuffer takes logs of many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestNothingOfAPatientIsInClearAtRestOrInLogs(t *testing.T) {
	t.Parallel()
	logs := &lockedBuffer{}
	b := setup(t, func(c *conversation.Config) {
		c.Log = slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	b.responder.decide = func(_ frontdesk.Dialogue, events []frontdesk.Event) *frontdesk.Decision {
		return &frontdesk.Decision{
			Outcome: frontdesk.OutcomeUnanswered, Replies: []frontdesk.Reply{{Text: "re: " + events[0].Message.Text}},
			Ticket:  &frontdesk.TicketRequest{Team: "reception", Priority: frontdesk.PriorityNormal, Reason: "asked", Summary: events[0].Message.Text},
			Effects: []frontdesk.Effect{frontdesk.RecordGap{Question: events[0].Message.Text, Language: "fr"}, frontdesk.ForwardStaff{Kind: "x", Detail: events[0].Message.Text}},
			Record:  frontdesk.Record{Question: events[0].Message.Text},
		}
	}
	b.sender.failing(func(m conversation.Outbound) error {
		return &conversation.SendError{Class: conversation.ClassUndeliverable, Code: 131026, Err: errBroken}
	})
	b.receive(b.engine, text("33699999991", "wamid.33699999991", "MARKERWORD marker.secret@example.org 4111111111111111"))
	b.eventually("a ticket for the failed send", func() bool { return len(b.tickets()) == 2 })

	conn, err := pgx.Connect(t.Context(), b.db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	dump := dumpDatabase(t, conn)
	for _, m := range markers {
		if strings.Contains(dump, m) || strings.Contains(dump, hexOf(m)) {
			t.Errorf("%q is in the database in clear", m)
		}
		if strings.Contains(logs.String(), m) {
			t.Errorf("%q is in the logs", m)
		}
	}
	lines := b.transcript(b.key())
	if got, want := lines[0].Text, "MARKERWORD ⟦email:1⟧ ⟦card:1⟧"; got != want {
		t.Errorf("stored text %q, want %q", got, want)
	}
	if raw := countRaw(t, conn); raw != 0 {
		t.Errorf("%d payloads outlived their turn", raw)
	}
}

// dumpDatabase returns every row of every table as text.
func dumpDatabase(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var clinics []string
	rows, err = conn.Query(t.Context(), `SELECT clinic_id::text FROM directory_clinic`)
	if err == nil {
		clinics, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	for _, clinic := range clinics {
		if _, err := conn.Exec(t.Context(), `SELECT set_config('frontdesk.clinic', $1, false)`, clinic); err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			rows, err := conn.Query(t.Context(), `SELECT r::text FROM `+pgx.Identifier{table}.Sanitize()+` AS r`)
			if err != nil {
				t.Fatal(err)
			}
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			dump.WriteString(strings.Join(found, "\n"))
		}
	}
	if dump.Len() < 1000 {
		t.Fatalf("the dump holds only %d bytes", dump.Len())
	}
	return dump.String()
}

// hexOf is a text as PostgreSQL prints bytea.
func hexOf(text string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func countRaw(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM message WHERE raw IS NOT NULL`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestImportedContactIsKnownBeforeAndAfterItWrites(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ctx := t.Context()
	if err := b.repo.ImportContacts(ctx, b.clinic.ID, []store.ImportedContact{{Phone: "+33 6 00 00 00 01", Name: "Ana", Language: "it"}}); err != nil {
		t.Fatal(err)
	}
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("an answer", func() bool { return len(b.sender.all()) == 1 })
	if got := b.responder.turns[0].Contact; got.GreetingName() != "Ana" || got.Language != "it" {
		t.Fatalf("contact %+v", got)
	}
	if err := b.repo.ImportContacts(ctx, b.clinic.ID, []store.ImportedContact{{Phone: "0033600000001"}, {Phone: "+33600000001", Name: "Ana", Patients: []string{"Ana", "Leo"}}}); err != nil {
		t.Fatal(err)
	}
	b.receive(b.engine, text("33600000001", "wamid.A2", "Hello."))
	b.eventually("an answer", func() bool { return len(b.sender.all()) == 2 })
	if got := b.responder.turns[1].Contact; got.GreetingName() != "" {
		t.Fatalf("a shared number is greeted by name: %+v", got)
	}
	if err := b.repo.ImportContacts(ctx, b.clinic.ID, []store.ImportedContact{{Phone: "none"}}); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
		t.Fatalf("a contact without number: %v", err)
	}
}

func TestMessagesAreFoundByWords(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A1", "Parking for bicycles"), text("33600000002", "wamid.B1", "Parking only"))
	b.eventually("answers", func() bool { return len(b.sender.all()) == 2 })
	for words, want := range map[string]int{"parking": 2, "parking bicycles": 1, "parking trains": 0} {
		found, err := b.repo.FindMessages(t.Context(), b.clinic.ID, strings.Fields(words), 10)
		if err != nil || len(found) != want {
			t.Errorf("%q found %d conversations, want %d (%v)", words, len(found), want, err)
		}
	}
}

func TestFileOfAPatientIsKeptSealed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("an answer", func() bool { return len(b.sender.all()) == 1 })
	key := b.key()
	message := b.transcript(key)[0].ID
	file := conversation.File{Bytes: bytes.Repeat([]byte("MARKERFILE"), 60_000), MIME: "image/png"}
	if err := b.repo.SaveMedia(t.Context(), key, message, file, false); err != nil {
		t.Fatal(err)
	}
	got, err := b.repo.LoadMedia(t.Context(), b.clinic.ID, message)
	if err != nil || !bytes.Equal(got.Bytes, file.Bytes) || got.MIME != file.MIME {
		t.Fatalf("%d bytes of %q, %v", len(got.Bytes), got.MIME, err)
	}
}
