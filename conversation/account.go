package conversation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"frontdesk"
)

// Vault seals the lane's snapshot file with a key that needs no database.
type Vault interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

// LaneFiles are the emergency lane's two files. Empty paths keep the lane's
// record in memory and leave it without accounts while the database is away.
type LaneFiles struct {
	Snapshot string // sealed: channel accounts and their clinics
	Journal  string // which messages the lane answered: hashes and ids only
	Vault    Vault  // required with Snapshot
}

// lines knows the channel accounts without asking the database for each message.
type lines struct {
	accounts Accounts
	vault    Vault
	path     string

	mu         sync.RWMutex // protects all following fields
	byProvider map[string]Line
	byAccount  map[frontdesk.AccountID]Line
	written    []byte // of the snapshot file, before sealing
	loaded     bool
}

func newLines(accounts Accounts, vault Vault, path string) *lines {
	return &lines{
		accounts: accounts, vault: vault, path: path,
		byProvider: map[string]Line{}, byAccount: map[frontdesk.AccountID]Line{},
	}
}

// byID returns an account that the last refresh or look-up saw.
func (l *lines) byID(id frontdesk.AccountID) (Line, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	line, ok := l.byAccount[id]
	return line, ok
}

// ready tells whether the accounts were read once.
func (l *lines) ready() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.loaded
}

// get returns an account, from the database where it is not known yet.
func (l *lines) get(ctx context.Context, id frontdesk.AccountID) (Line, bool) {
	if line, ok := l.byID(id); ok {
		return line, true
	}
	if l.refresh(ctx) != nil {
		return Line{}, false
	}
	return l.byID(id)
}

// stop marks an account as stopped until the next refresh says otherwise.
func (l *lines) stop(id frontdesk.AccountID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if line, ok := l.byAccount[id]; ok {
		line.Account.Stopped = true
		l.put(line)
	}
}

func (l *lines) put(line Line) {
	l.byAccount[line.Account.ID] = line
	l.byProvider[providerKey(line.Account.Channel, line.Account.Provider)] = line
}

func providerKey(channel frontdesk.Channel, provider string) string {
	return string(channel) + "\x00" + provider
}

// find returns the account with the provider's id: from memory, else from the
// database, else from the snapshot file.
// Without a provider's id it is any account of the business, for news about it.
func (l *lines) find(ctx context.Context, channel frontdesk.Channel, provider, business string) (Line, error) {
	if provider == "" {
		return l.ofBusiness(ctx, channel, business)
	}
	key := providerKey(channel, provider)
	l.mu.RLock()
	line, ok := l.byProvider[key]
	l.mu.RUnlock()
	if ok {
		return line, nil
	}
	found, err := l.accounts.Line(ctx, channel, provider)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.put(found)
		return found, nil
	}
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		return Line{}, err
	}
	err = errors.Join(err, l.load())
	l.mu.RLock()
	defer l.mu.RUnlock()
	if line, ok := l.byProvider[key]; ok {
		return line, nil
	}
	return Line{}, fmt.Errorf("find channel account: %w", err)
}

// ofBusiness returns the first account of a business, by id.
func (l *lines) ofBusiness(ctx context.Context, channel frontdesk.Channel, business string) (Line, error) {
	if !l.ready() {
		if err := l.refresh(ctx); err != nil {
			return Line{}, err
		}
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var first Line
	for id, line := range l.byAccount {
		if line.Account.Channel == channel && line.Account.Business == business && (first.Account.ID == "" || id < first.Account.ID) {
			first = line
		}
	}
	if first.Account.ID == "" {
		return Line{}, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "No clinic has this business account."}
	}
	return first, nil
}

// refresh reads all accounts from the database and renews the snapshot file.
func (l *lines) refresh(ctx context.Context) error {
	all, err := l.accounts.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read channel accounts: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.byAccount)
	clear(l.byProvider)
	for _, line := range all {
		l.put(line)
	}
	l.loaded = true
	return l.save(all)
}

// save writes the snapshot when it changed: beside the file, synced, then renamed.
func (l *lines) save(all []Line) error {
	if l.path == "" || l.vault == nil {
		return nil
	}
	plain, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode snapshot: %w", err)
	}
	if bytes.Equal(plain, l.written) {
		return nil
	}
	sealed, err := l.vault.Seal(plain)
	if err != nil {
		return fmt.Errorf("seal snapshot: %w", err)
	}
	if err := writeSynced(l.path, sealed); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	l.written = plain
	return nil
}

// load reads the snapshot file, once, for a process that never reached the database.
func (l *lines) load() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded || l.path == "" || l.vault == nil {
		return nil
	}
	sealed, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	plain, err := l.vault.Open(sealed)
	if err != nil {
		return fmt.Errorf("open snapshot: %w", err)
	}
	var all []Line
	if err := json.Unmarshal(plain, &all); err != nil {
		return fmt.Errorf("decode snapshot: %w", err)
	}
	for _, line := range all {
		l.put(line)
	}
	l.loaded = true
	return nil
}

// writeSynced replaces a file so that a crash leaves the old or the new one.
func writeSynced(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".snapshot-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
