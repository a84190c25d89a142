package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// Answer is what a case got: a reply for each turn, or why there is none.
type Answer struct {
	Case    string  `json:"case"` // hash of what was asked
	Repeat  int     `json:"repeat,omitempty"`
	Replies []Reply `json:"replies,omitempty"`
	Failure string  `json:"failure,omitempty"` // of the target; such an answer is not kept
}

// Journal remembers answers in a file, a line each, as soon as they are there: a
// run that is killed goes on from it. A line that was cut short by a kill does not
// count. It is safe for concurrent use within one process.
type Journal struct {
	file *os.File

	mu    sync.Mutex // protects all following fields
	there map[string]Answer
}

// ErrJournalBusy means that another run writes to the journal.
var ErrJournalBusy = errors.New("another run writes to this journal")

// journalHead is the first line: what the answers of the file depend on.
type journalHead struct {
	Journal string `json:"journal"` // the identity's hash
}

// OpenJournal opens the journal of an identity, or makes it. A file of another
// identity is begun anew: its answers are of another product.
func OpenJournal(path, identity string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("journal's folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrJournalBusy, f.Close())
	}
	there, whole, err := readJournal(f, identity)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	j := &Journal{file: f, there: there}
	if err := j.begin(identity, whole); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// begin cuts the file to its whole lines and stands at its end.
func (j *Journal) begin(identity string, whole int64) error {
	if err := j.file.Truncate(whole); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := j.file.Seek(whole, 0); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if whole > 0 {
		return nil
	}
	return j.write(journalHead{identity})
}

// readJournal returns the answers of a file and where its last whole line ends; 0
// where the file is of another identity.
func readJournal(f io.Reader, identity string) (map[string]Answer, int64, error) {
	there := map[string]Answer{}
	lines := bufio.NewReaderSize(f, 1<<20)
	var whole int64
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return there, whole, nil // the end, or a line without its end
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read journal: %w", err)
		}
		if whole == 0 {
			var head journalHead
			if json.Unmarshal(line, &head) != nil || head.Journal != identity {
				return map[string]Answer{}, 0, nil
			}
		} else {
			var a Answer
			if json.Unmarshal(line, &a) != nil {
				return there, whole, nil
			}
			there[a.key()] = a
		}
		whole += int64(len(line))
	}
}

func (a Answer) key() string { return fmt.Sprintf("%s#%d", a.Case, a.Repeat) }

// Find returns the answer of a case.
func (j *Journal) Find(hash string, repeat int) (Answer, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	a, ok := j.there[Answer{Case: hash, Repeat: repeat}.key()]
	return a, ok
}

// Keep writes an answer down. It is in the file when Keep returns.
func (j *Journal) Keep(a Answer) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.there[a.key()] = a
	return j.write(a)
}

// write appends one line by one call, so that a kill leaves whole lines and at
// most one piece of a line.
func (j *Journal) write(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("journal line: %w", err)
	}
	if _, err := j.file.Write(line.Bytes()); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }
