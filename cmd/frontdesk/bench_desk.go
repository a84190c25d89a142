package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/internal/load"
	"frontdesk/language"
	"frontdesk/staff"
	"frontdesk/store"
)

// The clinic of the desk benchmark, as the targets say it.
const (
	deskConversations = 100_000
	deskMessages      = 20 // of each conversation
	deskActive        = 1000
	deskStaff         = 50
	deskWords         = 2000 // of the vocabulary; the first is in a fifth of the messages
	deskThinks        = 2 * time.Second
	deskArrives       = 200 * time.Millisecond
	deskWarmUp        = 4 * time.Second
)

// deskRun is the desk benchmark under way.
type deskRun struct {
	*bench
	*rig
	url      string
	cookies  []string
	active   []string // conversations
	metrics  []deskSample
	mu       sync.Mutex // protects all following fields
	times    map[string][]time.Duration
	rings    atomic.Int64
	failures atomic.Int64
}

// deskSample is what the service says of itself at one instant.
type deskSample struct{ resident, goroutines float64 }

// desk puts 50 people with live pages in front of a service with 100,000
// conversations and 2,000,000 messages, a thousand of them active, while patients
// go on writing. Times are a browser's, so they hold the way there and back too.
func (b *bench) desk(ctx context.Context) (err error) {
	r := &deskRun{bench: b, rig: &rig{sink: newSink()}, times: map[string][]time.Duration{}}
	defer func() { err = errors.Join(err, r.rig.close()) }()
	graph, err := serveLoopback(r.sink)
	if err != nil {
		return err
	}
	r.onClose(func() error { graph.close(); return nil })
	set, err := r.settings(rigOptions{})
	if err != nil {
		return err
	}
	if set["FRONTDESK_KEY"], err = b.key(ctx); err != nil {
		return err
	}
	if err := r.prepare(ctx, set); err != nil {
		return err
	}
	set["WHATSAPP_APP_SECRET"], set["WHATSAPP_VERIFY_TOKEN"], set["WHATSAPP_GRAPH_URL"] = load.Secret, "bench", graph.url
	child, address, err := b.serve(ctx, set)
	if err != nil {
		return err
	}
	r.onClose(func() error { return stopChild(child) })
	r.url = address
	if err := r.work(ctx); err != nil {
		return err
	}
	return r.report()
}

// prepare fills the clinic by parts of its own, which are closed before the service
// starts, and signs the staff in.
func (r *deskRun) prepare(ctx context.Context, set map[string]string) (err error) {
	w, err := r.bench.parts(ctx, nil, set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	s := &service{}
	if s.ingest, err = w.ingestService(ctx); err != nil {
		return err
	}
	if r.clinic, r.accounts, err = r.sample(ctx, w, s); err != nil {
		return err
	}
	door, err := w.door()
	if err != nil {
		return err
	}
	for n := range deskStaff {
		user := staff.User{Clinic: r.clinic.ID, Email: fmt.Sprintf("desk%d@example.org", n), Name: fmt.Sprintf("Desk %d", n), Role: staff.RoleAgent}
		if _, err := door.Invite(ctx, user, "bench"); err != nil {
			return err
		}
		user, _, err := w.db.FindUser(ctx, user.Email)
		if err != nil {
			return err
		}
		token, err := door.Open(ctx, user)
		if err != nil {
			return err
		}
		r.cookies = append(r.cookies, "frontdesk_session="+token.Secret)
	}
	return r.fill(ctx, w)
}

// fill copies the conversations in as the owner. What staff open is sealed as the
// product seals it; the other bodies are bytes of the same length. Replies are only
// those that the service itself makes: nothing but Post makes one.
func (r *deskRun) fill(ctx context.Context, w *parts) error {
	var account string
	lines, err := store.NewConversations(w.db, nil).Accounts(ctx, r.clinic.ID)
	if err != nil {
		return err
	}
	account = string(lines[0].Account.ID)
	if _, err := r.psql(ctx, nil, `DROP TABLE IF EXISTS bench_conversation, bench_message, bench_word`,
		`CREATE UNLOGGED TABLE bench_conversation (n integer PRIMARY KEY, id uuid, contact uuid, episode uuid, ticket uuid, at timestamptz, recipient bytea)`,
		`CREATE UNLOGGED TABLE bench_message (n integer, k integer, id uuid, at timestamptz, sealed bytea, PRIMARY KEY (n, k))`,
		`CREATE UNLOGGED TABLE bench_word (n integer PRIMARY KEY, hash bytea)`); err != nil {
		return err
	}
	if err := r.copyRows(ctx, `COPY bench_word FROM STDIN`, func(out io.Writer) error { return r.words(ctx, w, out) }); err != nil {
		return err
	}
	if err := r.copyRows(ctx, `COPY bench_conversation FROM STDIN`, func(out io.Writer) error { return r.conversations(ctx, w, out) }); err != nil {
		return err
	}
	if err := r.copyRows(ctx, `COPY bench_message FROM STDIN`, func(out io.Writer) error { return r.messages(ctx, w, out) }); err != nil {
		return err
	}
	clinic := `'` + string(r.clinic.ID) + `'::uuid`
	_, err = r.psql(ctx, nil, `SET session_replication_role = replica`, `SET synchronous_commit = off`,
		`INSERT INTO contact (clinic_id, contact_id, language, created_at) SELECT `+clinic+`, contact, 'fr', at FROM bench_conversation`,
		`INSERT INTO conversation (clinic_id, conversation_id, account_id, contact_id, recipient, pen, window_at, episode_id, ticket_id, created_at)
		 SELECT `+clinic+`, id, '`+account+`', contact, recipient, CASE WHEN n < `+strconv.Itoa(deskActive)+` THEN 'waiting' ELSE 'bot' END, at, episode,
		        CASE WHEN n < `+strconv.Itoa(deskActive)+` THEN ticket END, at - interval '20 hours' FROM bench_conversation`,
		`INSERT INTO episode (clinic_id, episode_id, conversation_id, started_at) SELECT `+clinic+`, episode, id, at - interval '20 hours' FROM bench_conversation`,
		// Every fifth conversation had a ticket; those of the active ones are open.
		`INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, opened_at, updated_at, ladder_at, stage, due_at, closed_at, close_reason)
		 SELECT `+clinic+`, ticket, id, episode, (ARRAY['reception', 'billing', 'nurse'])[1 + n % 3], (ARRAY['normal', 'urgent', 'normal', 'low'])[1 + n % 4], 'asked', at, at, at, 3, at,
		        CASE WHEN n >= `+strconv.Itoa(deskActive)+` THEN at + interval '1 hour' END, 'done'
		   FROM bench_conversation WHERE n < `+strconv.Itoa(deskActive)+` OR n % 5 = 0`,
		`INSERT INTO conversation_tag (clinic_id, conversation_id, tag) SELECT `+clinic+`, id, 'tag' || n % 7 FROM bench_conversation WHERE n % 10 = 0`,
		`INSERT INTO message (clinic_id, message_id, account_id, provider_hash, conversation_id, kind, language, labels, sealed, at, received_at, decided_at)
		 SELECT `+clinic+`, COALESCE(m.id, `+uuidAt(`c.at - (k * interval '1 hour')`, `n || ' ' || k`)+`), '`+account+`', decode(md5(n || ' ' || k), 'hex'), c.id, 'text', (ARRAY['fr', 'fr', 'it', 'en'])[1 + n % 4],
		        '{}', COALESCE(m.sealed, decode(repeat(md5(n || ' ' || k), 8), 'hex')), c.at - (k * interval '1 hour'), c.at - (k * interval '1 hour'), c.at
		   FROM bench_conversation c CROSS JOIN generate_series(0, `+strconv.Itoa(deskMessages-1)+`) AS k LEFT JOIN bench_message m USING (n, k)
		  ORDER BY c.at - (k * interval '1 hour')`,
		`INSERT INTO message_word (clinic_id, stem_hash, message_id)
		 SELECT DISTINCT `+clinic+`, w.hash, m.message_id
		   FROM message m CROSS JOIN LATERAL (VALUES (m.provider_hash), (sha256(m.provider_hash)), (sha256(sha256(m.provider_hash)))) AS x (h)
		   JOIN bench_word w ON w.n = floor(`+strconv.Itoa(deskWords)+` * power((get_byte(h, 0) * 65536 + get_byte(h, 1) * 256 + get_byte(h, 2)) / 16777216.0, 3))
		  WHERE m.clinic_id = `+clinic,
		`DROP TABLE bench_conversation, bench_message, bench_word`)
	if err == nil {
		_, err = r.psql(ctx, nil, `VACUUM ANALYZE contact, conversation, episode, ticket, conversation_tag, message, message_word`)
	}
	return err
}

// uuidAt is an id of version 7 in SQL: of an instant, with bits that follow from seed.
func uuidAt(at, seed string) string {
	return `(lpad(to_hex((extract(epoch FROM ` + at + `) * 1000)::bigint), 12, '0') || '7' || left(md5(` + seed + `), 3) || '8' || right(md5(` + seed + `), 15))::uuid`
}

// copyRows streams rows in COPY's text form.
func (r *deskRun) copyRows(ctx context.Context, statement string, write func(io.Writer) error) error {
	in, out := io.Pipe()
	go func() {
		buffered := bufio.NewWriterSize(out, 1<<20)
		out.CloseWithError(errors.Join(write(buffered), buffered.Flush()))
	}()
	_, err := r.psql(ctx, in, statement)
	return errors.Join(err, in.Close())
}

// deskWord is a word of the vocabulary.
func deskWord(n int) string { return fmt.Sprintf("motbench%dx", n) }

// words are the look-up values of the vocabulary.
func (r *deskRun) words(ctx context.Context, w *parts, out io.Writer) error {
	for n := range deskWords {
		stem := language.Terms(r.clinic.Language, deskWord(n))
		hash, err := w.db.Blind(ctx, r.clinic.ID, "stem", stem[0])
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%d\t\\\\x%x\n", n, hash); err != nil {
			return err
		}
	}
	return nil
}

// deskAt is the instant of a conversation's last message.
func deskAt(now time.Time, n int) time.Time {
	if n < deskActive {
		return now.Add(-time.Duration(n+60) * time.Second)
	}
	return now.Add(-time.Duration(n) * 10 * time.Minute)
}

func (r *deskRun) conversations(ctx context.Context, w *parts, out io.Writer) error {
	now := w.now().UTC()
	for n := range deskConversations {
		at := deskAt(now, n)
		var ids [4]string
		for i := range ids {
			id, err := frontdesk.NewID(at, rand8{})
			if err != nil {
				return fmt.Errorf("make id: %w", err)
			}
			ids[i] = id
		}
		phone := person(7, n)
		body, err := json.Marshal(conversation.Recipient{UserID: "FR." + phone, Phone: phone})
		if err != nil {
			return fmt.Errorf("encode recipient: %w", err)
		}
		sealed, err := w.db.Seal(ctx, r.clinic.ID, store.Place{Table: "conversation", Column: "recipient", ID: ids[0]}, body)
		if err != nil {
			return err
		}
		if n < deskActive {
			r.active = append(r.active, ids[0])
		}
		if _, err := fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%s\t\\\\x%x\n", n, ids[0], ids[1], ids[2], ids[3], at.Format(time.RFC3339Nano), sealed); err != nil {
			return err
		}
	}
	return nil
}

// messages are those that somebody may read: the last of each conversation, and all
// of the active ones.
func (r *deskRun) messages(ctx context.Context, w *parts, out io.Writer) error {
	now := w.now().UTC()
	for n := range deskConversations {
		for k := range deskMessages {
			if k > 0 && n >= deskActive {
				break
			}
			at := deskAt(now, n).Add(-time.Duration(k) * time.Hour)
			id, err := frontdesk.NewID(at, rand8{})
			if err != nil {
				return fmt.Errorf("make id: %w", err)
			}
			body, err := json.Marshal(map[string]any{"profile": fmt.Sprintf("Patient %d", n), "message": frontdesk.Message{
				ID: frontdesk.MessageID(id), Kind: frontdesk.KindText, At: at, Text: fmt.Sprintf("Bonjour, %s %s %s, message %d ?", deskWord(n%50), deskWord(n%700), deskWord(k), k),
			}})
			if err != nil {
				return fmt.Errorf("encode message: %w", err)
			}
			sealed, err := w.db.Seal(ctx, r.clinic.ID, store.Place{Table: "message", Column: "sealed", ID: id}, body)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "%d\t%d\t%s\t%s\t\\\\x%x\n", n, k, id, at.Format(time.RFC3339Nano), sealed); err != nil {
				return err
			}
		}
	}
	return nil
}

// work lets staff and patients at it and watches the service.
func (r *deskRun) work(ctx context.Context) error {
	// Nothing that the streams do outlives the run.
	working, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() { stop(); wg.Wait() }()
	streams := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: deskStaff, DisableCompression: true}}
	defer streams.CloseIdleConnections()
	for n := range deskStaff {
		wg.Go(func() { r.listen(working, streams, n) })
		wg.Go(func() { r.staff(working, n) })
	}
	wg.Go(func() { r.patients(working) })
	if err := pauseFor(ctx, deskWarmUp); err != nil {
		return err
	}
	r.mu.Lock()
	clear(r.times)
	r.mu.Unlock()
	for until := time.Now().Add(max(r.seconds, 20*time.Second)); time.Now().Before(until); {
		sample, err := r.sampleMetrics(ctx)
		if err != nil {
			return err
		}
		r.metrics = append(r.metrics, sample)
		if err := pauseFor(ctx, time.Second); err != nil {
			return err
		}
	}
	if n := r.failures.Load(); n > 0 {
		return fmt.Errorf("%d requests failed", n)
	}
	return nil
}

// listen keeps one page's stream of events open.
func (r *deskRun) listen(ctx context.Context, client *http.Client, n int) {
	target := r.url + "/console/events"
	if n%2 == 0 {
		target += "?conversation=" + r.active[n]
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		r.failures.Add(1)
		return
	}
	request.Header.Set("Cookie", r.cookies[n])
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() == nil {
			r.failures.Add(1)
		}
		return
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: inbox") {
			r.rings.Add(1)
		}
	}
	if ctx.Err() == nil {
		r.failures.Add(1) // the service ended it
	}
}

// staff looks at the list, opens conversations and searches, and thinks in between.
func (r *deskRun) staff(ctx context.Context, n int) {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	views := []string{"all", "mine", "unassigned", "team", "waiting", "closed", "everything"}
	for step := 0; pauseFor(ctx, time.Duration(float64(deskThinks)*(0.5+random.Float64()))) == nil; step++ {
		switch step % 4 {
		case 0, 2:
			r.get(ctx, "list", "/console/inbox?view="+views[random.IntN(len(views))], n)
		case 1:
			r.get(ctx, "open", "/console/conversations/"+r.active[random.IntN(len(r.active))], n)
		case 3:
			words := deskWord(random.IntN(50))
			if random.IntN(2) == 0 {
				words += " " + deskWord(random.IntN(700))
			}
			r.get(ctx, "search", "/console/inbox?view=everything&q="+url.QueryEscape(words), n)
		}
	}
}

// get asks for a page or, of the list, for its part, as htmx does.
func (r *deskRun) get(ctx context.Context, what, path string, n int) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
	if err != nil {
		r.failures.Add(1)
		return
	}
	request.Header.Set("Cookie", r.cookies[n])
	if what != "open" {
		request.Header.Set("HX-Request", "true")
	}
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d", response.StatusCode)
		}
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		r.failures.Add(1)
		fmt.Fprintf(r.p.stderr, "desk: %s: %v\n", what, err)
	default:
		r.mu.Lock()
		r.times[what] = append(r.times[what], time.Since(began))
		r.mu.Unlock()
	}
}

// patients write to the clinic all the while, new people and known ones.
func (r *deskRun) patients(ctx context.Context) {
	for n := 0; pauseFor(ctx, deskArrives) == nil; n++ {
		text := benchQuestion(n)
		if n%5 == 0 {
			text = "je veux parler à une personne"
		}
		request, err := load.Request(ctx, r.url+webhookPath, load.Body(r.accounts[n%len(r.accounts)], person(8, n%200), fmt.Sprintf("wamid.desk.%d", n), text, time.Now()))
		if err != nil {
			r.failures.Add(1)
			return
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			if ctx.Err() == nil {
				r.failures.Add(1)
			}
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			r.failures.Add(1)
		}
	}
}

// sampleMetrics reads what the service says of itself.
func (r *deskRun) sampleMetrics(ctx context.Context) (deskSample, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/metrics", nil)
	if err != nil {
		return deskSample{}, fmt.Errorf("read metrics: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return deskSample{}, fmt.Errorf("read metrics: %w", err)
	}
	defer response.Body.Close()
	found := map[string]float64{}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if number, err := strconv.ParseFloat(value, 64); ok && err == nil {
			found[name] = number
		}
	}
	return deskSample{found["process_resident_memory_bytes"] / (1 << 20), found["go_goroutines"]}, nil
}

// report says the figures: the times, and how the last third of the run compares
// with the middle one, when all caches were warm.
func (r *deskRun) report() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range []struct {
		name, what string
		bound      float64
	}{{"list", "the inbox's list", 50}, {"open", "opening a conversation", 80}, {"search", "a search in all conversations", 300}} {
		times := r.times[f.name]
		if len(times) == 0 {
			return fmt.Errorf("nobody measured %s", f.what)
		}
		err := r.say(figure{Bench: "desk", What: f.what + ", p95", Value: quantile(times, 0.95), Unit: "ms",
			Note: fmt.Sprintf("n %d, p50 %s ms", len(times), short(quantile(times, 0.5)))}.want(atMost(f.bound)))
		if err != nil {
			return err
		}
	}
	third := len(r.metrics) / 3
	middle, last := r.metrics[third:2*third], r.metrics[2*third:]
	mean := func(samples []deskSample, of func(deskSample) float64) float64 {
		sum := 0.0
		for _, s := range samples {
			sum += of(s)
		}
		return sum / float64(len(samples))
	}
	for _, f := range []struct {
		what, unit string
		of         func(deskSample) float64
	}{
		{"resident memory, last third of the run", "MB", func(s deskSample) float64 { return s.resident }},
		{"goroutines, last third of the run", "goroutines", func(s deskSample) float64 { return s.goroutines }},
	} {
		err := r.say(figure{Bench: "desk", What: f.what, Value: mean(last, f.of), Unit: f.unit,
			Note: fmt.Sprintf("most %s in %d s; %d rings on %d streams", short(slices.Max(valuesOf(r.metrics, f.of))), len(r.metrics), r.rings.Load(), deskStaff)}.
			against("the middle third", mean(middle, f.of)).want(atMost(1.1)))
		if err != nil {
			return err
		}
	}
	return nil
}

func valuesOf(samples []deskSample, of func(deskSample) float64) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return values
}
