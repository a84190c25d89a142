package main

import (
	"context"
	"net/url"
	"slices"

	"frontdesk"
	"frontdesk/httpd"
	"frontdesk/staff"
	"frontdesk/store"
)

// failedShown is how many failed deliveries a page shows.
const failedShown = 50

// SharedList implements [httpd.Shared].
func (d desk) SharedList(ctx context.Context, clinic frontdesk.ClinicID, q httpd.SharedQuery) (list any, next string, err error) {
	page := store.Page{After: q.After, Limit: q.Limit}
	switch q.Kind {
	case httpd.SharedConversations:
		found, err := d.conversations.ShareConversations(ctx, clinic, q.Tag, page)
		return found, nextOf(found, q.Limit, func(c store.SharedConversation) string { return string(c.ID) }), err
	case httpd.SharedTickets:
		found, err := d.conversations.ShareTickets(ctx, clinic, q.State, page)
		return found, nextOf(found, q.Limit, func(t store.SharedTicket) string { return string(t.ID) }), err
	case httpd.SharedTags:
		found, err := d.conversations.ShareTags(ctx, clinic)
		return found, "", err
	}
	return nil, "", &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is no such list."}
}

// nextOf is the id after which a full page goes on.
func nextOf[T any](list []T, limit int, id func(T) string) string {
	if len(list) < limit {
		return ""
	}
	return id(list[len(list)-1])
}

// SharedOne implements [httpd.Shared].
func (d desk) SharedOne(ctx context.Context, clinic frontdesk.ClinicID, kind httpd.SharedKind, id string) (any, error) {
	if kind == httpd.SharedTickets {
		return d.conversations.ShareTicket(ctx, clinic, frontdesk.TicketID(id))
	}
	return d.conversations.ShareConversation(ctx, clinic, frontdesk.ConversationID(id))
}

// Webhooks implements [httpd.Hooks].
func (d desk) Webhooks(ctx context.Context, who httpd.Person) ([]httpd.Webhook, error) {
	found, err := d.db.Webhooks(ctx, who.Clinic.ID)
	if err != nil {
		return nil, err
	}
	var hooks []httpd.Webhook
	for _, w := range found {
		hooks = append(hooks, httpd.Webhook{ID: w.ID, URL: w.URL, Secret: w.Secret, By: w.By, Events: w.Events, Created: w.Created})
	}
	return hooks, nil
}

// AddWebhook implements [httpd.Hooks].
func (d desk) AddWebhook(ctx context.Context, who httpd.Person, address string, events []string) error {
	_, err := addWebhook(ctx, d.db, who.Clinic.ID, who.User.Name, address, events)
	return err
}

// addWebhook adds an address of another program, checked.
func addWebhook(ctx context.Context, db *store.DB, clinic frontdesk.ClinicID, by, address string, events []string) (store.Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > maxWebhookURL {
		return store.Webhook{}, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The address must begin with https:// and hold no password."}
	}
	for _, event := range events {
		if !slices.Contains(store.WebhookEvents(), event) {
			return store.Webhook{}, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "There is no event “" + event + "”."}
		}
	}
	if len(events) == 0 {
		return store.Webhook{}, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Choose at least one event."}
	}
	return db.AddWebhook(ctx, clinic, store.Webhook{URL: address, Events: events, By: by})
}

// EndWebhook implements [httpd.Hooks].
func (d desk) EndWebhook(ctx context.Context, who httpd.Person, id string) error {
	return d.db.EndWebhook(ctx, who.Clinic.ID, id, who.User.Name)
}

// FailedDeliveries implements [httpd.Hooks].
func (d desk) FailedDeliveries(ctx context.Context, who httpd.Person) ([]httpd.FailedDelivery, error) {
	failed, err := d.db.FailedDeliveries(ctx, who.Clinic.ID, failedShown)
	if err != nil {
		return nil, err
	}
	hooks, err := d.db.Webhooks(ctx, who.Clinic.ID)
	if err != nil {
		return nil, err
	}
	address := map[string]string{}
	for _, w := range hooks {
		address[w.ID] = w.URL
	}
	var list []httpd.FailedDelivery
	for _, f := range failed {
		if address[f.Webhook] != "" { // of one that ended nobody wants to hear
			list = append(list, httpd.FailedDelivery{ID: f.ID, URL: address[f.Webhook], Event: f.Event, Status: f.Status, Attempts: f.Attempts, At: f.At, Failed: f.Failed})
		}
	}
	return list, nil
}

// RetryDelivery implements [httpd.Hooks].
func (d desk) RetryDelivery(ctx context.Context, who httpd.Person, id string) error {
	if err := d.db.RetryDelivery(ctx, who.Clinic.ID, id); err != nil {
		return err
	}
	return d.db.Audit(ctx, who.Clinic.ID, staff.Entry{At: d.now(), Actor: who.User.Name, Action: "webhook.retry", Target: id})
}
