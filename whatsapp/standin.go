package whatsapp

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// StandInConfig describes a [StandIn].
type StandInConfig struct {
	Accounts  []StandInAccount
	AppSecret string // signs the webhooks

	// Webhooks go to Webhook where it is set, else to WebhookURL, else nowhere.
	Webhook    http.Handler
	WebhookURL string

	// Instant accepts every well-formed send at once: no rates, no window, no
	// statuses, and nothing is kept but the count of sends. For benchmarks.
	Instant bool
	// AnyRecipient takes sends to numbers that no person of the stand-in has, as
	// if all the world were on WhatsApp and had just written.
	AnyRecipient bool
	// AutoRead has every delivered message read at once, as by a phone whose chat is open.
	AutoRead bool

	StatusDelay time.Duration    // between the statuses of a message; default none
	RetryDelay  time.Duration    // before a refused webhook is repeated, doubled each time; default 1 s
	HangTime    time.Duration    // of the time-out fault; default 30 s
	Now         func() time.Time // default time.Now
	Logger      *slog.Logger     // default: discards
}

// StandInAccount is a business number of the stand-in.
type StandInAccount struct {
	PhoneNumberID string
	BusinessID    string
	Token         string
	Number        string // as shown, "+33 1 23 45 67 89"
	Name          string
}

// StandIn behaves like Meta's Graph endpoint and like the phones behind it: it
// takes sends and refuses what Meta refuses, with Meta's error bodies, and posts
// signed webhooks with the messages of its people and the statuses of ours. It
// is the test double of the packages that send, and the inside of [Simulator].
type StandIn struct {
	config StandInConfig
	now    func() time.Time
	logger *slog.Logger
	client *http.Client
	graph  *http.ServeMux

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex // protects all following fields
	closed    bool
	accounts  map[string]StandInAccount
	people    map[string]*Person // by number
	threads   map[threadKey]*Thread
	media     map[string]*storedMedia
	mediaUsed int
	templates map[string][]*storedTemplate // by business
	faults    Faults
	hits      int            // calls that a fault with a share was asked about
	sends     map[string]int // accepted, by callback data
	rates     *rates
	lanes     map[string][]hook
	pending   map[string]hook // not yet accepted by the webhook, by id
	watchers  map[int]chan Change
	watched   int
	changed   func() // told of every change of the state, for saving
}

type threadKey struct{ Account, Person string }

// Person is somebody with a phone.
type Person struct {
	Number      string `json:"number"` // digits, the id of the person
	Name        string `json:"name"`
	UserID      string `json:"user_id"`
	HidesNumber bool   `json:"hides_number"` // has a username: webhooks carry the user id only
}

// Faults are switches of what goes wrong.
type Faults struct {
	TimeoutAfterAccept bool `json:"timeout_after_accept"` // the message is sent, the answer never comes
	TooManyRequests    bool `json:"too_many_requests"`    // 429 with code 130429
	ServerError        bool `json:"server_error"`         // 500 with code 131000
	ExpiredToken       bool `json:"expired_token"`        // 401 with code 190
	PairLimit          bool `json:"pair_limit"`           // code 131056
	DuplicateWebhooks  bool `json:"duplicate_webhooks"`   // each is posted twice
	OutOfOrder         bool `json:"out_of_order"`         // read before delivered before sent; every second message late
	DropStatuses       bool `json:"drop_statuses"`        // no status ever comes
	FailStatus         int  `json:"fail_status"`          // accepted, then a failed status with this code
	FailCode           int  `json:"fail_code"`            // refused with this code

	// Share of the sends that are hit, 0 and 1 are all of them.
	Share float64 `json:"share"`
}

// Change is news for those who [StandIn.Watch].
type Change struct {
	Kind    string  `json:"kind"` // "bubble", "typing", "people", "faults", "call", "reset"
	Account string  `json:"account,omitempty"`
	Person  string  `json:"person,omitempty"`
	Bubble  *Bubble `json:"bubble,omitempty"` // new or changed
	Call    *Call   `json:"call,omitempty"`
}

// Call is one request to the stand-in's Graph endpoint.
type Call struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Status int       `json:"status"`
	Code   int       `json:"code,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

// NewStandIn returns a running stand-in; Close ends it.
func NewStandIn(c StandInConfig) (*StandIn, error) {
	if c.AppSecret == "" && (c.Webhook != nil || c.WebhookURL != "") {
		return nil, errors.New("whatsapp stand-in: no app secret to sign webhooks with")
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &StandIn{
		config: c, now: c.Now, logger: c.Logger,
		client:   &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		ctx:      ctx,
		cancel:   cancel,
		accounts: map[string]StandInAccount{}, people: map[string]*Person{}, threads: map[threadKey]*Thread{},
		media: map[string]*storedMedia{}, templates: map[string][]*storedTemplate{}, sends: map[string]int{},
		rates: newRates(metaBurst), lanes: map[string][]hook{}, pending: map[string]hook{}, watchers: map[int]chan Change{},
		changed: func() {},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	for _, a := range c.Accounts {
		s.accounts[a.PhoneNumberID] = a
	}
	s.graph = s.graphRoutes()
	return s, nil
}

// AddAccount adds a business number, or replaces the one with the same id.
func (s *StandIn) AddAccount(a StandInAccount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[a.PhoneNumberID] = a
}

// Accounts returns the business numbers, by id.
func (s *StandIn) Accounts() []StandInAccount {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]StandInAccount, 0, len(s.accounts))
	for _, a := range s.accounts {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b StandInAccount) int { return strings.Compare(a.PhoneNumberID, b.PhoneNumberID) })
	return list
}

// GraphHandler serves the Graph endpoint, /{version}/{id}/messages and so on.
func (s *StandIn) GraphHandler() http.Handler { return s.graph }

// Close stops deliveries and waits for them. It may be called twice.
func (s *StandIn) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
	s.client.CloseIdleConnections()
}

// SetFaults replaces the switches.
func (s *StandIn) SetFaults(f Faults) {
	s.mu.Lock()
	s.faults, s.hits = f, 0
	s.mu.Unlock()
	s.tell(Change{Kind: "faults"})
}

// Faults returns the switches.
func (s *StandIn) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Sends returns how often a send with this callback data was accepted.
func (s *StandIn) Sends(callback string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sends[callback]
}

// AllSends returns the number of accepted sends by callback data.
func (s *StandIn) AllSends() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := make(map[string]int, len(s.sends))
	for callback, n := range s.sends {
		counts[callback] = n
	}
	return counts
}

// AddPerson gives somebody a phone, or renames its owner. The number is taken
// with or without "+" and spaces.
func (s *StandIn) AddPerson(name, number string, hidesNumber bool) (Person, error) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	if !isNumber("+" + digits) {
		return Person{}, errors.New("a number has 5 to 16 digits, with its country code")
	}
	s.mu.Lock()
	p := s.person(digits)
	p.Name, p.HidesNumber = name, hidesNumber
	copied := *p
	s.mu.Unlock()
	s.tell(Change{Kind: "people", Person: digits})
	return copied, nil
}

// person returns the person with this number, new if need be. s.mu is held.
func (s *StandIn) person(digits string) *Person {
	p, ok := s.people[digits]
	if !ok {
		p = &Person{Number: digits, Name: "+" + digits, UserID: "FR." + hex.EncodeToString([]byte(digits))}
		s.people[digits] = p
	}
	return p
}

// People returns the people, by number.
func (s *StandIn) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Person, 0, len(s.people))
	for _, p := range s.people {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b Person) int { return strings.Compare(a.Number, b.Number) })
	return list
}

// Watch returns a channel of changes; a watcher that does not keep up is told
// Kind "reset" and should read the state anew. stop ends it.
func (s *StandIn) Watch() (changes <-chan Change, stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched++
	id := s.watched
	ch := make(chan Change, 256)
	s.watchers[id] = ch
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, id)
	}
}

func (s *StandIn) tell(c Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tellLocked(c)
}

func (s *StandIn) tellLocked(c Change) {
	if c.Kind != "call" && c.Kind != "typing" {
		s.changed()
	}
	for _, ch := range s.watchers {
		select {
		case ch <- c:
		default:
			drainTo(ch, Change{Kind: "reset"})
		}
	}
}

// drainTo empties a full channel and leaves only c in it.
func drainTo(ch chan Change, c Change) {
	for {
		select {
		case <-ch:
		default:
			select {
			case ch <- c:
			default:
			}
			return
		}
	}
}

// hit tells whether a fault strikes this send. s.mu is held.
func (s *StandIn) hit(on bool) bool {
	if !on {
		return false
	}
	share := s.faults.Share
	if share <= 0 || share >= 1 {
		return true
	}
	before := int(float64(s.hits) * share)
	s.hits++
	return int(float64(s.hits)*share) > before
}

// newWAMID returns a message id in the shape of Meta's.
func newWAMID() string { return "wamid." + randomHex(14) }

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = io.ReadFull(rand.Reader, b) // crypto/rand never fails
	return strings.ToUpper(hex.EncodeToString(b))
}
