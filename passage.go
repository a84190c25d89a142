package frontdesk

// PassageKind says what shape a passage had in its document.
type PassageKind string

// The kinds of passages.
const (
	PassageText     PassageKind = "text"     // running text, a list item
	PassageRow      PassageKind = "row"      // one table row, with its headers
	PassageAnswer   PassageKind = "answer"   // one question and its answer
	PassageContents PassageKind = "contents" // a table of contents; never wins over the section itself
	PassageContact  PassageKind = "contact"  // address, phones, opening hours
)

// Passage is a cited piece of a revision. Text is verbatim: quoting any span of
// it is quoting the document.
type Passage struct {
	ID       PassageID
	Clinic   ClinicID
	Source   SourceID
	Name     string // the source's name as shown, "livret.pdf"
	Revision RevisionID
	Number   int // of the revision within its source, from 1
	Ordinal  int // place within the revision, from 0
	Page     int // from 1; 0 where the document has no pages
	Kind     PassageKind
	Headings []string // the titles above it, outermost first
	Text     string
	Question string // for PassageAnswer
	Language string
	Site     string // the site's name, "" when it speaks for the whole clinic
	General  bool   // approved as general health education (C8)
	Hash     string // of the words and headings; equal hashes share embeddings
	Facts    []Fact // typed facts read at ingest
}

// Citation says what a sentence of a reply rests on.
type Citation struct {
	Source   string    `json:"source"`
	Revision int       `json:"revision,omitempty"`
	Page     int       `json:"page,omitempty"`
	Quote    string    `json:"quote"` // a verbatim span of the passage
	Passage  PassageID `json:"-"`
}

// FactKind says what a [Fact] states.
type FactKind string

// The kinds of facts. They are facts of administration, never of medicine.
const (
	FactHours     FactKind = "hours"     // opening or visiting hours of Label
	FactPrice     FactKind = "price"     // Money for Label
	FactPhone     FactKind = "phone"     // Value, E.164 or as written
	FactEmail     FactKind = "email"     // Value
	FactAddress   FactKind = "address"   // Value as written, Point where known
	FactLink      FactKind = "link"      // Value is a URL; Label says to what
	FactBring     FactKind = "bring"     // Items to bring
	FactDuration  FactKind = "duration"  // Minutes that Label takes or that something is done before
	FactAccess    FactKind = "access"    // parking, transport, wheelchair
	FactInsurer   FactKind = "insurer"   // Value is accepted
	FactLanguage  FactKind = "language"  // Value (BCP-47) is spoken
	FactEmergency FactKind = "emergency" // what to do in an emergency, the clinic's words
)

// Fact is a typed fact read from a passage or structured data. Quote is the
// verbatim span that states it; everything else is read from that span.
type Fact struct {
	Kind     FactKind `json:"kind"`
	Label    string   `json:"label,omitempty"` // what it is about, in the document's words
	Value    string   `json:"value,omitempty"`
	Items    []string `json:"items,omitempty"`
	Hours    *Hours   `json:"hours,omitempty"`
	Money    *Money   `json:"money,omitempty"`
	Minutes  int      `json:"minutes,omitempty"`
	Point    *Point   `json:"point,omitempty"`
	Quote    string   `json:"quote,omitempty"`
	Language string   `json:"language,omitempty"`
	Site     string   `json:"site,omitempty"`
}

// Money is an amount in hundredths of its currency (ISO 4217), or a range when To is set.
type Money struct {
	Amount   int64  `json:"amount"`
	To       int64  `json:"to,omitempty"`
	From     bool   `json:"from,omitempty"` // "from 25 €"
	Currency string `json:"currency"`
}

// Point is a place on the map, WGS 84.
type Point struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lon"`
}

// Span is a stretch of a day in minutes after local midnight, [Start, End).
// End may pass 1440 for hours that reach into the next day.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Hours is a week of opening hours with dated exceptions, in the clinic's time
// zone. It is data; package calendar answers questions about it.
type Hours struct {
	// Days are indexed by time.Weekday (Sunday is 0). An empty day is closed;
	// a day for which the document says nothing is also in Unknown.
	Days       [7][]Span   `json:"days"`
	Unknown    [7]bool     `json:"unknown"`
	Exceptions []Exception `json:"exceptions,omitempty"`
	Holidays   string      `json:"holidays,omitempty"` // ISO country (or country-region) whose public holidays are closed; "" ignores them
}

// Exception replaces a dated day (or each day of a dated range).
type Exception struct {
	From  string `json:"from"` // 2006-01-02, or 01-02 for every year
	To    string `json:"to,omitempty"`
	Spans []Span `json:"spans,omitempty"` // empty: closed
	Note  string `json:"note,omitempty"`
}

// ProfileEntry is one fact of a clinic's profile with its approval.
type ProfileEntry struct {
	ID         EntryID
	Fact       Fact
	Citation   Citation // source "profile" when staff typed it
	Approved   bool
	ApprovedBy string
}

// Profile is the approved typed facts of a clinic and its sites, in a stable order.
type Profile struct {
	Sites   []Site
	Entries []ProfileEntry
}

// Site is one place of a clinic.
type Site struct {
	ID   SiteID
	Name string
}
