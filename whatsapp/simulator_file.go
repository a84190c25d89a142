package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const saveDelay = 500 * time.Millisecond

// saver writes the stand-in's state to a file soon after it changed.
type saver struct {
	path    string
	standIn *StandIn
	dirty   chan struct{}
	done    chan struct{}
	work    sync.WaitGroup
	once    sync.Once
}

// savedState is the file's content. Webhooks that nobody has accepted yet are
// part of it, so that a restart loses no message.
type savedState struct {
	People  []Person       `json:"people"`
	Threads []Thread       `json:"threads"`
	Media   []*storedMedia `json:"media"`
	Pending []hook         `json:"pending"`
}

func newSaver(path string, s *StandIn) *saver {
	return &saver{path: path, standIn: s, dirty: make(chan struct{}, 1), done: make(chan struct{})}
}

// load reads the file into the stand-in; a file that is not there is no error, a
// broken one is set aside.
func (v *saver) load() error {
	raw, err := os.ReadFile(v.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("simulator: read chats: %w", err)
	}
	var state savedState
	if err := json.Unmarshal(raw, &state); err != nil {
		if err := os.Rename(v.path, v.path+".broken"); err != nil {
			return fmt.Errorf("simulator: set broken chats aside: %w", err)
		}
		return nil
	}
	v.standIn.restore(state)
	return nil
}

func (s *StandIn) restore(state savedState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range state.People {
		s.people[p.Number] = &p
	}
	for _, t := range state.Threads {
		s.threads[threadKey{t.Account, t.Person}] = &t
	}
	for _, m := range state.Media {
		s.media[m.ID] = m
		s.mediaUsed += len(m.Content)
	}
	for _, h := range state.Pending {
		s.enqueue("in/"+h.Account+"/"+h.Person, h)
	}
}

func (s *StandIn) snapshot() savedState {
	state := savedState{People: s.People(), Threads: s.allThreads()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.media {
		state.Media = append(state.Media, m)
	}
	for _, h := range s.pending {
		state.Pending = append(state.Pending, h)
	}
	return state
}

func (v *saver) start() {
	v.standIn.mu.Lock()
	v.standIn.changed = func() {
		select {
		case v.dirty <- struct{}{}:
		default:
		}
	}
	v.standIn.mu.Unlock()
	v.work.Add(1)
	go v.run()
}

func (v *saver) run() {
	defer v.work.Done()
	for {
		select {
		case <-v.done:
			return
		case <-v.dirty:
		}
		timer := time.NewTimer(saveDelay)
		select {
		case <-v.done:
			timer.Stop()
			return
		case <-timer.C:
		}
		v.save()
	}
}

// stop ends the saver with a last save.
func (v *saver) stop() {
	v.once.Do(func() {
		close(v.done)
		v.work.Wait()
		v.save()
	})
}

func (v *saver) save() {
	if err := v.write(); err != nil {
		v.standIn.logger.Warn("simulator: chats not saved", "error", err)
	}
}

func (v *saver) write() error {
	raw, err := json.Marshal(v.standIn.snapshot())
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(v.path), ".simulator-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already once renamed
	_, err = temporary.Write(raw)
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), v.path)
}

func contentDisposition(fileName string) string {
	if d := mime.FormatMediaType("attachment", map[string]string{"filename": fileName}); d != "" {
		return d
	}
	return "attachment"
}
