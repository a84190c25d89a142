package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/staff"
)

// WebhookEvents are what a webhook can be told.
func WebhookEvents() []string {
	return []string{"ticket.opened", "ticket.taken", "ticket.closed", eventTagged}
}

const eventTagged = "conversation.tagged"

// Webhook is an address of another program that is told of events.
type Webhook struct {
	ID      string
	URL     string
	Secret  string // by which the program knows our signature
	Events  []string
	By      string
	Created time.Time
	Ended   time.Time // zero: it is told
}

// Delivery is one event for one webhook.
type Delivery struct {
	ID       string
	Clinic   frontdesk.ClinicID
	Webhook  string
	URL      string
	Event    string
	Subject  string // id of a ticket or conversation
	At       time.Time
	Attempts int
	Status   int // of the last answer, 0 for none
	Failed   time.Time
}

func webhookPlace(id string) Place { return Place{Table: "webhook", Column: "sealed", ID: id} }

// webhookSecret follows from the clinic's key and is stored nowhere.
func webhookSecret(keys *clinicKeys, id string) string {
	return hex.EncodeToString(keys.blind("webhook secret", id))
}

// AddWebhook adds an address. Events that do not exist are refused.
func (db *DB) AddWebhook(ctx context.Context, clinic frontdesk.ClinicID, w Webhook) (Webhook, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return w, err
	}
	if w.ID, err = db.newID(); err != nil {
		return w, err
	}
	sealed, err := keys.seal(webhookPlace(w.ID), []byte(w.URL))
	if err != nil {
		return w, err
	}
	w.Created, w.Secret = db.now(), webhookSecret(keys, w.ID)
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO webhook (clinic_id, webhook_id, sealed, events, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			clinic, w.ID, sealed, w.Events, w.By, w.Created)
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: w.Created, Actor: w.By, Action: "webhook.add", Target: w.ID})
	})
	if err != nil {
		return w, fmt.Errorf("add webhook: %w", err)
	}
	return w, nil
}

// Webhooks lists a clinic's addresses that are told.
func (db *DB) Webhooks(ctx context.Context, clinic frontdesk.ClinicID) ([]Webhook, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	var list []Webhook
	batch := &pgx.Batch{}
	batch.Queue(`SELECT webhook_id::text, sealed, events, made_by, created_at FROM webhook WHERE clinic_id = $1 AND ended_at IS NULL ORDER BY webhook_id`, clinic).
		Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var w Webhook
				var sealed []byte
				if err := rows.Scan(&w.ID, &sealed, &w.Events, &w.By, &w.Created); err != nil {
					return err
				}
				address, err := keys.open(webhookPlace(w.ID), sealed)
				if err != nil {
					return err
				}
				w.URL, w.Secret = string(address), webhookSecret(keys, w.ID)
				list = append(list, w)
			}
			return rows.Err()
		})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	return list, nil
}

// EndWebhook stops telling an address; what waits for it is not sent any more.
func (db *DB) EndWebhook(ctx context.Context, clinic frontdesk.ClinicID, id, by string) error {
	if !isID(id) {
		return notFound("There is no such webhook.")
	}
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE webhook SET ended_at = $3 WHERE clinic_id = $1 AND webhook_id = $2 AND ended_at IS NULL`, clinic, id, db.now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return notFound("There is no such webhook.")
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: db.now(), Actor: by, Action: "webhook.end", Target: id})
	})
	if err != nil {
		return fmt.Errorf("end webhook: %w", err)
	}
	return nil
}

// DueDelivery is a delivery that waits, as the directory knows it.
type DueDelivery struct {
	Clinic frontdesk.ClinicID
	ID     string
	Due    time.Time
}

// DueDeliveries lists what is to be sent, across clinics, the longest due first.
func (db *DB) DueDeliveries(ctx context.Context, limit int) ([]DueDelivery, error) {
	var due []DueDelivery
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT clinic_id, ref, due FROM directory_delivery WHERE due <= $1 ORDER BY due LIMIT $2`, db.now(), limit)
		if err != nil {
			return err
		}
		due, err = pgx.CollectRows(rows, pgx.RowToStructByPos[DueDelivery])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return due, nil
}

// ClaimDelivery takes a delivery until an instant, for one attempt, with the secret
// that signs it. ok is false when it is somebody else's, or its webhook has ended.
func (db *DB) ClaimDelivery(ctx context.Context, due DueDelivery, until time.Time) (d Delivery, secret string, ok bool, err error) {
	keys, err := db.clinicKeys(ctx, due.Clinic)
	if err != nil {
		return d, "", false, err
	}
	err = db.InClinic(ctx, due.Clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE directory_delivery SET due = $4 WHERE clinic_id = $1 AND ref = $2 AND due = $3`, due.Clinic, due.ID, due.Due, until)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		var sealed []byte
		d = Delivery{ID: due.ID, Clinic: due.Clinic}
		err = tx.QueryRow(ctx, `
			UPDATE webhook_delivery v SET attempts = v.attempts + 1
			  FROM webhook w
			 WHERE v.clinic_id = $1 AND v.delivery_id = $2 AND v.sent_at IS NULL AND v.failed_at IS NULL
			   AND w.clinic_id = $1 AND w.webhook_id = v.webhook_id AND w.ended_at IS NULL
			RETURNING v.webhook_id::text, w.sealed, v.event, v.subject_id::text, v.at, v.attempts`, due.Clinic, due.ID).
			Scan(&d.Webhook, &sealed, &d.Event, &d.Subject, &d.At, &d.Attempts)
		if errors.Is(err, pgx.ErrNoRows) {
			_, err = tx.Exec(ctx, `DELETE FROM directory_delivery WHERE clinic_id = $1 AND ref = $2`, due.Clinic, due.ID)
			return err
		}
		if err != nil {
			return err
		}
		address, err := keys.open(webhookPlace(d.Webhook), sealed)
		d.URL, secret, ok = string(address), webhookSecret(keys, d.Webhook), err == nil
		return err
	})
	if err != nil {
		return d, "", false, fmt.Errorf("claim delivery: %w", err)
	}
	return d, secret, ok, nil
}

// EndDelivery notes the end of an attempt: delivered, to be tried again at an
// instant, or given up when that is zero.
func (db *DB) EndDelivery(ctx context.Context, d Delivery, status int, delivered bool, again time.Time) error {
	batch := &pgx.Batch{}
	switch {
	case delivered:
		batch.Queue(`UPDATE webhook_delivery SET status = $3, sent_at = $4 WHERE clinic_id = $1 AND delivery_id = $2`, d.Clinic, d.ID, status, db.now())
	case again.IsZero():
		batch.Queue(`UPDATE webhook_delivery SET status = $3, failed_at = $4 WHERE clinic_id = $1 AND delivery_id = $2`, d.Clinic, d.ID, status, db.now())
	default:
		batch.Queue(`UPDATE webhook_delivery SET status = $3 WHERE clinic_id = $1 AND delivery_id = $2`, d.Clinic, d.ID, status)
		batch.Queue(`UPDATE directory_delivery SET due = $3 WHERE clinic_id = $1 AND ref = $2`, d.Clinic, d.ID, again)
	}
	if delivered || again.IsZero() {
		batch.Queue(`DELETE FROM directory_delivery WHERE clinic_id = $1 AND ref = $2`, d.Clinic, d.ID)
	}
	if err := db.InClinicBatch(ctx, d.Clinic, batch); err != nil {
		return fmt.Errorf("end delivery: %w", err)
	}
	return nil
}

// FailedDeliveries lists what was given up, the latest first.
func (db *DB) FailedDeliveries(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]Delivery, error) {
	var list []Delivery
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT delivery_id::text, webhook_id::text, event, subject_id::text, at, attempts, status, failed_at
		  FROM webhook_delivery
		 WHERE clinic_id = $1 AND failed_at IS NOT NULL
		 ORDER BY failed_at DESC
		 LIMIT $2`, clinic, limit).Query(func(rows pgx.Rows) (err error) {
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Delivery, err error) {
			d.Clinic = clinic
			err = row.Scan(&d.ID, &d.Webhook, &d.Event, &d.Subject, &d.At, &d.Attempts, &d.Status, &d.Failed)
			return d, err
		})
		return err
	})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list failed deliveries: %w", err)
	}
	return list, nil
}

// RetryDelivery tries again what was given up.
func (db *DB) RetryDelivery(ctx context.Context, clinic frontdesk.ClinicID, id string) error {
	if !isID(id) {
		return notFound("There is no such delivery.")
	}
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE webhook_delivery SET failed_at = NULL, attempts = 0 WHERE clinic_id = $1 AND delivery_id = $2 AND failed_at IS NOT NULL`, clinic, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return notFound("There is no such delivery.")
		}
		_, err = tx.Exec(ctx, `INSERT INTO directory_delivery (clinic_id, ref, due) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, clinic, id, db.now())
		return err
	})
	if err != nil {
		return fmt.Errorf("retry delivery: %w", err)
	}
	return nil
}
