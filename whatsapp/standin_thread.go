package whatsapp

import (
	"errors"
	"slices"
	"time"
)

const (
	maxBubbles = 2000 // kept of a thread
	windowTime = 24 * time.Hour
)

// Thread is the chat of a person with a business number.
type Thread struct {
	Account   string    `json:"account"`
	Person    string    `json:"person"`
	Bubbles   []*Bubble `json:"bubbles"`
	LastWrote time.Time `json:"last_wrote"` // when the person last wrote; opens the window
}

// Bubble is one message as a phone shows it.
type Bubble struct {
	ID       string        `json:"id"`
	Clinic   bool          `json:"clinic"` // sent by the business
	Kind     string        `json:"kind"`   // Meta's type: "text", "interactive", "image", …
	Text     string        `json:"text,omitempty"`
	Header   string        `json:"header,omitempty"`
	Footer   string        `json:"footer,omitempty"`
	Buttons  []BubbleTap   `json:"buttons,omitempty"`
	Menu     string        `json:"menu,omitempty"` // the label of a list's button
	Sections []BubbleGroup `json:"sections,omitempty"`
	Pin      *BubblePin    `json:"pin,omitempty"`
	Link     *BubbleLink   `json:"link,omitempty"`
	Media    *BubbleMedia  `json:"media,omitempty"`
	Template string        `json:"template,omitempty"`
	ReplyTo  string        `json:"reply_to,omitempty"`
	Reaction string        `json:"reaction,omitempty"`
	State    string        `json:"state"` // "pending", "sent", "delivered", "read", "failed"
	Code     int           `json:"code,omitempty"`
	At       time.Time     `json:"at"`
	Callback string        `json:"callback,omitempty"`
}

// BubbleTap is a button or row that can be tapped.
type BubbleTap struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// BubbleGroup is a section of a list.
type BubbleGroup struct {
	Title string      `json:"title,omitempty"`
	Rows  []BubbleTap `json:"rows"`
}

// BubblePin is a place on the map.
type BubblePin struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// BubbleLink is a link behind a button.
type BubbleLink struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// BubbleMedia is a file within a bubble.
type BubbleMedia struct {
	ID       string `json:"id"`
	MIME     string `json:"mime"`
	FileName string `json:"file_name,omitempty"`
	Bytes    int    `json:"bytes"`
	Voice    bool   `json:"voice,omitempty"`
}

// errNobody is returned when a person or business number is not there.
var errNobody = errors.New("no such person or business number")

// thread returns the chat, new if need be. s.mu is held.
func (s *StandIn) thread(account, person string) *Thread {
	key := threadKey{account, person}
	t, ok := s.threads[key]
	if !ok {
		t = &Thread{Account: account, Person: person}
		s.threads[key] = t
	}
	return t
}

func (t *Thread) add(b *Bubble) {
	t.Bubbles = append(t.Bubbles, b)
	if len(t.Bubbles) > maxBubbles {
		t.Bubbles = slices.Delete(t.Bubbles, 0, len(t.Bubbles)-maxBubbles)
	}
}

func (t *Thread) find(id string) *Bubble {
	for _, b := range slices.Backward(t.Bubbles) {
		if b.ID == id {
			return b
		}
	}
	return nil
}

// Bubbles returns a copy of the chat, oldest first.
func (s *StandIn) Bubbles(account, person string) []Bubble {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.threads[threadKey{account, person}]
	if !ok {
		return nil
	}
	list := make([]Bubble, len(t.Bubbles))
	for i, b := range t.Bubbles {
		list[i] = *b
	}
	return list
}

// put adds a bubble to a chat and tells the watchers. s.mu is held.
func (s *StandIn) put(t *Thread, b *Bubble) {
	t.add(b)
	s.tellBubble(t, b)
}

func (s *StandIn) tellBubble(t *Thread, b *Bubble) {
	copied := *b
	s.tellLocked(Change{Kind: "bubble", Account: t.Account, Person: t.Person, Bubble: &copied})
}

// setState moves a bubble's state. s.mu is not held.
func (s *StandIn) setState(account, person, id, state string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.threads[threadKey{account, person}]
	if !ok {
		return
	}
	b := t.find(id)
	if b == nil || stateRank(b.State) >= stateRank(state) {
		return
	}
	b.State, b.Code = state, code
	s.tellBubble(t, b)
}

func stateRank(state string) int {
	switch state {
	case "sent":
		return 1
	case "delivered":
		return 2
	case "read":
		return 3
	case "failed":
		return 4
	}
	return 0
}

// SetLastWrote sets when a person last wrote, which opens and closes the 24-hour window.
func (s *StandIn) SetLastWrote(account, person string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.thread(account, s.person(person).Number).LastWrote = at
}

// Clear forgets a chat; the window closes with it.
func (s *StandIn) Clear(account, person string) {
	s.mu.Lock()
	delete(s.threads, threadKey{account, person})
	s.mu.Unlock()
	s.tell(Change{Kind: "reset"})
}
