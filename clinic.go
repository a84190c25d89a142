package frontdesk

import "time"

// Clinic is a tenant with the settings that a turn needs.
type Clinic struct {
	ID       ClinicID
	Name     string
	Language string // BCP-47; the language of its staff and the default for patients
	Country  string // ISO 3166-1 alpha-2; chooses emergency numbers and identifier rules
	TimeZone string // IANA name; every local time of the clinic is in it

	Settings Settings

	// Content changes with what the clinic approved beside its passages: profile,
	// notices, departments. 0: it was not read with the message at hand.
	Content int64 `json:"-"`
}

// Location returns the clinic's time zone, UTC if its name is unknown.
func (c Clinic) Location() *time.Location {
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Settings are what a clinic may set for itself (`clinic set NAME KEY=VALUE`).
// The zero value is a working clinic.
type Settings struct {
	BookingURL   string   `json:"booking_url,omitempty"`    // where appointments are made on-line
	PortalURL    string   `json:"portal_url,omitempty"`     // the authenticated patient portal
	PrivacyURL   string   `json:"privacy_url,omitempty"`    // the privacy notice, named in the welcome
	Phone        string   `json:"phone,omitempty"`          // the reception's number, shown to patients
	Calls        bool     `json:"whatsapp_calls,omitempty"` // somebody answers WhatsApp calls to the clinic's number while it is staffed
	NurseLine    string   `json:"nurse_line,omitempty"`     // the number for "a clinician today"
	EmergencyAdd string   `json:"emergency_add,omitempty"`  // a line added to the emergency reply; never replaces its number
	AllowedHosts []string `json:"allowed_hosts,omitempty"`  // hosts that replies may link to, beside those above
	Paused       bool     `json:"paused,omitempty"`         // the bot only takes messages for staff
	MonthlyCap   float64  `json:"monthly_cap,omitempty"`    // model spend per calendar month, in the price list's currency; 0 is no cap
	StaffHours   *Hours   `json:"staff_hours,omitempty"`    // when people answer; nil: the profile's opening hours, else always staffed

	AlertEmails      []string          `json:"alert_emails,omitempty"`       // told of urgent tickets, and of others that nobody took
	SecondLineEmails []string          `json:"second_line_emails,omitempty"` // told when nobody reacted to a reminder
	WebhookURL       string            `json:"webhook_url,omitempty"`        // told of every step, signed
	IdleHours        int               `json:"idle_hours,omitempty"`         // after which a conversation that staff left goes back to the bot; 0: 12
	Routes           map[string]string `json:"routes,omitempty"`             // team by reason, where it is not the usual one
	Teams            []string          `json:"teams,omitempty"`              // beside reception, billing and nurse

	Gate bool `json:"gate,omitempty"` // an approved revision goes live when the clinic's suites say that no answer got worse

	Pinned       []Pinned     `json:"pinned,omitempty"`        // answers that win over documents
	Forbidden    []string     `json:"forbidden,omitempty"`     // topics, by their words, that only people answer
	VerbatimOnly bool         `json:"verbatim_only,omitempty"` // documents are quoted, never put in other words
	Off          []Capability `json:"off,omitempty"`           // what the assistant does not do
	Pilots       []string     `json:"pilots,omitempty"`        // numbers that the assistant answers, everybody else gets people; empty: everybody

	FourEyes    bool `json:"four_eyes,omitempty"`    // who added content or proposed a fact may not approve it
	RereadHours int  `json:"reread_hours,omitempty"` // between two looks at a page; 0: 24
}

// Pinned is an answer in the clinic's words and language to questions that it wrote
// down.
type Pinned struct {
	Questions []string `json:"questions"`
	Answer    string   `json:"answer"`
}

// Capability is something that a clinic may switch off.
type Capability string

// The capabilities.
const (
	CapabilityBooking     Capability = "booking"     // requests for appointments
	CapabilityEnquiry     Capability = "enquiry"     // questions of people who are no patients yet, taken down for staff
	CapabilityDepartments Capability = "departments" // which department is for which complaint
	CapabilityEducation   Capability = "education"   // general health education from approved content
)

// Capabilities returns all capabilities.
func Capabilities() []Capability {
	return []Capability{CapabilityBooking, CapabilityEnquiry, CapabilityDepartments, CapabilityEducation}
}

// Notice is a dated message of the clinic that wins over documents, such as
// "closed today".
type Notice struct {
	Text     string
	Language string
	From, To time.Time // [From, To)
}
