package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/staff"
	"frontdesk/store"
)

// Bounds of the delivery of webhooks.
const (
	maxWebhookURL    = 2000
	deliveriesAtOnce = 16 // under way in one process
	deliveryClaim    = time.Minute
	deliveryTimeout  = 10 * time.Second
	deliveryRetry    = time.Minute // before the second attempt; twice as long before each further one
	deliveryAttempts = 9           // the last some four hours after the first
)

// postman tells the webhooks of other programs what happened. All that it knows is
// in the database, so it survives restarts; any number of processes may run one.
type postman struct {
	db            *store.DB
	conversations *store.Conversations
	client        *http.Client
	now           func() time.Time
	log           *slog.Logger
}

// letter is what a webhook is told. Data is the ticket or conversation as it is when
// it is told, in the API's form.
type letter struct {
	ID     string             `json:"id"` // the same in every attempt
	Event  string             `json:"event"`
	At     time.Time          `json:"at"`
	Clinic frontdesk.ClinicID `json:"clinic"`
	Data   any                `json:"data"`
}

// run delivers until ctx ends.
func (p postman) run(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if err := p.round(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "webhooks", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round makes an attempt at all that is due.
func (p postman) round(ctx context.Context) error {
	due, err := p.db.DueDeliveries(ctx, deliveriesAtOnce)
	if err != nil {
		return err
	}
	failed := make([]error, len(due))
	var wg sync.WaitGroup
	for i, d := range due {
		wg.Go(func() { failed[i] = p.deliver(ctx, d) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

func (p postman) deliver(ctx context.Context, due store.DueDelivery) error {
	d, secret, ok, err := p.db.ClaimDelivery(ctx, due, p.now().Add(deliveryClaim))
	if err != nil || !ok {
		return err
	}
	status, err := p.post(ctx, d, secret)
	if ctx.Err() != nil {
		return nil // the claim ends by itself
	}
	again := time.Time{}
	if err != nil {
		p.log.InfoContext(ctx, "webhook not delivered", "clinic", string(d.Clinic), "delivery", d.ID, "attempt", d.Attempts, "status", status, "err", err)
		if d.Attempts < deliveryAttempts {
			again = p.now().Add(deliveryRetry << (d.Attempts - 1))
		}
	}
	return p.db.EndDelivery(ctx, d, status, err == nil, again)
}

// post makes one attempt and returns the status of the answer.
func (p postman) post(ctx context.Context, d store.Delivery, secret string) (int, error) {
	data, err := p.data(ctx, d)
	if err != nil {
		return 0, err
	}
	body, err := json.Marshal(letter{ID: d.ID, Event: d.Event, At: d.At, Clinic: d.Clinic, Data: data})
	if err != nil {
		return 0, fmt.Errorf("encode event: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, deliveryTimeout, errors.New("the webhook did not answer in time"))
	defer cancel()
	return postSigned(ctx, p.client, signedPost{address: d.URL, secret: secret, id: d.ID, at: p.now(), body: body})
}

// data is the subject of an event.
func (p postman) data(ctx context.Context, d store.Delivery) (any, error) {
	if d.Event == "conversation.tagged" {
		return p.conversations.ShareConversation(ctx, d.Clinic, frontdesk.ConversationID(d.Subject))
	}
	return p.conversations.ShareTicket(ctx, d.Clinic, frontdesk.TicketID(d.Subject))
}

// signedPost is a body for an address, signed over time and body.
type signedPost struct {
	address, secret, id string
	at                  time.Time
	body                []byte
}

// postSigned posts JSON with a signature over time and body, so that the receiver
// can tell ours from others' and new from repeated. It returns the answer's status,
// 0 without one, and an error without the address.
func postSigned(ctx context.Context, client *http.Client, s signedPost) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(s.body))
	if err != nil {
		return 0, errors.New("the webhook's address cannot be used")
	}
	at := strconv.FormatInt(s.at.Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Frontdesk-Event", s.id)
	request.Header.Set("Frontdesk-Signature", "t="+at+",v1="+signature(s.secret, at, s.body))
	response, err := client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return 0, fmt.Errorf("tell webhook: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		return response.StatusCode, fmt.Errorf("the webhook answered %d", response.StatusCode)
	}
	return response.StatusCode, nil
}

func (p *program) tokenCommand() *cobra.Command {
	return group("token", "Tokens by which other programs read a clinic's data", "  frontdesk token add --clinic \"Cabinet du Parc\" --scope tickets --scope figures \"Our CRM\"",
		p.tokenAddCommand(), p.tokenListCommand(), p.tokenEndCommand())
}

// tokenAddCommand prints the secret alone on standard output.
func (p *program) tokenAddCommand() *cobra.Command {
	var clinicName string
	var scopes []string
	var days int
	c := &cobra.Command{
		Use: "add NAME", Short: "Make a token and print it, once",
		Long:    "Makes a token for the API (docs/integration.md) and prints it. It is kept as a hash only. Scopes: conversations, tickets, figures, eval.",
		Example: "  frontdesk token add --clinic \"Cabinet du Parc\" --scope tickets --scope figures \"Our CRM\"",
		Args:    exactly(1, "the NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				access := staff.Access{Clinic: clinic.ID, Name: args[0], By: "operator"}
				for _, scope := range scopes {
					access.Scopes = append(access.Scopes, staff.Scope(scope))
				}
				if days > 0 {
					access.Until = w.now().AddDate(0, 0, days)
				}
				_, secret, err := w.db.AddAccess(c.Context(), access)
				if err != nil {
					return err
				}
				fmt.Fprintln(p.stdout, secret)
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringArrayVar(&scopes, "scope", nil, "what it may do; repeat for more")
	c.Flags().IntVar(&days, "days", 0, "how many days it works (default: until it is ended)")
	return c
}

// shownToken is a token in a list.
type shownToken struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Scopes  []staff.Scope `json:"scopes"`
	By      string        `json:"by"`
	Created time.Time     `json:"created"`
	Until   time.Time     `json:"until,omitzero"`
	Used    time.Time     `json:"used,omitzero"`
	Ended   time.Time     `json:"ended,omitzero"`
}

func (p *program) tokenListCommand() *cobra.Command {
	var clinicName string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List a clinic's tokens",
		Example: "  frontdesk token list --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				tokens, err := w.db.ListAccess(c.Context(), clinic.ID)
				if err != nil {
					return err
				}
				for _, t := range tokens {
					if asJSON {
						if err := p.printJSON(shownToken{ID: t.ID, Name: t.Name, Scopes: t.Scopes, By: t.By, Created: t.Created, Until: t.Until, Used: t.Used, Ended: t.Ended}); err != nil {
							return err
						}
						continue
					}
					state := "works"
					if !t.Ended.IsZero() || !t.Until.IsZero() && t.Until.Before(w.now()) {
						state = "ended"
					}
					fmt.Fprintf(p.stdout, "%s\t%s\t%v\t%s\n", t.ID, t.Name, t.Scopes, state)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one token a line")
	return c
}

func (p *program) tokenEndCommand() *cobra.Command {
	var clinicName string
	c := &cobra.Command{
		Use: "end ID", Short: "End a token",
		Example: "  frontdesk token end --clinic \"Cabinet du Parc\" 01a2…",
		Args:    exactly(1, "the ID that `token list` shows"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				return w.db.EndAccess(c.Context(), clinic.ID, args[0], "operator")
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	return c
}
