package conversation

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"frontdesk"
)

// journalKept is how long the lane remembers an answer: channels repeat a
// webhook for up to 7 days.
const journalKept = 8 * 24 * time.Hour

// entry is what the lane did about one patient's message.
type entry struct {
	Key     string              `json:"key"` // hash of account and provider id
	Message frontdesk.MessageID `json:"message"`
	State   SendState           `json:"state"`
	WAMID   string              `json:"-"` // carries the patient's number: in memory only
	At      time.Time           `json:"at"`
}

// journal is the lane's record, one JSON object a line, synced before anything is
// sent. It holds hashes and our own ids, nothing of a patient.
type journal struct {
	mu      sync.Mutex // protects all following fields
	file    *os.File   // nil: in memory only
	entries map[string]entry
}

// openJournal reads the record at path, drops what is too old and keeps it open.
func openJournal(path string, now time.Time) (*journal, error) {
	j := &journal{entries: map[string]entry{}}
	if path == "" {
		return j, nil
	}
	if err := j.read(path, now); err != nil {
		return nil, err
	}
	var kept []byte
	for _, e := range j.entries {
		line, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("encode lane record: %w", err)
		}
		kept = append(append(kept, line...), '\n')
	}
	if err := writeSynced(path, kept); err != nil {
		return nil, fmt.Errorf("compact lane record: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lane record: %w", err)
	}
	j.file = f
	return j, nil
}

// read takes what is whole in the file; a line that a crash cut is left out.
func (j *journal) read(path string, now time.Time) error {
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("read lane record: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil || now.Sub(e.At) > journalKept {
			continue
		}
		j.entries[e.Key] = e
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read lane record: %w", err)
	}
	return nil
}

// claim takes the answer to a message: fresh tells that nobody had it. The claim
// is on disk when claim returns.
func (j *journal) claim(key string, id frontdesk.MessageID, at time.Time) (e entry, fresh bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e, ok := j.entries[key]; ok {
		return e, false, nil
	}
	e = entry{Key: key, Message: id, State: SendSending, At: at}
	if err := j.append(e, true); err != nil {
		return entry{}, false, err
	}
	j.entries[key] = e
	return e, true, nil
}

// settle records how the send ended. A lost line only makes it uncertain.
func (j *journal) settle(key string, state SendState, wamid string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.entries[key]
	if !ok {
		return nil
	}
	e.State, e.WAMID = state, ""
	err := j.append(e, false)
	e.WAMID = wamid
	j.entries[key] = e
	return err
}

func (j *journal) append(e entry, sync bool) error {
	if j.file == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode lane record: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write lane record: %w", err)
	}
	if !sync {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("sync lane record: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.file.Sync(), j.file.Close())
	j.file = nil
	return err
}

// laneKey is the journal's key of a message: a hash, for provider ids may carry
// the sender's number.
func laneKey(account frontdesk.AccountID, providerID string) string {
	sum := sha256.Sum256([]byte(string(account) + "\x00" + providerID))
	return hex.EncodeToString(sum[:16])
}
