package conversation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"frontdesk"
)

// Window is how long after a patient's last message free text may be sent; only
// templates may be sent later (WhatsApp's customer service window).
const Window = 24 * time.Hour

// Codes of refusals by [Engine.Post], beside the shared ones.
const (
	CodeWindowClosed frontdesk.Code = "window_closed" // more than 24 h since the patient wrote: send a template
	CodeBlocked      frontdesk.Code = "blocked"       // an outbound screen stopped the text
	CodePen          frontdesk.Code = "pen"           // somebody else may speak here
	CodeOptedOut     frontdesk.Code = "opted_out"     // the contact stopped messages that the clinic starts
)

// Outbound is one bubble on its way to a patient.
type Outbound struct {
	ID      frontdesk.MessageID
	To      Recipient
	Reply   frontdesk.Reply
	Origin  frontdesk.Origin
	Account frontdesk.AccountID
	ReplyTo string // provider id to quote, "" for none
	Attempt int    // from 1
	StartBy time.Time
}

// MustStart is when the POST must have started at the latest, zero for whenever: a
// reply of the bot must not start after its mark ran out, for a person may have
// taken the pen by then.
func (o Outbound) MustStart() time.Time {
	if o.Origin == frontdesk.OriginTurn {
		return o.StartBy
	}
	return time.Time{}
}

// Posted is an outbound message that passed [Engine.Post]. Nothing else makes
// one, and the store takes nothing else.
type Posted struct {
	out     Outbound
	author  string
	state   SendState
	due     time.Time
	startBy time.Time
}

// Outbound returns the message.
func (p Posted) Outbound() Outbound { return p.out }

// Author returns the member of staff who wrote it, "" for the bot.
func (p Posted) Author() string { return p.author }

// State returns the state to store the message in, with the times of its first
// attempt: due when it may start, startBy after which it must not.
func (p Posted) State() (state SendState, due, startBy time.Time) { return p.state, p.due, p.startBy }

// Draft is what somebody wants to send.
type Draft struct {
	Origin  frontdesk.Origin
	Clinic  frontdesk.Clinic
	Account frontdesk.AccountID
	To      Recipient
	Replies []frontdesk.Reply
	Pen     frontdesk.Pen
	Window  time.Time // the patient's last message
	OptOut  bool
	Author  string // staff's id for OriginStaff
	At      time.Time
}

// Post checks a draft and makes its outbound messages: window, consent and pen by
// its origin, then the outbound screen of every text, then the channel's limits.
// It writes nothing. A refusal is a [frontdesk.Error] with one of the codes
// above; then nothing of the draft may be sent.
func (e *Engine) Post(ctx context.Context, d Draft) ([]Posted, error) {
	if err := mayPost(d); err != nil {
		return nil, err
	}
	for _, r := range d.Replies {
		if finding := e.screenReply(ctx, d, r); finding.Block {
			return nil, refuse(CodeBlocked, "This text must not be sent: "+finding.Why+".")
		}
	}
	replies := e.c.Sender.Fit(mergeReplies(d.Replies))
	posted := make([]Posted, 0, len(replies))
	for _, r := range replies {
		id, err := e.newID(d.At)
		if err != nil {
			return nil, err
		}
		posted = append(posted, Posted{
			out:    Outbound{ID: frontdesk.MessageID(id), To: d.To, Reply: r, Origin: d.Origin, Account: d.Account},
			author: d.Author,
			state:  SendQueued,
			due:    d.At,
		})
	}
	return posted, nil
}

// mayPost holds the rules of window, consent and pen for each origin.
func mayPost(d Draft) error {
	switch d.Origin {
	case frontdesk.OriginFixed:
		return nil
	case frontdesk.OriginTemplate:
		if d.OptOut {
			return refuse(CodeOptedOut, "This contact asked for no messages from the clinic.")
		}
		for _, r := range d.Replies {
			if r.Template == nil {
				return refuse(frontdesk.CodeInvalid, "Only an approved template may be sent here.")
			}
		}
		return nil
	case frontdesk.OriginTurn:
		if d.Pen == frontdesk.PenPerson {
			return refuse(CodePen, "A person holds the pen.")
		}
	case frontdesk.OriginStaff:
		if d.Pen != frontdesk.PenPerson {
			return refuse(CodePen, "Take the conversation before writing to the patient.")
		}
	default:
		return refuse(frontdesk.CodeInvalid, "A message needs an origin.")
	}
	if d.At.Sub(d.Window) >= Window {
		return refuse(CodeWindowClosed, "More than 24 hours have passed since the patient wrote; send a template.")
	}
	return nil
}

func refuse(code frontdesk.Code, text string) error {
	return &frontdesk.Error{Code: code, Text: text}
}

// screenReply puts every text of a reply to the outbound screen and returns the
// first finding that blocks.
func (e *Engine) screenReply(ctx context.Context, d Draft, r frontdesk.Reply) Finding {
	for _, text := range replyTexts(r) {
		if strings.TrimSpace(text) == "" {
			continue
		}
		if f := e.c.Screen.Outbound(ctx, d.Origin, d.Clinic, text); f.Block {
			return f
		}
	}
	return Finding{}
}

// replyTexts returns all texts of a reply that a patient would see.
func replyTexts(r frontdesk.Reply) []string {
	texts := []string{r.Text}
	for _, b := range r.Buttons {
		texts = append(texts, b.Title)
	}
	if r.List != nil {
		texts = append(texts, r.List.Button, r.List.Title)
		for _, row := range r.List.Rows {
			texts = append(texts, row.Title, row.Description)
		}
	}
	if r.Location != nil {
		texts = append(texts, r.Location.Name, r.Location.Address)
	}
	if r.Call != nil {
		texts = append(texts, r.Call.Title)
	}
	if r.Document != nil {
		texts = append(texts, r.Document.Caption)
	}
	if r.Template != nil {
		for _, value := range r.Template.Variables {
			texts = append(texts, value)
		}
	}
	return texts
}

// mergeReplies joins neighbouring texts into one bubble, since each bubble is
// billed. A text joins a following text that has buttons or a list.
func mergeReplies(replies []frontdesk.Reply) []frontdesk.Reply {
	merged := make([]frontdesk.Reply, 0, len(replies))
	for _, r := range replies {
		if isEmpty(r) {
			continue
		}
		if last := len(merged) - 1; last >= 0 && isPlain(merged[last]) && isTextual(r) {
			r.Text = merged[last].Text + "\n\n" + r.Text
			r.Quoted = r.Quoted || merged[last].Quoted
			merged[last] = r
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

// isPlain tells whether a reply is text and nothing else.
func isPlain(r frontdesk.Reply) bool {
	return isTextual(r) && len(r.Buttons) == 0 && r.List == nil && r.Call == nil
}

// isTextual tells whether a reply's body is its text.
func isTextual(r frontdesk.Reply) bool {
	return r.Text != "" && r.Location == nil && r.Document == nil && r.Template == nil
}

func isEmpty(r frontdesk.Reply) bool {
	return strings.TrimSpace(r.Text) == "" && r.Location == nil && r.Document == nil && r.Template == nil && r.List == nil
}

// newID returns a fresh id for the instant at.
func (e *Engine) newID(at time.Time) (string, error) {
	id, err := frontdesk.NewID(at, e.c.Random)
	if err != nil {
		return "", fmt.Errorf("conversation: %w", err)
	}
	return id, nil
}
