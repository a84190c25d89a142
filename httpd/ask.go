package httpd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

// AskIn is one line of `ask --json` and POST /api/v1/ask.
type AskIn struct {
	ID           json.RawMessage `json:"id"`
	Text         string          `json:"text"`
	Tap          string          `json:"tap,omitempty"` // id of a tapped button
	Conversation string          `json:"conversation,omitempty"`
	First        bool            `json:"first,omitempty"`
	At           time.Time       `json:"at,omitzero"`
	Country      string          `json:"country,omitempty"`
	Trace        bool            `json:"trace,omitempty"` // wants all that decided the turn

	Drafts, Without []frontdesk.RevisionID `json:"-"` // as if these were live, and those not
}

// AskOut is the answer to one line.
type AskOut struct {
	ID        json.RawMessage      `json:"id,omitempty"`
	Outcome   frontdesk.Outcome    `json:"outcome"`
	Lang      string               `json:"lang"`
	Messages  []AskMessage         `json:"messages"`
	Citations []frontdesk.Citation `json:"citations"`
	Ticket    *AskTicket           `json:"ticket,omitempty"`
	Flow      string               `json:"flow,omitempty"`
	Labels    []frontdesk.Label    `json:"labels"`
	Mode      frontdesk.Mode       `json:"mode,omitempty"`
	MS        frontdesk.Timing     `json:"ms"`
	Trace     *frontdesk.Record    `json:"trace,omitempty"`
}

// AskMessage is one bubble.
type AskMessage struct {
	Text     string             `json:"text,omitempty"`
	Buttons  []frontdesk.Button `json:"buttons,omitempty"`
	Location *askLocation       `json:"location,omitempty"`
	Document string             `json:"document,omitempty"` // file name
}

type askLocation struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lon"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// AskTicket is the handover that a turn asked for.
type AskTicket struct {
	Team     string             `json:"team"`
	Priority frontdesk.Priority `json:"priority"`
	Reason   string             `json:"reason"`
}

// Asker returns the function that answers lines for one clinic.
func Asker(try *conversation.Try, clinic frontdesk.Clinic) func(context.Context, AskIn) (AskOut, error) {
	return func(ctx context.Context, in AskIn) (AskOut, error) {
		asked := clinic
		if in.Country != "" {
			asked.Country = in.Country
		}
		trial, err := try.Ask(ctx, conversation.Question{
			Clinic: asked, Conversation: in.Conversation, Text: in.Text, TapID: in.Tap, First: in.First, At: in.At,
			Drafts: in.Drafts, Without: in.Without,
		})
		if err != nil {
			return AskOut{}, fmt.Errorf("ask: %w", err)
		}
		return AskReply(in, trial), nil
	}
}

// AskReply is what a turn of the channel try prints.
func AskReply(in AskIn, trial conversation.Trial) AskOut {
	d := trial.Decision
	out := AskOut{
		ID: in.ID, Outcome: d.Outcome, Lang: d.Language, Mode: d.Mode,
		Messages:  []AskMessage{},
		Citations: append([]frontdesk.Citation{}, d.Citations...),
		Labels:    append([]frontdesk.Label{}, d.Labels...),
		MS:        d.Record.Timing,
	}
	out.MS.Screen += milliseconds(trial.Screened)
	out.MS.Total = milliseconds(trial.Total)
	for _, r := range trial.Replies {
		out.Messages = append(out.Messages, askMessage(r))
	}
	if d.Ticket != nil {
		out.Ticket = &AskTicket{Team: d.Ticket.Team, Priority: d.Ticket.Priority, Reason: d.Ticket.Reason}
	}
	if d.Flow != nil {
		out.Flow = d.Flow.Name
	}
	if in.Trace {
		out.Trace = &d.Record
	}
	return out
}

func askMessage(r frontdesk.Reply) AskMessage {
	m := AskMessage{Text: r.Text, Buttons: r.Buttons}
	if r.Location != nil {
		m.Location = &askLocation{Latitude: r.Location.Latitude, Longitude: r.Location.Longitude, Name: r.Location.Name, Address: r.Location.Address}
	}
	if r.Document != nil {
		m.Document = r.Document.FileName
	}
	if r.List != nil {
		for _, row := range r.List.Rows {
			m.Buttons = append(m.Buttons, frontdesk.Button{ID: row.ID, Title: row.Title})
		}
	}
	return m
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
