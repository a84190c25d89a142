package store_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

func idAt(t testing.TB, at time.Time) string {
	t.Helper()
	id, err := frontdesk.NewID(at, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// generatedWeek fills a clinic with conversations on two channels, some days before
// to some days after the week in which the clocks go back.
func generatedWeek(t testing.TB, db *testdb.Database, clinic frontdesk.ClinicID, seed uint64) {
	t.Helper()
	random := mathrand.New(mathrand.NewPCG(seed, 1))
	start := time.Date(2026, 10, 16, 0, 0, 0, 0, time.UTC)
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	batch := &pgx.Batch{}
	insert := func(sql string, args ...any) { batch.Queue(sql, append([]any{clinic}, args...)...) }
	var accounts []string
	for _, channel := range []string{"whatsapp", "web"} {
		accounts = append(accounts, newID(t))
		insert(`INSERT INTO channel_account (clinic_id, account_id, channel, sealed, created_at) VALUES ($1, $2, $3, '', $4)`, accounts[len(accounts)-1], channel, start)
	}
	for n := range 120 {
		contact, conversation, account := newID(t), newID(t), accounts[random.IntN(2)]
		at := start.Add(time.Duration(random.IntN(13*24*60*60)) * time.Second)
		insert(`INSERT INTO contact (clinic_id, contact_id, created_at) VALUES ($1, $2, $3)`, contact, at)
		insert(`INSERT INTO conversation (clinic_id, conversation_id, account_id, contact_id, recipient, window_at, episode_id, created_at) VALUES ($1, $2, $3, $4, '', $5, $2, $5)`, conversation, account, contact, at)
		for range 1 + random.IntN(2) {
			episode := idAt(t, at)
			var ended *time.Time
			if next := at.Add(24*time.Hour + time.Duration(random.IntN(50))*time.Hour); random.IntN(2) == 0 {
				ended = &next
			}
			insert(`INSERT INTO episode (clinic_id, episode_id, conversation_id, started_at, ended_at) VALUES ($1, $2, $3, $4, $5)`, episode, conversation, at, ended)
			for m := range 1 + random.IntN(5) {
				said := at.Add(time.Duration(m*random.IntN(90)) * time.Minute)
				insert(`INSERT INTO message (clinic_id, message_id, account_id, provider_hash, conversation_id, kind, staff, language, labels, sealed, at, received_at) VALUES ($1, $2, $3, decode($4, 'hex'), $5, 'text', $6, $7, '{}', '', $8, $8)`,
					idAt(t, said), account, hashOf(fmt.Sprint(n, m, said)), conversation, random.IntN(8) == 0, pick("fr", "fr", "it", "ar"), said)
				turn := idAt(t, said)
				insert(`INSERT INTO turn (clinic_id, turn_id, conversation_id, episode_id, at, received_at, outcome, mode, language, labels, record) VALUES ($1, $2, $3, $4, $5, $5, $6, 'quote', 'fr', '{}', '')`,
					turn, conversation, episode, said, pick("answered", "unanswered", "clinical", "handover"))
				if random.IntN(4) == 0 {
					var closed *time.Time
					if random.IntN(2) == 0 {
						closed = &said
					}
					insert(`INSERT INTO gap (clinic_id, gap_id, turn_id, question, language, at, closed_at, closed_by) VALUES ($1, $2, $3, '', 'fr', $4, $5, '')`, newID(t), turn, said, closed)
				}
				if random.IntN(3) > 0 {
					sent := said.Add(time.Duration(random.IntN(4000)) * time.Millisecond)
					insert(`INSERT INTO outbound (clinic_id, outbound_id, conversation_id, origin, sealed, state, due, created_at, ended_at) VALUES ($1, $2, $3, $4, '', $5, $6, $6, $7)`,
						idAt(t, said), conversation, pick("turn", "staff"), pick("sent", "sent", "cancelled", "failed"), said, sent)
				}
			}
			if random.IntN(3) == 0 {
				opened := at.Add(time.Duration(random.IntN(600)) * time.Second)
				var taken *time.Time
				if after := opened.Add(time.Duration(random.IntN(7200)) * time.Second); random.IntN(3) > 0 {
					taken = &after
				}
				insert(`INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, quiet, opened_at, updated_at, taken_at) VALUES ($1, $2, $3, $4, 'reception', 'normal', $5, $6, $7, $7, $8)`,
					newID(t), conversation, episode, pick("asked", "urgent", "taken"), random.IntN(5) == 0, opened, taken)
			}
			at = at.Add(60 * time.Hour)
		}
	}
	if err := db.InClinicBatch(t.Context(), clinic, batch); err != nil {
		t.Fatal(err)
	}
}

// plainFigures are the same figures by plain SQL over the raw tables, with local
// times and channels as the database tells them, and sorted out in another way.
func plainFigures(t testing.TB, owner *pgx.Conn, clinic frontdesk.Clinic, first, last string, channel string) frontdesk.Figures {
	t.Helper()
	var f frontdesk.Figures
	inPeriod := func(column string) string {
		return fmt.Sprintf(`(%s AT TIME ZONE '%s')::date BETWEEN '%s' AND '%s'`, column, clinic.TimeZone, first, last)
	}
	ofChannel := func(column string) string {
		return fmt.Sprintf(`%s IN (SELECT conversation_id FROM conversation JOIN channel_account USING (clinic_id, account_id) WHERE '%s' IN ('', channel))`, column, channel)
	}
	scan := func(to []any, sql string) {
		t.Helper()
		if err := owner.QueryRow(t.Context(), sql, clinic.ID).Scan(to...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	named := func(sql string) (list []frontdesk.CountedAs) {
		t.Helper()
		rows, err := owner.Query(t.Context(), sql, clinic.ID)
		if err != nil {
			t.Fatal(err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[frontdesk.CountedAs])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	episodes := `FROM episode e WHERE clinic_id = $1 AND ` + inPeriod("started_at") + ` AND ` + ofChannel("conversation_id")
	const handed = `episode_id IN (SELECT episode_id FROM ticket WHERE quiet = false)`
	scan([]any{&f.Episodes, &f.Contained}, `SELECT count(*), count(*) - count(*) FILTER (WHERE `+handed+`) `+episodes)
	for day := range 7 {
		d := frontdesk.DayFigures{Day: fmt.Sprintf("2026-10-%02d", 19+day)}
		scan([]any{&d.Episodes, &d.Contained}, `SELECT count(*), count(*) FILTER (WHERE NOT `+handed+`) `+episodes+` AND (started_at AT TIME ZONE '`+clinic.TimeZone+`')::date = '`+d.Day+`'`)
		f.Days = append(f.Days, d)
	}
	messages := `FROM message WHERE clinic_id = $1 AND staff = false AND ` + inPeriod("received_at") + ` AND ` + ofChannel("conversation_id")
	scan([]any{&f.Messages}, `SELECT count(*) `+messages)
	for day := range 7 {
		for hour := range 24 {
			scan([]any{&f.Hours[day][hour]}, fmt.Sprintf(`SELECT count(*) %s AND extract(isodow FROM received_at AT TIME ZONE '%s') = %d AND extract(hour FROM received_at AT TIME ZONE '%s') = %d`,
				messages, clinic.TimeZone, day+1, clinic.TimeZone, hour))
		}
	}
	f.Languages = named(`SELECT language, count(*) ` + messages + ` GROUP BY language ORDER BY 2 DESC, 1`)
	f.Outcomes = named(`SELECT outcome, count(*) FROM turn WHERE clinic_id = $1 AND ` + inPeriod("at") + ` AND ` + ofChannel("conversation_id") + ` GROUP BY outcome ORDER BY 2 DESC, 1`)
	tickets := `FROM ticket WHERE clinic_id = $1 AND NOT quiet AND ` + inPeriod("opened_at") + ` AND ` + ofChannel("conversation_id")
	f.Reasons = named(`SELECT reason, count(*) ` + tickets + ` GROUP BY reason ORDER BY 2 DESC, 1`)
	scan([]any{&f.Handovers}, `SELECT count(*) `+tickets)
	scan([]any{&f.Gaps, &f.GapsOpen}, `SELECT count(*), count(*) - count(g.closed_at) FROM gap g JOIN turn USING (clinic_id, turn_id) WHERE clinic_id = $1 AND `+inPeriod("g.at")+` AND `+ofChannel("conversation_id"))
	f.ToAPerson, f.Untaken = plainSpread(t, owner, clinic.ID, `SELECT extract(epoch FROM taken_at)::float8 - extract(epoch FROM opened_at)::float8 `+tickets+` AND reason != 'taken'`)
	f.FirstReply, f.Unreplied = plainSpread(t, owner, clinic.ID, `SELECT (SELECT extract(epoch FROM min(o.ended_at))::float8 FROM outbound o
		WHERE o.conversation_id = e.conversation_id AND o.state = 'sent' AND o.ended_at >= e.started_at AND o.ended_at < COALESCE(e.ended_at, 'infinity'))
		- extract(epoch FROM started_at)::float8 `+episodes)
	return f
}

// plainSpread takes the middle and the 95th percentile of a column by hand.
func plainSpread(t testing.TB, owner *pgx.Conn, clinic frontdesk.ClinicID, sql string) (spread frontdesk.Spread, without int) {
	t.Helper()
	rows, err := owner.Query(t.Context(), sql, clinic)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[*float64])
	if err != nil {
		t.Fatal(err)
	}
	var known []float64
	for _, v := range values {
		if v != nil {
			known = append(known, *v)
		}
	}
	slices.Sort(known)
	at := func(percent int) float64 {
		if len(known) == 0 {
			return 0
		}
		return known[(len(known)*percent+99)/100-1]
	}
	return frontdesk.Spread{Count: len(known), Median: at(50), P95: at(95)}, len(values) - len(known)
}

func TestFiguresAgreeWithPlainSQLOverTheRawTables(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := connect(t, db.OwnerURL)
	for _, zone := range []string{"Europe/Paris", "Asia/Kolkata", "America/New_York"} {
		clinic, err := db.AddClinic(t.Context(), frontdesk.Clinic{Name: zone, TimeZone: zone})
		if err != nil {
			t.Fatal(err)
		}
		generatedWeek(t, db, clinic.ID, uint64(len(zone)))
		// The week in which Europe's clocks go back: Sunday has 25 hours.
		period := store.Period{From: time.Date(2026, 10, 19, 0, 0, 0, 0, clinic.Location()), To: time.Date(2026, 10, 26, 0, 0, 0, 0, clinic.Location())}
		if long := period.To.Sub(period.From); zone == "Europe/Paris" && long != 169*time.Hour {
			t.Fatalf("the week has %s", long)
		}
		for _, channel := range []frontdesk.Channel{"", "whatsapp", "web", "telegram"} {
			period.Channel = channel
			got, err := db.Figures(t.Context(), clinic, period)
			if err != nil {
				t.Fatal(err)
			}
			want := plainFigures(t, owner, clinic, "2026-10-19", "2026-10-25", string(channel))
			want.From, want.To, want.Channel = period.From, period.To, channel
			if rounded(t, got) != rounded(t, want) {
				t.Errorf("%s, channel %q:\n%s\nplain SQL says\n%s", zone, channel, rounded(t, got), rounded(t, want))
			}
			if got.Episodes < 10 && channel != "telegram" || got.Contained == got.Episodes && got.Episodes > 0 {
				t.Errorf("%s, channel %q: %d of %d contained shows nothing", zone, channel, got.Contained, got.Episodes)
			}
		}
	}
}

// rounded is figures as text, times to the millisecond.
func rounded(t testing.TB, f frontdesk.Figures) string {
	t.Helper()
	for _, s := range []*frontdesk.Spread{&f.FirstReply, &f.ToAPerson} {
		s.Median, s.P95 = float64(int(s.Median*1000+0.5))/1000, float64(int(s.P95*1000+0.5))/1000
	}
	for _, list := range []*[]frontdesk.CountedAs{&f.Reasons, &f.Languages, &f.Outcomes} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	f.Cost = nil
	raw, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestFiguresTakeTheMonthsOfTheirPeriod(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic, err := db.AddClinic(t.Context(), frontdesk.Clinic{Name: "Lac", TimeZone: "Europe/Paris"})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{time.Date(2026, 9, 30, 21, 59, 0, 0, time.UTC), time.Date(2026, 9, 30, 22, 1, 0, 0, time.UTC), time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)} {
		if err := db.AddSpend(t.Context(), clinic, at, store.Spend{Model: "m", TokensIn: 1, TokensOut: 2, Cost: 0.5}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := db.Figures(t.Context(), clinic, store.Period{From: time.Date(2026, 10, 1, 0, 0, 0, 0, clinic.Location()), To: time.Date(2026, 11, 1, 0, 0, 0, 0, clinic.Location())})
	if err != nil || len(f.Cost) != 1 || f.Cost[0].Month != "2026-10" || f.Cost[0].Cost != 0.5 || len(f.Days) != 31 {
		t.Errorf("%+v, %d days, %v", f.Cost, len(f.Days), err)
	}
}
