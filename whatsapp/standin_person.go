package whatsapp

import (
	"strconv"
	"time"
)

// Written is what a person sends from a phone. Exactly one of its contents is set.
type Written struct {
	Text    string
	Tap     string // the id of a button or row of the bubble ReplyTo
	Pin     *BubblePin
	Media   *SentMedia
	ReplyTo string         // a bubble that is answered
	Raw     map[string]any // any other message: its "type" and what belongs to it
}

// SentMedia is a file that a person sends.
type SentMedia struct {
	Kind     string // "image", "audio", "video", "document", "sticker"
	MIME     string
	FileName string
	Caption  string
	Voice    bool
	Content  []byte
}

// Write sends a message from a person to a business number: its webhook is
// posted, and repeated until it gets a 200. It returns the message's id.
func (s *StandIn) Write(account, person string, w Written) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, okAccount := s.accounts[account]
	p, okPerson := s.people[person]
	if !okAccount || !okPerson {
		return "", errNobody
	}
	now := s.now()
	t := s.thread(account, person)
	b := &Bubble{ID: newWAMID(), State: "pending", At: now, ReplyTo: w.ReplyTo}
	message := map[string]any{"id": b.ID, "timestamp": strconv.FormatInt(now.Unix(), 10)}
	s.compose(t, b, w, message)
	if w.ReplyTo != "" {
		message["context"] = map[string]any{"from": digitsOf(a.Number), "id": w.ReplyTo}
	}
	t.LastWrote = now
	if b.Kind != "reaction" {
		s.put(t, b)
	}
	s.postMessage(a, *p, message, b.ID)
	return b.ID, nil
}

// compose fills the bubble and the webhook's message. s.mu is held.
func (s *StandIn) compose(t *Thread, b *Bubble, w Written, message map[string]any) {
	switch {
	case w.Raw != nil:
		for key, value := range w.Raw {
			message[key] = value
		}
		b.Kind, _ = w.Raw["type"].(string)
		b.Text = "(" + b.Kind + ")"
	case w.Tap != "":
		s.composeTap(t, b, w, message)
	case w.Pin != nil:
		b.Kind, b.Pin = "location", w.Pin
		message["location"] = w.Pin
	case w.Media != nil:
		s.composeMedia(b, *w.Media, message)
	default:
		b.Kind, b.Text = "text", w.Text
		message["text"] = map[string]any{"body": w.Text}
	}
	if w.Raw == nil {
		message["type"] = b.Kind
	}
}

// composeTap answers a button as Meta does: "button" for a template's quick
// reply, "interactive" else.
func (s *StandIn) composeTap(t *Thread, b *Bubble, w Written, message map[string]any) {
	asked := t.find(w.ReplyTo)
	if asked == nil {
		asked = &Bubble{}
	}
	b.Kind, b.Text = "interactive", w.Tap
	for _, button := range asked.Buttons {
		if button.ID != w.Tap {
			continue
		}
		b.Text = button.Title
		if asked.Kind == "template" {
			b.Kind = "button"
			message["button"] = map[string]any{"payload": button.ID, "text": button.Title}
			return
		}
	}
	for _, section := range asked.Sections {
		for _, row := range section.Rows {
			if row.ID == w.Tap {
				b.Text = row.Title
				reply := map[string]any{"id": row.ID, "title": row.Title}
				if row.Description != "" {
					reply["description"] = row.Description
				}
				message["interactive"] = map[string]any{"type": "list_reply", "list_reply": reply}
				return
			}
		}
	}
	message["interactive"] = map[string]any{"type": "button_reply", "button_reply": map[string]any{"id": w.Tap, "title": b.Text}}
}

func (s *StandIn) composeMedia(b *Bubble, m SentMedia, message map[string]any) {
	stored := s.keepMedia(m.MIME, m.FileName, m.Content)
	b.Kind, b.Text = m.Kind, m.Caption
	b.Media = &BubbleMedia{ID: stored.ID, MIME: m.MIME, FileName: m.FileName, Bytes: len(m.Content), Voice: m.Voice}
	content := map[string]any{"id": stored.ID, "mime_type": m.MIME, "sha256": stored.hash()}
	if m.Caption != "" {
		content["caption"] = m.Caption
	}
	switch m.Kind {
	case "document":
		content["filename"] = m.FileName
	case "audio":
		content["voice"] = m.Voice
	case "sticker":
		content["animated"] = false
	}
	message[m.Kind] = content
}

// Read has a person open the chat: everything delivered becomes read.
func (s *StandIn) Read(account, person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, okAccount := s.accounts[account]
	p, okPerson := s.people[person]
	t, okThread := s.threads[threadKey{account, person}]
	if !okAccount || !okPerson || !okThread {
		return
	}
	for _, b := range t.Bubbles {
		if b.Clinic && b.State == "delivered" {
			b.State = "read"
			s.tellBubble(t, b)
			s.postStatus(a, *p, *b, "read", 0, 0)
		}
	}
}

func (s *StandIn) windowOpen(t *Thread, now time.Time) bool {
	return now.Sub(t.LastWrote) < windowTime
}

func digitsOf(number string) string {
	digits := make([]rune, 0, len(number))
	for _, r := range number {
		if r >= '0' && r <= '9' {
			digits = append(digits, r)
		}
	}
	return string(digits)
}
