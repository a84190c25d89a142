package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/guardrails"
	"frontdesk/internal/load"
)

// What a run of messages is made of, as the targets say it.
const (
	benchPeople  = 2000
	benchNumbers = 8
	benchClients = 16
	benchRounds  = 3 // product and yardstick take turns, so that both meet the same machine
)

// receive measures how many webhook messages a second are screened, sealed, stored
// and acknowledged; no turn runs meanwhile.
func (b *bench) receive(ctx context.Context) (err error) {
	w, err := b.parts(ctx, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	screens, err := guardrails.New(guardrails.Options{})
	if err != nil {
		return fmt.Errorf("screens: %w", err)
	}
	s, err := load.Start(ctx, load.Options{
		DB: w.db, Screen: screen{screens}, Queue: true, AcceptOnly: true, Now: w.now, Random: rand.Reader, Log: w.log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	clinic, err := w.db.AddClinic(ctx, frontdesk.Clinic{Name: "Receive", Language: "fr", Country: "FR", TimeZone: "Europe/Paris"})
	if err != nil {
		return err
	}
	accounts, err := load.AddAccounts(ctx, s, clinic.ID, benchNumbers)
	if err != nil {
		return err
	}
	run := load.Run{Accounts: accounts, Conversations: benchPeople, Clients: benchClients, Messages: benchPeople, Text: benchQuestion}
	accept := func(name string) (load.Rate, error) {
		run.Name = name
		return load.Accept(ctx, w.now, s.Webhook, run)
	}
	if _, err := accept("first"); err != nil { // the people are new
		return err
	}
	yardstick, err := b.yardstick(ctx, w)
	if err != nil {
		return err
	}
	slice := max(b.seconds/(2*benchRounds), time.Second)
	var ours, theirs []float64
	for round := range benchRounds {
		rate, err := acceptFor(slice, func(n int) (load.Rate, error) { return accept(fmt.Sprintf("r%d.%d", round, n)) })
		if err != nil {
			return err
		}
		tps, _, err := b.pgbench(ctx, yardstick(slice))
		if err != nil {
			return err
		}
		ours, theirs = append(ours, rate.PerSecond()), append(theirs, tps)
	}
	return b.say(figure{Bench: "receive", What: "accepted webhook messages, 16 clients", Value: median(ours), Unit: "a second"}.
		against("pgbench's equivalent inserts", median(theirs)).want(noLess(0.5)))
}

// acceptFor repeats runs until slice is over.
func acceptFor(slice time.Duration, run func(n int) (load.Rate, error)) (load.Rate, error) {
	var sum load.Rate
	for n := 0; sum.Took < slice; n++ {
		rate, err := run(n)
		if err != nil {
			return sum, err
		}
		sum.Messages, sum.Took = sum.Messages+rate.Messages, sum.Took+rate.Took
	}
	return sum, nil
}

// yardstick makes a clinic with conversations that no service works on, and returns
// how pgbench writes to them.
func (b *bench) yardstick(ctx context.Context, w *parts) (func(took time.Duration) pgbenchRun, error) {
	const name = "Yardstick"
	clinic, err := w.db.FindClinic(ctx, name)
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		clinic, err = w.db.AddClinic(ctx, frontdesk.Clinic{Name: name, Language: "fr", Country: "FR", TimeZone: "Europe/Paris"})
	}
	if err != nil {
		return nil, err
	}
	for i := range benchNumbers {
		err := w.connect(ctx, conversation.Account{Clinic: clinic.ID, Channel: frontdesk.ChannelWhatsApp, Provider: fmt.Sprintf("yardstick-%d", i)})
		if err != nil {
			return nil, err
		}
	}
	const at = `'2026-11-22T12:00:00Z'`
	id := "'" + string(clinic.ID) + "'::uuid"
	_, err = b.psql(ctx, nil, `DROP TABLE IF EXISTS yardstick`,
		`CREATE TABLE yardstick AS SELECT n, a.account_id, md5('y' || n)::uuid AS conversation_id
		   FROM generate_series(1, `+strconv.Itoa(benchPeople)+`) AS n
		   JOIN (SELECT account_id, row_number() OVER () - 1 AS k FROM channel_account WHERE clinic_id = `+id+`) a ON a.k = n % `+strconv.Itoa(benchNumbers),
		`INSERT INTO contact (clinic_id, contact_id, created_at) SELECT `+id+`, conversation_id, `+at+` FROM yardstick ON CONFLICT DO NOTHING`,
		`INSERT INTO conversation (clinic_id, conversation_id, account_id, contact_id, recipient, window_at, episode_id, created_at)
		 SELECT `+id+`, conversation_id, account_id, conversation_id, '', `+at+`, conversation_id, `+at+` FROM yardstick ON CONFLICT DO NOTHING`,
		`ALTER TABLE yardstick ADD PRIMARY KEY (n)`, `GRANT SELECT ON yardstick TO PUBLIC`, `ANALYZE`)
	if err != nil {
		return nil, err
	}
	return func(took time.Duration) pgbenchRun {
		return pgbenchRun{url: b.base.URL, script: load.Yardstick(), clients: benchClients, took: took, define: []string{"clinic=" + string(clinic.ID)}}
	}, nil
}

// benchQuestion is what message n says: what patients ask the sample clinic.
func benchQuestion(n int) string {
	questions := [...]string{
		"Bonjour, combien coûte une consultation ?",
		"Faut-il être à jeun avant une prise de sang ?",
		"Vous êtes ouverts samedi matin ?",
		"Do I have to fast before the blood test?",
		"Est-ce que vous acceptez de nouveaux patients ?",
		"What is your phone number please?",
		"Quelles langues parlez-vous à l'accueil ?",
		"Faut-il un rendez-vous pour une consultation ?",
		"À quelle heure ouvre le secrétariat ?",
		"Y a-t-il une salle d'attente pour les enfants ?",
		"Comment demander un renouvellement d'ordonnance ?",
	}
	return questions[n%len(questions)]
}
