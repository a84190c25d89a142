package frontdesk

import "time"

// InboundBatch is what one webhook said about one channel account. A webhook may
// hold several batches, an empty Account stands for its business account. The
// items are as the channel told them: nothing is screened, masked or trusted.
type InboundBatch struct {
	Account     string // the provider's id of the channel account: Meta's phone_number_id
	Business    string // the provider's id of the business account: Meta's WABA id
	Standby     bool   // another responder owns these threads: store, never answer
	Messages    []Inbound
	Statuses    []Status
	Echoes      []Echo
	Identities  []IdentityChange
	Preferences []Preference
	Events      []AccountEvent
}

// Inbound is one message of a patient as the channel delivered it.
type Inbound struct {
	ProviderID  string // unique within the account: "wamid.…"
	From        Sender
	Kind        MessageKind
	Text        string // body, caption, or the tapped title; unscreened
	TapID       string
	ReplyTo     string // provider id of the message that this one answers
	About       string // provider id of the message that a reaction, edit or revoke is about
	ProfileName string // untrusted, for staff to see only
	Media       *Media
	Location    *Location
	Forwarded   bool      // passed on from another chat: perhaps not the sender's own words
	Referral    string    // the channel's id of the advertisement that the person came from, "" if none
	ErrorCode   int       // why the channel could not deliver it whole (131051 unknown kind, 131052 file), 0 else
	At          time.Time // the channel's time stamp; zero when it sent none
	Raw         []byte    // this message's own JSON, with its sender; deleted when its turn commits
}

// Sender is how the channel names a person. UserID is the key where there is one
// (Meta's business-scoped user id), else Phone.
type Sender struct {
	UserID string
	Phone  string // digits with or without "+", "" when the channel does not tell it
}

// Key returns the external id by which the sender is known: the user id, else the number.
func (s Sender) Key() string {
	if s.UserID != "" {
		return s.UserID
	}
	return s.Phone
}

// DeliveryState is how far an outbound message came. States only move forward.
type DeliveryState string

// The states that channels report.
const (
	DeliverySent      DeliveryState = "sent"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryRead      DeliveryState = "read"
	DeliveryPlayed    DeliveryState = "played"
	DeliveryFailed    DeliveryState = "failed"
)

// Rank orders the states: a status of a lower or equal rank than the stored one
// changes nothing. Failed ranks above sent and below delivered, for a message
// that was delivered did not fail. Unknown states rank 0.
func (s DeliveryState) Rank() int {
	switch s {
	case DeliverySent:
		return 1
	case DeliveryFailed:
		return 2
	case DeliveryDelivered:
		return 3
	case DeliveryRead:
		return 4
	case DeliveryPlayed:
		return 5
	}
	return 0
}

// Status is what the channel says about one of our messages.
type Status struct {
	ProviderID string    // of our message
	Callback   MessageID // what we sent as biz_opaque_callback_data, "" if the channel did not echo it
	State      DeliveryState
	Recipient  Sender
	ErrorCode  int    // of a failed one, 0 else
	ErrorText  string // the channel's title of the error; never shown to patients
	Category   string // the price category that the channel named, "" if none
	At         time.Time
}

// Echo is a message that staff wrote in the channel's own app: a person took the pen.
type Echo struct {
	ProviderID string
	To         Sender
	Kind       MessageKind
	Text       string
	At         time.Time
	Raw        []byte
}

// IdentityChange says that a person's external id changed. People are never
// merged by it: the old identity is renamed and the old phone dropped.
type IdentityChange struct {
	Previous, Current Sender
	At                time.Time
}

// Preference is a person's choice about messages that the clinic starts.
type Preference struct {
	From     Sender
	Category string // "marketing_messages"
	Stop     bool   // false: resume
	At       time.Time
}

// AccountEvent is news about a channel account or its templates that staff or the
// operator must see: quality, restriction, template status, account errors.
type AccountEvent struct {
	Field string // the webhook's field, "message_template_status_update"
	Event string // "APPROVED", "ACCOUNT_RESTRICTION"
	Name  string // of the template, "" else
	Lang  string // of the template
	Code  int    // of an error, 0 else
	Raw   []byte // the value's JSON; holds no patient data
	At    time.Time
}
