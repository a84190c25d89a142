package frontdesk

import "time"

// Channel is the kind of way by which messages come and go.
type Channel string

// The channels. Try runs whole turns that notify, count and book nothing.
const (
	ChannelWhatsApp Channel = "whatsapp"
	ChannelTry      Channel = "try"
)

// MessageKind is what an inbound message consists of.
type MessageKind string

// The kinds of inbound messages. Whatever is not known is KindUnsupported and kept.
const (
	KindText        MessageKind = "text"
	KindTap         MessageKind = "tap" // a reply button, list row or template button
	KindImage       MessageKind = "image"
	KindVoice       MessageKind = "voice"
	KindAudio       MessageKind = "audio"
	KindVideo       MessageKind = "video"
	KindDocument    MessageKind = "document"
	KindSticker     MessageKind = "sticker"
	KindLocation    MessageKind = "location"
	KindContacts    MessageKind = "contacts"
	KindReaction    MessageKind = "reaction"
	KindEdit        MessageKind = "edit"
	KindRevoke      MessageKind = "revoke"
	KindSystem      MessageKind = "system"
	KindUnsupported MessageKind = "unsupported"
)

// HasMedia tells whether a message of this kind carries a file that has to be fetched.
func (k MessageKind) HasMedia() bool {
	switch k {
	case KindImage, KindVoice, KindAudio, KindVideo, KindDocument, KindSticker:
		return true
	}
	return false
}

// Message is an inbound message as the turn sees it: identifiers are already
// masked in Text (see [Token]), secrets are gone.
type Message struct {
	ID         MessageID
	ProviderID string // the channel's id, "wamid.…"
	Kind       MessageKind
	Text       string // the body, a caption, or a tap's title
	TapID      string // the id of the tapped button or row
	ReplyTo    string // provider id of the message that this one answers, "" if none
	Media      *Media
	At         time.Time // the channel's time stamp
	Tokens     []Token   // what the masked places of Text stand for
}

// Media is a file that a patient sent.
type Media struct {
	ProviderID string // the channel's media id
	MIME       string
	SHA256     string // hex; "" until fetched
	FileName   string // untrusted
	Bytes      int64
}

// Token is an identifier that was replaced in a text. Its value is sealed at
// rest and never part of a Token that leaves the store.
type Token struct {
	Place string // as it stands in the text, "⟦dob:1⟧"
	Type  string // "phone", "email", "dob", "address", …
}

// EventKind says what an [Event] is.
type EventKind string

// The kinds of events that a turn decides on.
const (
	EventMessage EventKind = "message"
	EventTap     EventKind = "tap"
	EventTimer   EventKind = "timer"
	EventJob     EventKind = "job"     // the result of an effect on an outside system
	EventRelease EventKind = "release" // staff gave the pen back
)

// Event is one thing that a turn decides on.
type Event struct {
	Kind    EventKind
	At      time.Time
	Message *Message // for EventMessage and EventTap
	Timer   string   // name of the timer
	Job     string   // name of the effect
	Result  string   // JSON of the job's result
	Note    string   // staff's instruction on release
}
