package whatsapp

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const defaultHang = 30 * time.Second

// graphError is an error in the shape of Meta's.
type graphError struct {
	status  int
	code    int
	subcode int
	message string
	details string
}

func (s *StandIn) graphRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{version}/{id}/messages", s.authorised(s.messages))
	mux.HandleFunc("POST /{version}/{id}/media", s.authorised(s.uploadMedia))
	mux.HandleFunc("GET /{version}/{id}/message_templates", s.authorised(s.listTemplates))
	mux.HandleFunc("POST /{version}/{id}/message_templates", s.authorised(s.createTemplate))
	mux.HandleFunc("DELETE /{version}/{id}/message_templates", s.authorised(s.deleteTemplate))
	mux.HandleFunc("GET /{version}/{id}", s.authorised(s.node))
	mux.HandleFunc("DELETE /{version}/{id}", s.authorised(s.deleteMedia))
	mux.HandleFunc("GET /lookaside/{id}", s.mediaFile)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, &graphError{status: http.StatusBadRequest, code: 2500, message: "Unknown path components: " + r.URL.Path})
	})
	return mux
}

type graphHandler func(w http.ResponseWriter, r *http.Request, a StandInAccount) *graphError

// authorised finds the account by its token and the path's id, which may be the
// number's, the business's or, for reads, a medium's.
func (s *StandIn) authorised(next graphHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			s.refuse(w, r, &graphError{status: http.StatusUnauthorized, code: 190, message: "Invalid OAuth access token - Cannot parse access token"})
			return
		}
		if s.Faults().ExpiredToken {
			s.refuse(w, r, &graphError{
				status: http.StatusUnauthorized, code: 190, subcode: 463,
				message: "Error validating access token: Session has expired",
			})
			return
		}
		account, known := s.accountFor(token, r.PathValue("id"))
		switch {
		case !known:
			s.refuse(w, r, &graphError{status: http.StatusUnauthorized, code: 190, message: "Invalid OAuth access token - Cannot parse access token"})
			return
		case account.PhoneNumberID == "":
			s.refuse(w, r, unknownObject(r.PathValue("id")))
			return
		}
		if e := next(w, r, account); e != nil {
			s.refuse(w, r, e)
		}
	}
}

// accountFor returns the token's account that owns id. known tells whether the
// token is anybody's; an account without id means that id is not the token's.
func (s *StandIn) accountFor(token, id string) (a StandInAccount, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, candidate := range s.accounts {
		if candidate.Token != token {
			continue
		}
		known = true
		if candidate.PhoneNumberID == id || candidate.BusinessID == id || s.media[id] != nil {
			return candidate, true
		}
	}
	return StandInAccount{}, known
}

func unknownObject(id string) *graphError {
	return &graphError{
		status: http.StatusBadRequest, code: 100, subcode: 33,
		message: "Unsupported request. Object with ID '" + id + "' does not exist, cannot be loaded due to missing permissions, or does not support this operation",
	}
}

func (s *StandIn) refuse(w http.ResponseWriter, r *http.Request, e *graphError) {
	kind := "OAuthException"
	body := map[string]any{"message": e.message, "type": kind, "code": e.code, "fbtrace_id": randomHex(6)}
	if e.subcode != 0 {
		body["error_subcode"] = e.subcode
	}
	if e.details != "" {
		body["error_data"] = map[string]any{"messaging_product": "whatsapp", "details": e.details}
	}
	s.record(r, e.status, e.code, joinText(": ", e.message, e.details))
	answerJSON(w, e.status, map[string]any{"error": body})
}

func (s *StandIn) record(r *http.Request, status, code int, detail string) {
	if s.config.Instant {
		return
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.tell(Change{Kind: "call", Call: &Call{At: s.now(), What: r.Method + " " + path, Status: status, Code: code, Detail: detail}})
}

func answerJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a broken connection is the reader's affair
}

// messages takes sends and read marks.
func (s *StandIn) messages(w http.ResponseWriter, r *http.Request, a StandInAccount) *graphError {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	if err != nil {
		return &graphError{status: http.StatusBadRequest, code: 100, message: "(#100) Invalid parameter", details: "unreadable body"}
	}
	o := asObject(raw)
	if o.text("messaging_product") != "whatsapp" {
		return invalid("messaging_product is required and must be \"whatsapp\"")
	}
	if o.text("status") == "read" {
		return s.markRead(w, r, a, o)
	}
	if e := s.faultBefore(); e != nil {
		return e
	}
	if e := s.checkMessage(a, o); e != nil {
		return e
	}
	to, e := s.recipient(a, o)
	if e != nil {
		return e
	}
	id, hang, e := s.accept(a, to, o)
	if e != nil {
		return e
	}
	if hang {
		s.hang(r)
	}
	answer := map[string]any{"messaging_product": "whatsapp", "contacts": []any{to.echo(o)}, "messages": []any{accepted(o, id)}}
	s.record(r, http.StatusOK, 0, o.text("type"))
	answerJSON(w, http.StatusOK, answer)
	return nil
}

func accepted(o object, id string) map[string]any {
	m := map[string]any{"id": id}
	if o.text("type") == "template" {
		m["message_status"] = "accepted"
	}
	return m
}

// hang keeps the caller waiting, as a lost answer does.
func (s *StandIn) hang(r *http.Request) {
	d := s.config.HangTime
	if d <= 0 {
		d = defaultHang
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
	case <-s.ctx.Done():
	case <-timer.C:
	}
}

func (s *StandIn) faultBefore() *graphError {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults
	switch {
	case s.hit(f.TooManyRequests):
		return &graphError{status: http.StatusTooManyRequests, code: 130429, message: "(#130429) Rate limit hit", details: "Cloud API message throughput has been reached."}
	case s.hit(f.ServerError):
		return &graphError{status: http.StatusInternalServerError, code: 131000, message: "(#131000) Something went wrong", details: "Message failed to send due to an unknown error."}
	case s.hit(f.PairLimit):
		return pairLimit()
	case s.hit(f.FailCode != 0):
		return &graphError{status: http.StatusBadRequest, code: f.FailCode, message: "(#" + strconv.Itoa(f.FailCode) + ") " + titleOf(f.FailCode)}
	}
	return nil
}

func pairLimit() *graphError {
	return &graphError{
		status: http.StatusBadRequest, code: 131056, message: "(#131056) (Business Account, Consumer Account) pair rate limit hit",
		details: "Too many messages sent from the sender phone number to the same recipient phone number in a short period of time.",
	}
}

// recipientRef is whom a send goes to.
type recipientRef struct {
	number string // digits; "" when nobody has the user id
	known  bool   // somebody has a phone with it
	userID string
}

func (to recipientRef) echo(o object) map[string]any {
	if o.text("to") == "" {
		return map[string]any{"input": o.text("recipient"), "user_id": o.text("recipient")}
	}
	return map[string]any{"input": o.text("to"), "wa_id": to.number}
}

// recipient reads whom to send to: "to" wins over "recipient", and a number
// without "+" gets the business's own country code before it.
func (s *StandIn) recipient(a StandInAccount, o object) (recipientRef, *graphError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if to := o.text("to"); to != "" {
		number := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(to)
		if !strings.HasPrefix(number, "+") {
			number = "+" + countryCode(a.Number) + number
		}
		if !isNumber(number) {
			return recipientRef{}, &graphError{status: http.StatusBadRequest, code: 131009, message: "(#131009) Parameter value is not valid", details: "Recipient is not a valid phone number"}
		}
		if number[1:] == digitsOf(a.Number) {
			return recipientRef{}, &graphError{status: http.StatusBadRequest, code: 131021, message: "(#131021) Recipient cannot be sender"}
		}
		_, known := s.people[number[1:]]
		return recipientRef{number: number[1:], known: known}, nil
	}
	id := o.text("recipient")
	if !userID.MatchString(id) {
		return recipientRef{}, invalid("The parameter to is required.")
	}
	for _, p := range s.people {
		if p.UserID == id {
			return recipientRef{number: p.Number, userID: id, known: true}, nil
		}
	}
	return recipientRef{number: id, userID: id}, nil
}

// countryCode guesses the country code of a number as it is shown, which sets it
// apart by a space; a number without one has two digits of it.
func countryCode(number string) string {
	number = strings.TrimPrefix(number, "+")
	if code, _, ok := strings.Cut(number, " "); ok {
		return digitsOf(code)
	}
	return number[:min(2, len(number))]
}

// accept takes a checked message: it counts, appears on the phone, and its
// statuses go out. hang says that the time-out fault strikes.
func (s *StandIn) accept(a StandInAccount, to recipientRef, o object) (id string, hang bool, e *graphError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = newWAMID()
	callback := o.text("biz_opaque_callback_data")
	if s.config.Instant {
		s.sends[callback]++
		return id, s.hit(s.faults.TimeoutAfterAccept), nil
	}
	now := s.now()
	if s.rates.takeNumber(a.PhoneNumberID, 0, now) > 0 {
		return "", false, &graphError{status: http.StatusTooManyRequests, code: 130429, message: "(#130429) Rate limit hit"}
	}
	if s.rates.takePair(a.PhoneNumberID, to.number, now) > 0 {
		return "", false, pairLimit()
	}
	s.sends[callback]++
	hang = s.hit(s.faults.TimeoutAfterAccept)
	if !to.known {
		if !s.config.AnyRecipient {
			s.postStatus(a, Person{Number: to.number, UserID: to.userID}, Bubble{ID: id, Callback: callback}, "failed", 131026, s.config.StatusDelay)
			return id, hang, nil
		}
		s.person(to.number)
		s.thread(a.PhoneNumberID, to.number).LastWrote = now
	}
	p := *s.people[to.number]
	t := s.thread(a.PhoneNumberID, p.Number)
	b := s.render(a, o, id, now)
	code := s.faults.FailStatus
	if code == 0 && o.text("type") != "template" && !s.windowOpen(t, now) {
		code = 131047
	}
	if o.text("type") == "reaction" {
		s.react(t, o)
	} else {
		s.put(t, b)
	}
	s.statuses(a, p, *b, code)
	return id, hang, nil
}

// statuses posts what becomes of an accepted message. s.mu is held.
func (s *StandIn) statuses(a StandInAccount, p Person, b Bubble, code int) {
	if s.faults.DropStatuses {
		return
	}
	delay := s.config.StatusDelay
	if code != 0 {
		s.postStatus(a, p, b, "failed", code, delay)
		return
	}
	states := []string{"sent", "delivered"}
	if s.config.AutoRead {
		states = append(states, "read")
	}
	for i := range states {
		state := states[i]
		if s.faults.OutOfOrder {
			state = states[len(states)-1-i]
		}
		s.postStatus(a, p, b, state, 0, delay)
	}
}

func (s *StandIn) react(t *Thread, o object) {
	if b := t.find(o.object("reaction").text("message_id")); b != nil {
		b.Reaction = o.object("reaction").text("emoji")
		s.tellBubble(t, b)
	}
}

// markRead marks a person's message and all before it as read, and shows typing.
func (s *StandIn) markRead(w http.ResponseWriter, r *http.Request, a StandInAccount, o object) *graphError {
	if !s.config.Instant && !s.readUpTo(a, o) {
		return invalid("message_id does not exist")
	}
	s.record(r, http.StatusOK, 0, "read")
	answerJSON(w, http.StatusOK, map[string]any{"success": true})
	return nil
}

func (s *StandIn) readUpTo(a StandInAccount, o object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, t := range s.threads {
		if key.Account != a.PhoneNumberID || t.find(o.text("message_id")) == nil {
			continue
		}
		for _, b := range t.Bubbles {
			if !b.Clinic && b.State != "read" {
				b.State = "read"
				s.tellBubble(t, b)
			}
			if b.ID == o.text("message_id") {
				break
			}
		}
		if o.object("typing_indicator") != nil {
			s.tellLocked(Change{Kind: "typing", Account: key.Account, Person: key.Person})
		}
		return true
	}
	return s.config.AnyRecipient
}

// node answers GET /{id}: a medium's link or a number's health.
func (s *StandIn) node(w http.ResponseWriter, r *http.Request, a StandInAccount) *graphError {
	id := r.PathValue("id")
	s.mu.Lock()
	m := s.media[id]
	s.mu.Unlock()
	if m != nil {
		return s.mediaLink(w, r, m)
	}
	s.record(r, http.StatusOK, 0, "health")
	answerJSON(w, http.StatusOK, map[string]any{
		"id": id, "verified_name": a.Name, "display_phone_number": a.Number, "quality_rating": "GREEN",
		"health_status": map[string]any{"can_send_message": "AVAILABLE"},
	})
	return nil
}
