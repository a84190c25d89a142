package conversation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"frontdesk"
)

// receiveTimeout bounds how long a webhook waits for the store. Channels give up
// after some 20 s and repeat.
const receiveTimeout = 10 * time.Second

// Receive stores what one webhook delivered and wakes its conversations. When it
// returns nil the messages are safe and the channel may be told 200; after an
// error the channel must repeat the webhook, which changes nothing twice.
// Secrets are gone and identifiers are tokens before anything is stored. An
// emergency's fixed text is on its way before the store is asked.
//
// A batch of an account that no clinic has gives an error of
// [frontdesk.CodeNotFound]: no repetition would help, and the batches after it
// are stored all the same.
func (e *Engine) Receive(ctx context.Context, channel frontdesk.Channel, batches ...frontdesk.InboundBatch) error {
	ctx, cancel := context.WithTimeout(ctx, receiveTimeout)
	defer cancel()
	var unknown error
	for _, batch := range batches {
		err := e.receiveBatch(ctx, channel, batch)
		if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
			unknown = err
			continue
		}
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
	}
	return unknown
}

func (e *Engine) receiveBatch(ctx context.Context, channel frontdesk.Channel, batch frontdesk.InboundBatch) error {
	line, err := e.lines.find(ctx, channel, batch.Account, batch.Business)
	if err != nil {
		return err
	}
	now := e.c.Now()
	receipt := Receipt{
		Account: line.Account, At: now, Standby: batch.Standby, Statuses: batch.Statuses,
		Identities: batch.Identities, Preferences: batch.Preferences, Events: batch.Events,
	}
	errands := make([]*errand, len(batch.Messages))
	for i, m := range batch.Messages {
		arrival, task, err := e.arrive(ctx, line, m, batch.Standby, now)
		if err != nil {
			return err
		}
		errands[i] = task
		receipt.Arrivals = append(receipt.Arrivals, arrival)
	}
	for _, echo := range batch.Echoes {
		v := e.c.Screen.Inbound(ctx, echo.Text, line.Clinic.Language, line.Clinic.Country)
		echo.Raw = scrub(echo.Raw, secretsOf(echo.Text, v))
		if v.Masked != "" {
			echo.Text = v.Masked
		}
		receipt.Echoes = append(receipt.Echoes, echo)
	}
	received, err := e.c.Inbox.Receive(ctx, receipt)
	for i, task := range errands {
		if err == nil && i < len(received) {
			task.stored(received[i].Key, true)
			continue
		}
		task.stored(Key{}, false)
	}
	if err != nil {
		return err
	}
	e.wakeReceived(receipt, received)
	return nil
}

// arrive screens one message, starts the emergency lane where it must, and
// returns what is stored.
func (e *Engine) arrive(ctx context.Context, line Line, m frontdesk.Inbound, standby bool, now time.Time) (Arrival, *errand, error) {
	id, err := e.newID(now)
	if err != nil {
		return Arrival{}, nil, err
	}
	if m.At.IsZero() || m.At.After(now) {
		m.At = now
	}
	a := Arrival{ID: frontdesk.MessageID(id), Inbound: m}
	if m.Text == "" {
		return a, nil, nil
	}
	v := e.c.Screen.Inbound(ctx, m.Text, "", line.Clinic.Country)
	var task *errand
	if !standby && m.Kind != frontdesk.KindReaction && m.Kind != frontdesk.KindRevoke && m.Kind != frontdesk.KindSystem {
		a.Fixed, task = e.lane.answer(ctx, line, m, v, now)
	}
	secrets := secretsOf(m.Text, v)
	a.Inbound.Text, a.Inbound.Raw = v.Masked, scrub(m.Raw, secrets)
	a.Labels, a.Lang = v.Labels, v.Language
	a.Tokens, a.Values = v.Tokens, keepable(v.Values, secrets)
	a.Words = e.words(v.Masked, v.Language)
	return a, task, nil
}

// wakeReceived wakes the conversations of new messages, each once.
func (e *Engine) wakeReceived(receipt Receipt, received []Received) {
	woken := make(map[Key]bool, len(received))
	for _, r := range received {
		if r.Duplicate || r.Decided || woken[r.Key] {
			continue
		}
		woken[r.Key] = true
		e.wake(r.Key, e.drain, true)
	}
	e.fetchMedia(receipt, received)
}

// words returns what a message is found by.
func (e *Engine) words(text, language string) []string {
	if e.c.Words == nil || text == "" {
		return nil
	}
	words := e.c.Words(text, language)
	if len(words) > wordsKept {
		words = words[:wordsKept]
	}
	return words
}

// wordsKept bounds the search rows of one message.
const wordsKept = 64

// secretsOf returns the stretches of text that a verdict calls secret.
func secretsOf(text string, v frontdesk.Verdict) []string {
	var secrets []string
	var runes []rune
	for _, m := range v.Marks {
		if !m.Secret {
			continue
		}
		if runes == nil {
			runes = []rune(text)
		}
		if m.Start < 0 || m.End > len(runes) || m.Start >= m.End {
			continue
		}
		secrets = append(secrets, string(runes[m.Start:m.End]))
	}
	return secrets
}

// keepable returns values without those that hold a secret.
func keepable(values, secrets []string) []string {
	if len(secrets) == 0 {
		return values
	}
	kept := make([]string, len(values))
	for i, value := range values {
		kept[i] = value
		for _, s := range secrets {
			if value == s || strings.Contains(value, s) {
				kept[i] = ""
			}
		}
	}
	return kept
}

// scrubbed stands for a secret in a kept payload.
const scrubbed = "⟦secret⟧"

// scrub removes secrets from every string of a JSON payload. A payload that is
// no JSON is dropped when there is a secret to remove.
func scrub(raw []byte, secrets []string) []byte {
	if len(raw) == 0 || len(secrets) == 0 {
		return raw
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	clean, err := json.Marshal(scrubValue(value, secrets))
	if err != nil {
		return nil
	}
	return clean
}

func scrubValue(value any, secrets []string) any {
	switch v := value.(type) {
	case string:
		for _, s := range secrets {
			v = strings.ReplaceAll(v, s, scrubbed)
		}
		return v
	case []any:
		for i := range v {
			v[i] = scrubValue(v[i], secrets)
		}
		return v
	case map[string]any:
		for key := range v {
			v[key] = scrubValue(v[key], secrets)
		}
		return v
	}
	return value
}
