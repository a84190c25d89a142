package frontdesk

import "time"

// Identity is how one channel account knows a person. ExternalID is Meta's user
// id where there is one, else the number; it is sealed at rest.
type Identity struct {
	Account    AccountID
	ExternalID string
	Phone      string // E.164 with +, "" when the channel does not tell it
}

// Contact is a person at a clinic.
type Contact struct {
	ID       ContactID
	Name     string // from the clinic's own import only; the channel's profile name is untrusted
	Language string // chosen by the contact, "" until then
	Patients []string
	Welcomed time.Time // when the welcome was last sent; zero: never
}

// GreetingName returns the name to greet by: the imported name, and none when
// several patients share the contact.
func (c Contact) GreetingName() string {
	if len(c.Patients) > 1 {
		return ""
	}
	return c.Name
}

// Pen says who may speak in a conversation.
type Pen string

// The pens. A conversation starts with the bot's.
const (
	PenBot     Pen = "bot"     // the bot answers
	PenWaiting Pen = "waiting" // a ticket is open, nobody has taken it yet
	PenPerson  Pen = "person"  // staff answer; the bot sends the fixed emergency text only
)
