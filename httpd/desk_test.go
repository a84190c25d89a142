package httpd

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/staff"
)

// register keeps users in memory.
type register struct {
	mu     sync.Mutex // protects all following fields
	users  map[staff.UserID]staff.User
	proofs map[staff.UserID]staff.Proof
	tokens map[string]staff.Token
	log    []staff.Entry
	now    func() time.Time
}

func newRegister() *register {
	return &register{users: map[staff.UserID]staff.User{}, proofs: map[staff.UserID]staff.Proof{}, tokens: map[string]staff.Token{}}
}

// add makes a user of a role.
func (r *register) add(role staff.Role) staff.User {
	user := staff.User{ID: staff.UserID("user of " + role), Clinic: "c1", Email: string(role) + "@example.org", Name: "Ann " + string(role), Role: role, Ready: true}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users[user.ID] = user
	return user
}

func nobody() error { return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "No such user."} }

func (r *register) FindUser(_ context.Context, email string) (staff.User, staff.Proof, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, user := range r.users {
		if user.Email == email {
			return user, r.proofs[id], nil
		}
	}
	return staff.User{}, staff.Proof{}, nobody()
}

func (r *register) LoadUser(_ context.Context, clinic frontdesk.ClinicID, id staff.UserID) (staff.User, staff.Proof, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	user, ok := r.users[id]
	if !ok || user.Clinic != clinic {
		return staff.User{}, staff.Proof{}, nobody()
	}
	return user, r.proofs[id], nil
}

func (r *register) Users(context.Context, frontdesk.ClinicID) ([]staff.User, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var users []staff.User
	for _, user := range r.users {
		users = append(users, user)
	}
	return users, nil
}

func (r *register) SaveUser(_ context.Context, user staff.User, entry staff.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users[user.ID], r.log = user, append(r.log, entry)
	if !user.Disabled.IsZero() {
		for secret, token := range r.tokens {
			if token.User == user.ID {
				delete(r.tokens, secret)
			}
		}
	}
	return nil
}

func (r *register) SaveProof(_ context.Context, user staff.User, proof staff.Proof, entry staff.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.proofs[user.ID].Version != proof.Version {
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "Changed."}
	}
	user.Ready = proof.Password != ""
	proof.Version++
	r.users[user.ID], r.proofs[user.ID], r.log = user, proof, append(r.log, entry)
	return nil
}

func (r *register) Audit(_ context.Context, _ frontdesk.ClinicID, entry staff.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, entry)
	return nil
}

func (r *register) AddToken(_ context.Context, token staff.Token) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens[token.Secret] = token
	return nil
}

func (r *register) FindToken(_ context.Context, kind staff.TokenKind, secret string) (staff.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	token, ok := r.tokens[secret]
	if !ok || token.Kind != kind || !token.Until.After(r.now()) {
		return staff.Token{}, nobody()
	}
	return token, nil
}

func (r *register) EndTokens(_ context.Context, token staff.Token) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for secret, t := range r.tokens {
		if t.User == token.User && t.Kind == token.Kind && (token.Secret == "" || secret == token.Secret) {
			delete(r.tokens, secret)
		}
	}
	return nil
}

// desk is a clinic with one conversation; broken makes every part fail.
type desk struct {
	broken  error
	did     []string
	audited []string
	pulses  int
}

// serve puts the desk in place of every part of the console.
func (d *desk) serve(o *Options) {
	o.Clinics, o.Auditor, o.Inbox, o.Pen, o.Library, o.Approver = d, d, d, d, d, d
	o.Manager = d
	o.Sorter, o.Replies, o.Files, o.Live, o.Editor, o.Notices, o.Configure = d, d, d, d, d, d, d.Configure
	o.Cases, o.Figures, o.Evaluation, o.Evaluator = d, d, d, d
	o.Shared, o.Access, o.Hooks, o.Tokens, o.Deliveries = d, d, d, d, d
	o.Events = []string{"ticket.opened", attack}
	o.Templates, o.Corrector, o.People, o.Personal = d, d, d, d
	o.Reasons = []string{"asked", attack}
	o.WebhookSecret = func(context.Context, frontdesk.ClinicID) (string, error) { return "secret", d.broken }
}

// path fills in the parameters of a route.
func (d *desk) path(route string) string {
	if route == "/console/knowledge/source" {
		return route + "?name=a.pdf"
	}
	if route == "/console/knowledge/page" {
		return route + "?name=a.pdf&revision=1&page=1"
	}
	if route == "/console/knowledge/faq" {
		return route + "?name=a.csv"
	}
	return strings.NewReplacer(":conversation", "v1", ":token", "t1", ":turn", "n1", ":message", "m1").Replace(route)
}

// body is a form that the route accepts.
func (d *desk) body(route string) string {
	bodies := map[string]string{
		"/console/knowledge/approve":                 "source=a.pdf&revision=1",
		"/console/knowledge/withdraw":                "source=a.pdf&revision=1",
		"/console/profile/fact":                      "kind=phone&value=%2B33123",
		"/console/profile/links":                     "phone=%2B33123",
		"/console/knowledge/faq":                     "name=a&question=q&answer=a",
		"/console/knowledge/section":                 "url=https://example.org/&depth=1&pages=2",
		"/console/knowledge/again":                   "url=https://example.org/",
		"/console/conversations/:conversation/write": "text=hello",
		"/console/try/screen":                        "text=hello",
		"/console/conversations/:conversation/note":  "text=hello",
		"/console/gaps/answer":                       "question=q&answer=a",
		"/console/replies":                           "name=n&language=fr&text=t",
		"/console/settings/notice":                   "text=closed&to=2026-12-24",
		"/console/programs/token":                    "name=crm&scope=tickets",
		"/console/programs/webhook":                  "url=https://example.org&event=ticket.opened",
		"/console/team/invite":                       "name=Bob&email=bob@example.org&role=agent",
		"/console/team/disable":                      "user=nobody",
		"/console/account/language":                  "language=en",
		"/console/evaluation/case":                   "question=q",
	}
	return bodies[route]
}

// answers tells whether a route asks the desk for anything beside the clinic of
// the person: one that does fails when the desk is broken.
func (d *desk) answers(route string) bool {
	switch route {
	case "/console/sign-in", "/console/welcome/:token":
		return false
	}
	return true
}

func (d *desk) do(what string, who Person) error {
	if d.broken == nil {
		d.did = append(d.did, what+" by "+who.User.Name)
	}
	return d.broken
}

func (d *desk) FindClinic(_ context.Context, name string) (frontdesk.Clinic, error) {
	if d.broken != nil {
		return frontdesk.Clinic{}, d.broken
	}
	if name != "Parc" {
		return frontdesk.Clinic{}, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is no such clinic.", Err: errors.New(internal)}
	}
	return d.Clinic(context.Background(), "c1")
}

func (d *desk) Clinic(_ context.Context, id frontdesk.ClinicID) (frontdesk.Clinic, error) {
	return frontdesk.Clinic{ID: id, Name: attack, Language: "en", TimeZone: "Europe/Paris"}, d.broken
}

func (d *desk) Entries(context.Context, frontdesk.ClinicID, int) ([]staff.Entry, error) {
	return []staff.Entry{{Actor: attack, Action: attack, Target: attack, Detail: attack}}, d.broken
}

func (d *desk) VerifyAudit(context.Context, frontdesk.ClinicID) (int64, error) { return 1, d.broken }

func (d *desk) Audit(_ context.Context, _ frontdesk.ClinicID, entry staff.Entry) error {
	d.audited = append(d.audited, entry.Action)
	return d.broken
}

func (d *desk) List(context.Context, Person, View) (List, error) {
	return List{Items: []Item{{Conversation: "v1", Name: attack, Team: attack, Priority: "urgent", Reason: attack, Preview: attack, By: attack, Tags: []string{attack}}}}, d.broken
}

func (d *desk) Thread(_ context.Context, _ Person, id frontdesk.ConversationID) (Thread, error) {
	return Thread{
		ID: id, Name: attack, Phone: attack, Pen: frontdesk.PenPerson, Mine: true, Holder: attack, Tags: []string{attack},
		Tickets: []Ticket{{Summary: attack, Reason: attack, By: attack}},
		Lines: []Line{{Side: "patient", Text: attack, Labels: []frontdesk.Label{attack}}, {Side: "staff", Author: attack, Text: attack, State: attack},
			{Side: "note", Author: attack, Text: attack}, {Side: "assistant", Text: attack, Buttons: []frontdesk.Button{{Title: attack}}}},
		Saved: []SavedReply{{Name: attack, Text: attack}}, Colleagues: []Colleague{{ID: attack, Name: attack}}, Teams: []string{attack},
	}, d.broken
}

func (d *desk) Why(context.Context, Person, frontdesk.TurnID) (Why, error) {
	return Why{Record: frontdesk.Record{Question: attack, Evidence: []string{attack}, Dropped: []frontdesk.Dropped{{Sentence: attack, Why: attack}}}, Citations: []Cited{{Source: attack, Text: attack}}}, d.broken
}

func (d *desk) Take(_ context.Context, who Person, _ frontdesk.ConversationID) error {
	return d.do("take", who)
}

func (d *desk) Write(_ context.Context, who Person, _ frontdesk.ConversationID, w Written) error {
	return d.do("write "+w.Text, who)
}

func (d *desk) Templates(_ context.Context, _ Person, id frontdesk.ConversationID) (Choice, error) {
	return Choice{Conversation: id, Form: attack, Templates: []Template{
		{Name: attack, Language: attack, Category: attack, Text: attack, Parts: []Part{{Text: attack}, {Variable: attack}}, Variables: []string{attack}, Footer: attack, Buttons: []string{attack}},
	}}, d.broken
}

func (d *desk) Correct(_ context.Context, who Person, _ frontdesk.TurnID, _ Correction) (string, error) {
	return attack, d.do("correct", who)
}

func (d *desk) Contact(_ context.Context, _ Person, id frontdesk.ContactID) (Contact, error) {
	return Contact{ID: id, Name: attack, Patients: []string{attack}, Language: attack, Conversations: []ContactConversation{{ID: "v1", Channel: attack, Phone: attack, Pen: "bot", Tags: []string{attack}}}}, d.broken
}

func (d *desk) SaveContact(_ context.Context, who Person, _ Contact) error {
	return d.do("contact", who)
}

func (d *desk) Copy(_ context.Context, who Person, _ frontdesk.ContactID) ([]byte, error) {
	return []byte(attack), d.do("copy", who)
}

func (d *desk) Erase(_ context.Context, who Person, _ frontdesk.ContactID) ([]byte, error) {
	return []byte(attack), d.do("erase", who)
}

func (d *desk) Release(_ context.Context, who Person, _ frontdesk.ConversationID, _ Release) error {
	return d.do("release", who)
}

func (d *desk) Sources(context.Context, Person) ([]Source, error) {
	return []Source{{Name: attack, Revision: 1, Status: "live", ApprovedBy: attack, Warnings: []string{attack}}}, d.broken
}

func (d *desk) Gaps(context.Context, Person) ([]GapGroup, error) {
	return []GapGroup{{IDs: []string{attack}, Question: attack, Language: attack, Examples: []string{attack}}}, d.broken
}

func (d *desk) Source(context.Context, Person, string, int) (SourcePage, error) {
	one := Source{Name: attack, Revision: 1, Status: "draft", Warnings: []string{attack}}
	return SourcePage{Source: one, Revisions: []Source{one}, Texts: []SourceText{{Headings: attack, Question: attack, Text: attack}}, Diff: []DiffLine{{Sign: "+", Text: attack}}}, d.broken
}

func (d *desk) Add(_ context.Context, who Person, a Addition) (Added, error) {
	return Added{Source: attack, Status: attack, Reason: attack}, d.do("add "+a.Name+a.URL, who)
}

func (d *desk) Answer(_ context.Context, who Person, _ Answer) error { return d.do("answer", who) }

func (d *desk) Dismiss(_ context.Context, who Person, _ []string) error { return d.do("dismiss", who) }

func (d *desk) Note(_ context.Context, who Person, _ frontdesk.ConversationID, _ string) error {
	return d.do("note", who)
}

func (d *desk) Sort(_ context.Context, who Person, _ frontdesk.ConversationID, _ Sorting) error {
	return d.do("sort", who)
}

func (d *desk) CloseTicket(_ context.Context, who Person, _ frontdesk.TicketID) error {
	return d.do("close", who)
}

func (d *desk) SavedReplies(context.Context, Person) ([]SavedReply, error) {
	return []SavedReply{{ID: "s1", Name: attack, Language: attack, Text: attack}}, d.broken
}

func (d *desk) SaveReply(_ context.Context, who Person, _ SavedReply) error { return d.do("save", who) }

func (d *desk) DeleteReply(_ context.Context, who Person, _ string) error {
	return d.do("delete", who)
}

func (d *desk) File(context.Context, Person, frontdesk.MessageID) (content []byte, mime string, err error) {
	return []byte(attack), "text/html", d.broken
}

// Pulse ends the stream of events by its error.
func (d *desk) Pulse(context.Context, frontdesk.ClinicID, frontdesk.ConversationID) (Pulse, error) {
	d.pulses++
	return Pulse{Inbox: strconv.Itoa(d.pulses), Thread: strconv.Itoa(d.pulses / 2), Waiting: d.pulses}, d.broken
}

func (d *desk) Notices(context.Context, Person) ([]Notice, error) {
	return []Notice{{ID: "n1", Text: attack, By: attack}}, d.broken
}

func (d *desk) Publish(_ context.Context, who Person, _ frontdesk.Notice) error {
	return d.do("publish", who)
}

func (d *desk) EndNotice(_ context.Context, who Person, _ string) error { return d.do("end", who) }

func (d *desk) Configure(_ context.Context, who Person, what string, change func(*frontdesk.Settings) error) error {
	if err := change(&frontdesk.Settings{}); err != nil {
		return err
	}
	return d.do("configure "+what, who)
}

func (d *desk) Figures(_ context.Context, _ frontdesk.Clinic, from, to time.Time, channel frontdesk.Channel) (frontdesk.Figures, error) {
	counts := []frontdesk.CountedAs{{Name: attack, Count: 3}, {Name: "=1+1", Count: 1}}
	f := frontdesk.Figures{From: from, To: to, Channel: channel, Episodes: 4, Contained: 3, Messages: 9, Reasons: counts, Languages: counts, Outcomes: counts,
		Days: []frontdesk.DayFigures{{Day: "2026-11-22", Episodes: 4, Contained: 3}}, Cost: []frontdesk.MonthCost{{Month: "2026-11", Model: attack, Cost: 1.5}}}
	f.Hours[6][9] = 9
	return f, d.broken
}

func (d *desk) Channels(context.Context, frontdesk.ClinicID) ([]frontdesk.Channel, error) {
	return []frontdesk.Channel{"whatsapp", attack}, d.broken
}

func (d *desk) SharedList(_ context.Context, clinic frontdesk.ClinicID, q SharedQuery) (list any, next string, err error) {
	return []string{string(clinic), string(q.Kind)}, "next", d.broken
}

func (d *desk) SharedOne(_ context.Context, _ frontdesk.ClinicID, _ SharedKind, id string) (any, error) {
	if d.broken == nil && !isUUID(id) {
		return nil, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is none.", Err: errors.New(internal)}
	}
	return map[string]string{"id": id}, d.broken
}

// FindAccess opens "frontdesk_tickets" for scope tickets, and so on.
func (d *desk) FindAccess(_ context.Context, secret string) (staff.Access, error) {
	for _, scope := range staff.Scopes() {
		if secret == staff.AccessPrefix+string(scope) {
			return staff.Access{ID: "a1", Clinic: "c1", Scopes: []staff.Scope{scope}}, d.broken
		}
	}
	return staff.Access{}, nobody()
}

func (d *desk) AddAccess(_ context.Context, a staff.Access) (staff.Access, string, error) {
	if err := a.Check(); err != nil {
		return a, "", err
	}
	return a, "frontdesk_secret", d.do("token "+a.Name, Person{User: staff.User{Name: a.By}})
}

func (d *desk) ListAccess(context.Context, frontdesk.ClinicID) ([]staff.Access, error) {
	return []staff.Access{{ID: attack, Name: attack, By: attack, Scopes: []staff.Scope{attack}}}, d.broken
}

func (d *desk) EndAccess(_ context.Context, _ frontdesk.ClinicID, _, by string) error {
	return d.do("end token", Person{User: staff.User{Name: by}})
}

func (d *desk) Webhooks(context.Context, Person) ([]Webhook, error) {
	return []Webhook{{ID: attack, URL: attack, Secret: attack, By: attack, Events: []string{attack}}}, d.broken
}

func (d *desk) AddWebhook(_ context.Context, who Person, url string, _ []string) error {
	if d.broken == nil && url == "" {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "No address."}
	}
	return d.do("webhook", who)
}

func (d *desk) EndWebhook(_ context.Context, who Person, _ string) error {
	return d.do("end webhook", who)
}

func (d *desk) FailedDeliveries(context.Context, Person) ([]FailedDelivery, error) {
	return []FailedDelivery{{ID: attack, URL: attack, Event: attack}}, d.broken
}

func (d *desk) RetryDelivery(_ context.Context, who Person, _ string) error {
	return d.do("retry", who)
}

func (d *desk) Approve(_ context.Context, who Person, change SourceChange) error {
	return d.do("approve "+change.Source, who)
}

func (d *desk) Withdraw(_ context.Context, who Person, change SourceChange) error {
	return d.do("withdraw "+change.Source, who)
}

func (d *desk) AddCase(_ context.Context, who Person, _ NewCase) error { return d.do("case", who) }

func (d *desk) RequireCase(_ context.Context, who Person, _ string, _ bool) error {
	return d.do("require", who)
}

func (d *desk) RemoveCase(_ context.Context, who Person, _ string) error { return d.do("remove", who) }

func (d *desk) StartRun(_ context.Context, who Person, _ string) error { return d.do("run", who) }

func (d *desk) Override(_ context.Context, who Person, _, _ string) error {
	return d.do("override", who)
}

func (d *desk) Evaluation(context.Context, Person) (EvaluationPage, error) {
	return EvaluationPage{
		Held: []EvaluationRun{attackedRun()}, Runs: []EvaluationRun{attackedRun(), {ID: "r2", Suites: []string{attack}, Total: 4, Done: 1}}, Busy: true,
		Suites: []EvaluationSuite{{Name: attack, Last: EvaluationScore{Cases: 4, Passed: 3}, Trend: Trend{50, 75}}},
		Cases:  []EvaluationCase{{ID: "c1", Question: attack, Origin: attack, Author: attack, Wanted: []string{attack}, MustPass: true}},
	}, d.broken
}

func attackedRun() EvaluationRun {
	return EvaluationRun{
		ID: "r1", Gate: true, Source: attack, Revision: 2, By: attack, Ended: time.Unix(1, 0), Verdict: "fail", Why: []EvaluationReason{{Kind: attack, Count: 2}}, Kept: true,
		Failures: []EvaluationFailure{{Suite: attack, Question: attack, Wanted: []EvaluationWant{{Kind: attack, Words: attack}}, Before: attack, Now: attack, New: true}},
		Scores:   []EvaluationScore{{Suite: "own", Language: "fr", Cases: 4, Passed: 3}},
	}
}

func (d *desk) EvaluationRun(context.Context, Person, string) (EvaluationRun, error) {
	return attackedRun(), d.broken
}
