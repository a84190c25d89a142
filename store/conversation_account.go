package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// sealedAccount is the sealed part of a channel account.
type sealedAccount struct {
	Provider string `json:"provider"`
	Business string `json:"business,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Token    string `json:"token,omitempty"`
}

func accountPlace(id frontdesk.AccountID) Place {
	return Place{Table: "channel_account", Column: "sealed", ID: string(id)}
}

// providerHash is the directory's look-up value of an account.
func (db *DB) providerHash(channel frontdesk.Channel, provider string) []byte {
	return db.master.blind("channel account", string(channel)+"\x00"+provider)
}

// AddAccount gives a clinic a channel account and returns it with its id. A
// provider's id belongs to one clinic ([frontdesk.CodeConflict]).
func (c *Conversations) AddAccount(ctx context.Context, a conversation.Account) (conversation.Account, error) {
	id, err := c.db.newID()
	if err != nil {
		return a, err
	}
	a.ID = frontdesk.AccountID(id)
	keys, err := c.db.clinicKeys(ctx, a.Clinic)
	if err != nil {
		return a, err
	}
	sealed, err := keys.sealJSON(accountPlace(a.ID), sealedAccount{Provider: a.Provider, Business: a.Business, Phone: a.Phone, Token: a.Token})
	if err != nil {
		return a, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO directory_account (provider_hash, clinic_id, account_id) VALUES ($1, $2, $3)`,
		c.db.providerHash(a.Channel, a.Provider), a.Clinic, a.ID)
	batch.Queue(`INSERT INTO channel_account (clinic_id, account_id, channel, sealed, created_at) VALUES ($1, $2, $3, $4, $5)`,
		a.Clinic, a.ID, string(a.Channel), sealed, c.db.now())
	if err := c.db.InClinicBatch(ctx, a.Clinic, batch); err != nil {
		return a, fmt.Errorf("add channel account: %w", err)
	}
	return a, nil
}

// SetToken replaces an account's token and lets it send again.
func (c *Conversations) SetToken(ctx context.Context, a conversation.Account) error {
	keys, err := c.db.clinicKeys(ctx, a.Clinic)
	if err != nil {
		return err
	}
	sealed, err := keys.sealJSON(accountPlace(a.ID), sealedAccount{Provider: a.Provider, Business: a.Business, Phone: a.Phone, Token: a.Token})
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE channel_account SET sealed = $3, stopped_at = NULL, stop_code = 0 WHERE clinic_id = $1 AND account_id = $2`,
		a.Clinic, a.ID, sealed)
	if err := c.db.InClinicBatch(ctx, a.Clinic, batch); err != nil {
		return fmt.Errorf("set token: %w", err)
	}
	return nil
}

// Line implements [conversation.Accounts].
func (c *Conversations) Line(ctx context.Context, channel frontdesk.Channel, provider string) (conversation.Line, error) {
	var clinic frontdesk.ClinicID
	var account frontdesk.AccountID
	err := c.db.inDirectory(ctx, func(tx pgx.Tx) error {
		const query = `SELECT clinic_id, account_id FROM directory_account WHERE provider_hash = $1`
		return tx.QueryRow(ctx, query, c.db.providerHash(channel, provider)).Scan(&clinic, &account)
	})
	if err != nil {
		return conversation.Line{}, fmt.Errorf("find channel account: %w", err)
	}
	lines, err := c.Accounts(ctx, clinic)
	if err != nil {
		return conversation.Line{}, err
	}
	for _, line := range lines {
		if line.Account.ID == account {
			return line, nil
		}
	}
	return conversation.Line{}, notFound("This channel account is gone.")
}

// Snapshot implements [conversation.Accounts].
func (c *Conversations) Snapshot(ctx context.Context) ([]conversation.Line, error) {
	var clinics []frontdesk.ClinicID
	err := c.db.inDirectory(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT clinic_id FROM directory_account ORDER BY clinic_id`)
		if err != nil {
			return err
		}
		clinics, err = pgx.CollectRows(rows, pgx.RowTo[frontdesk.ClinicID])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list channel accounts: %w", err)
	}
	var all []conversation.Line
	for _, clinic := range clinics {
		lines, err := c.Accounts(ctx, clinic)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// Accounts returns a clinic's channel accounts, oldest first.
func (c *Conversations) Accounts(ctx context.Context, clinic frontdesk.ClinicID) ([]conversation.Line, error) {
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	var lines []conversation.Line
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT a.account_id, a.channel, a.sealed, a.stopped_at, l.name, l.language, l.country, l.time_zone, l.settings
		  FROM channel_account a
		  JOIN clinic l ON l.clinic_id = $1
		 WHERE a.clinic_id = $1
		 ORDER BY a.account_id`, clinic).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			line := conversation.Line{Account: conversation.Account{Clinic: clinic}, Clinic: frontdesk.Clinic{ID: clinic}}
			if err := scanLine(rows, keys, &line); err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return rows.Err()
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("read channel accounts: %w", err)
	}
	return lines, nil
}

func scanLine(rows pgx.Rows, keys *clinicKeys, line *conversation.Line) error {
	var sealed, settings []byte
	var stopped *time.Time
	a, l := &line.Account, &line.Clinic
	if err := rows.Scan(&a.ID, &a.Channel, &sealed, &stopped, &l.Name, &l.Language, &l.Country, &l.TimeZone, &settings); err != nil {
		return err
	}
	var body sealedAccount
	if err := keys.openJSON(accountPlace(a.ID), sealed, &body); err != nil {
		return err
	}
	a.Provider, a.Business, a.Phone, a.Token, a.Stopped = body.Provider, body.Business, body.Phone, body.Token, stopped != nil
	if err := json.Unmarshal(settings, &l.Settings); err != nil {
		return fmt.Errorf("decode settings: %w", err)
	}
	return nil
}

// Alert is news about a channel account that staff have not seen.
type Alert struct {
	ID      string              `json:"id"`
	Account frontdesk.AccountID `json:"account"`
	Field   string              `json:"field"`
	Event   string              `json:"event"`
	Name    string              `json:"name,omitempty"`
	Code    int                 `json:"code,omitempty"`
	At      time.Time           `json:"at"`
}

// Alerts lists a clinic's unseen news about its accounts, newest first.
func (c *Conversations) Alerts(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]Alert, error) {
	var alerts []Alert
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT alert_id, account_id, field, event, name, code, at
		  FROM account_alert
		 WHERE clinic_id = $1 AND seen_at IS NULL
		 ORDER BY at DESC
		 LIMIT $2`, clinic, limit).Query(func(rows pgx.Rows) error {
		var err error
		alerts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Alert])
		return err
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return alerts, nil
}

// Vault seals files with FRONTDESK_KEY, without a database.
type Vault struct{ master *masterKey }

// NewVault returns the vault of FRONTDESK_KEY: its first version seals, each opens.
func NewVault(keys [][]byte) (*Vault, error) {
	master, err := newMasterKey(keys)
	if err != nil {
		return nil, err
	}
	return &Vault{master: master}, nil
}

// vaultContext keeps a file apart from the other things that the key wraps.
const vaultContext = "file\x00lane"

// Seal implements [conversation.Vault].
func (v *Vault) Seal(plain []byte) ([]byte, error) {
	sealed, err := v.master.newest().wrap.Encrypt(plain, []byte(vaultContext))
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	return sealed, nil
}

// Open implements [conversation.Vault].
func (v *Vault) Open(sealed []byte) ([]byte, error) {
	plain, _, err := v.master.open(sealed, []byte(vaultContext))
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return plain, nil
}

var _ conversation.Vault = (*Vault)(nil)
