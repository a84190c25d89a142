package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/llm"
	"frontdesk/store"
)

// How long a clinic's cap is remembered, and how long what its model calls cost is
// gathered before it is written: a turn asks the model twice, and each would cost a
// look-up and a commit of its own. A crash loses that much of the figures at most.
const (
	capRemembered  = 10 * time.Second
	spendGathered  = 5 * time.Second
	spendLastWrite = 5 * time.Second // bounds the write at the end
)

// modelAccount keeps each clinic's spend under its monthly cap. It is safe for
// concurrent use.
type modelAccount struct {
	db  *store.DB
	now func() time.Time

	mu      sync.Mutex // protects all following fields
	clinics map[frontdesk.ClinicID]*clinicSpend
}

// clinicSpend is what is known of one clinic.
type clinicSpend struct {
	clinic  frontdesk.Clinic
	spent   float64 // this month, with what is not written yet
	read    time.Time
	pending map[string]store.Spend // by model
	written time.Time
	at      time.Time // of the last charge
}

func newModelAccount(db *store.DB, now func() time.Time) *modelAccount {
	return &modelAccount{db: db, now: now, clinics: map[frontdesk.ClinicID]*clinicSpend{}}
}

// Allowed implements [llm.Account].
func (m *modelAccount) Allowed(ctx context.Context, id frontdesk.ClinicID, at time.Time) (bool, error) {
	m.mu.Lock()
	known := m.clinics[id]
	if known != nil && m.now().Sub(known.read) < capRemembered {
		defer m.mu.Unlock()
		return known.clinic.Settings.MonthlyCap == 0 || known.spent < known.clinic.Settings.MonthlyCap, nil
	}
	m.mu.Unlock()
	clinic, err := m.db.Clinic(ctx, id)
	if err != nil {
		return false, fmt.Errorf("model account: %w", err)
	}
	spent := 0.0
	if clinic.Settings.MonthlyCap != 0 {
		if spent, err = m.db.Spent(ctx, clinic, at); err != nil {
			return false, fmt.Errorf("model account: %w", err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.of(id)
	for _, s := range c.pending {
		spent += s.Cost
	}
	c.clinic, c.spent, c.read = clinic, spent, m.now()
	return clinic.Settings.MonthlyCap == 0 || spent < clinic.Settings.MonthlyCap, nil
}

// of returns what is known of a clinic; m.mu is held.
func (m *modelAccount) of(id frontdesk.ClinicID) *clinicSpend {
	c := m.clinics[id]
	if c == nil {
		c = &clinicSpend{pending: map[string]store.Spend{}, written: m.now()}
		m.clinics[id] = c
	}
	return c
}

// Charge implements [llm.Account].
func (m *modelAccount) Charge(ctx context.Context, id frontdesk.ClinicID, at time.Time, use llm.Use) error {
	m.mu.Lock()
	c := m.of(id)
	sum := c.pending[use.Model]
	c.pending[use.Model] = store.Spend{
		Model: use.Model, TokensIn: sum.TokensIn + use.TokensIn, TokensOut: sum.TokensOut + use.TokensOut, Cost: sum.Cost + use.Cost,
	}
	c.spent, c.at = c.spent+use.Cost, at
	m.mu.Unlock()
	return m.write(ctx, id, spendGathered)
}

// write writes what was gathered for a clinic, when the last time is that long ago.
// What cannot be written is kept for the next time.
func (m *modelAccount) write(ctx context.Context, id frontdesk.ClinicID, after time.Duration) error {
	m.mu.Lock()
	c := m.of(id)
	if m.now().Sub(c.written) < after || len(c.pending) == 0 {
		m.mu.Unlock()
		return nil
	}
	pending, at, clinic := c.pending, c.at, c.clinic
	c.pending, c.written = map[string]store.Spend{}, m.now()
	m.mu.Unlock()
	var err error
	if clinic.ID == "" {
		clinic, err = m.db.Clinic(ctx, id)
	}
	for model, spend := range pending {
		if err == nil {
			err = m.db.AddSpend(ctx, clinic, at, spend)
		}
		if err != nil {
			m.keep(id, model, spend)
		}
	}
	if err != nil {
		return fmt.Errorf("write what models cost: %w", err)
	}
	return nil
}

func (m *modelAccount) keep(id frontdesk.ClinicID, model string, spend store.Spend) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.of(id)
	sum := c.pending[model]
	c.pending[model] = store.Spend{Model: model, TokensIn: sum.TokensIn + spend.TokensIn, TokensOut: sum.TokensOut + spend.TokensOut, Cost: sum.Cost + spend.Cost}
}

// close writes what is left.
func (m *modelAccount) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), spendLastWrite)
	defer cancel()
	m.mu.Lock()
	ids := make([]frontdesk.ClinicID, 0, len(m.clinics))
	for id := range m.clinics {
		ids = append(ids, id)
	}
	m.mu.Unlock()
	var errs []error
	for _, id := range ids {
		errs = append(errs, m.write(ctx, id, 0))
	}
	return errors.Join(errs...)
}
