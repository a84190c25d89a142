package httpd

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/staff"
)

// openAPI describes the API; a test holds it against the table of routes.
//
//go:embed openapi.json
var openAPI []byte

// Shared is what other programs read of a clinic: nothing that anybody wrote.
type Shared interface {
	// SharedList returns a page of a kind of things and the id to go on after, ""
	// at the end.
	SharedList(ctx context.Context, clinic frontdesk.ClinicID, query SharedQuery) (list any, next string, err error)
	// SharedOne returns one thing: [frontdesk.CodeNotFound] without it.
	SharedOne(ctx context.Context, clinic frontdesk.ClinicID, kind SharedKind, id string) (any, error)
}

// SharedKind is a kind of things that other programs read.
type SharedKind string

// The kinds.
const (
	SharedConversations SharedKind = "conversations"
	SharedTickets       SharedKind = "tickets"
	SharedTags          SharedKind = "tags"
)

// SharedQuery asks for a page.
type SharedQuery struct {
	Kind  SharedKind
	Tag   string // of conversations, "": all
	State string // of tickets: open, closed, all
	After string // id
	Limit int
}

// AccessFinder finds the token of a secret.
type AccessFinder interface {
	// FindAccess returns [frontdesk.CodeNotFound] for a secret that opens nothing.
	FindAccess(ctx context.Context, secret string) (staff.Access, error)
}

// AccessRegister keeps the tokens of other programs.
type AccessRegister interface {
	AddAccess(ctx context.Context, access staff.Access) (staff.Access, string, error)
	ListAccess(ctx context.Context, clinic frontdesk.ClinicID) ([]staff.Access, error)
	EndAccess(ctx context.Context, clinic frontdesk.ClinicID, id, by string) error
}

// Bounds of a page of the API.
const (
	sharedListed = 50
	maxShared    = 200
	maxQuery     = 60 // characters of a parameter
)

// public marks a route of the API that needs no token.
const public staff.Scope = "public"

// clinicKey is where a request of the API keeps its clinic.
const clinicKey = "clinic"

// endpoint is one route of the API with the scope that its token needs.
type endpoint struct {
	method, path string
	scope        staff.Scope
	handle       gin.HandlerFunc
}

// bearer lets a request pass whose token has the scope. The operator's own token
// reaches what has scope eval, at the clinic that the address names; every other one
// is a clinic's.
func (s *Server) bearer(scope staff.Scope) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		if scope == public {
			c.Next()
			return
		}
		secret, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		operators := s.o.APIToken != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(s.o.APIToken)) == 1
		switch {
		case ok && operators && scope == staff.ScopeEval:
			clinic, err := s.o.Clinics.FindClinic(c.Request.Context(), c.Query("clinic"))
			s.atClinic(c, clinic, err)
		case ok && !operators && strings.HasPrefix(secret, staff.AccessPrefix):
			s.byAccess(c, secret, scope)
		default:
			s.unauthorized(c)
		}
	}
}

func (s *Server) unauthorized(c *gin.Context) {
	c.Header("WWW-Authenticate", `Bearer realm="frontdesk"`)
	s.refuse(c, http.StatusUnauthorized, "unauthorized", "A valid token is needed.")
}

// byAccess lets a clinic's token pass.
func (s *Server) byAccess(c *gin.Context, secret string, scope staff.Scope) {
	access, err := s.o.Access.FindAccess(c.Request.Context(), secret)
	switch {
	case frontdesk.CodeOf(err) == frontdesk.CodeNotFound:
		s.unauthorized(c)
		return
	case err != nil:
		s.fail(c, err)
		return
	case !access.May(scope):
		s.refuse(c, http.StatusForbidden, "forbidden", "The token lacks the scope “"+string(scope)+"”.")
		return
	}
	clinic, err := s.o.Clinics.Clinic(c.Request.Context(), access.Clinic)
	if named, ok := c.GetQuery("clinic"); err == nil && ok && named != clinic.Name {
		s.refuse(c, http.StatusForbidden, "forbidden", "The token is another clinic's.")
		return
	}
	s.atClinic(c, clinic, err)
}

func (s *Server) atClinic(c *gin.Context, clinic frontdesk.Clinic, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Set(clinicKey, clinic)
	c.Next()
}

// clinicOf is the clinic of a request that [Server.bearer] let pass.
func clinicOf(c *gin.Context) frontdesk.Clinic {
	value, _ := c.Get(clinicKey)
	clinic, _ := value.(frontdesk.Clinic)
	return clinic
}

func (s *Server) openAPI(c *gin.Context) {
	c.Data(http.StatusOK, "application/json", openAPI)
}

// sharedList gives out a page of a kind.
func (s *Server) sharedList(kind SharedKind) gin.HandlerFunc {
	return func(c *gin.Context) {
		query := SharedQuery{Kind: kind, Tag: c.Query("tag"), State: c.DefaultQuery("state", "all"), After: c.Query("after"), Limit: sharedListed}
		if text, ok := c.GetQuery("limit"); ok {
			limit, err := strconv.Atoi(text)
			if err != nil || limit < 1 || limit > maxShared {
				s.invalid(c, "limit is a number from 1 to "+strconv.Itoa(maxShared)+".")
				return
			}
			query.Limit = limit
		}
		switch {
		case !slices.Contains([]string{"open", "closed", "all"}, query.State):
			s.invalid(c, "state is open, closed or all.")
		case len([]rune(query.Tag)) > maxQuery || strings.ContainsRune(query.Tag, 0) || !strings.EqualFold(query.Tag, strings.ToValidUTF8(query.Tag, "")):
			s.invalid(c, "tag is no tag.")
		case c.Request.URL.Query().Has("after") && !isUUID(query.After):
			s.invalid(c, "after is the value of next of an earlier answer.")
		default:
			list, next, err := s.o.Shared.SharedList(c.Request.Context(), clinicOf(c).ID, query)
			if err != nil {
				s.fail(c, err)
				return
			}
			c.JSON(http.StatusOK, gin.H{"data": list, "next": orNull(next)})
		}
	}
}

// sharedOne gives out one thing of a kind.
func (s *Server) sharedOne(kind SharedKind) gin.HandlerFunc {
	return func(c *gin.Context) {
		one, err := s.o.Shared.SharedOne(c.Request.Context(), clinicOf(c).ID, kind, c.Param("id"))
		if err != nil {
			s.fail(c, err)
			return
		}
		c.JSON(http.StatusOK, one)
	}
}

// sharedFigures gives out the figures of a period.
func (s *Server) sharedFigures(c *gin.Context) {
	figures, _, _, ok := s.counted(c, clinicOf(c), "from and to are days such as 2026-11-22, at most "+strconv.Itoa(maxFigures)+" of them; channel is one of the clinic's.")
	if !ok {
		return
	}
	for _, list := range []*[]frontdesk.CountedAs{&figures.Languages, &figures.Reasons, &figures.Outcomes} {
		*list = append([]frontdesk.CountedAs{}, *list...)
	}
	figures.Cost = append([]frontdesk.MonthCost{}, figures.Cost...)
	c.JSON(http.StatusOK, figures)
}

func (s *Server) invalid(c *gin.Context, text string) {
	s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: text})
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// isUUID tells whether a text has the form of an id.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, r := range []byte(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(r)) {
			return false
		}
	}
	return true
}

// Hooks keeps the addresses of other programs that are told of events.
type Hooks interface {
	Webhooks(ctx context.Context, who Person) ([]Webhook, error)
	AddWebhook(ctx context.Context, who Person, url string, events []string) error
	EndWebhook(ctx context.Context, who Person, id string) error
}

// Deliveries keeps what could not be delivered.
type Deliveries interface {
	// FailedDeliveries are those that were given up.
	FailedDeliveries(ctx context.Context, who Person) ([]FailedDelivery, error)
	RetryDelivery(ctx context.Context, who Person, id string) error
}

// Webhook is an address of another program.
type Webhook struct {
	ID, URL, Secret, By string
	Events              []string
	Created             time.Time
}

// FailedDelivery is an event that no attempt delivered.
type FailedDelivery struct {
	ID, URL, Event string
	Status         int // of the last answer, 0 for none
	Attempts       int
	At, Failed     time.Time
}

// programs shows tokens, webhooks and deliveries that failed.
func (s *Server) programs(c *gin.Context) { s.showPrograms(c, http.StatusOK, gin.H{}) }

func (s *Server) showPrograms(c *gin.Context, status int, data gin.H) {
	person, ctx := who(c), c.Request.Context()
	tokens, err := s.o.Tokens.ListAccess(ctx, person.Clinic.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	hooks, err := s.o.Hooks.Webhooks(ctx, person)
	if err != nil {
		s.fail(c, err)
		return
	}
	failed, err := s.o.Deliveries.FailedDeliveries(ctx, person)
	if err != nil {
		s.fail(c, err)
		return
	}
	data["Tokens"], data["Webhooks"], data["Failed"], data["Now"] = tokens, hooks, failed, s.o.Now()
	data["Scopes"], data["Events"], data["Address"] = staff.Scopes(), s.o.Events, s.address(c)
	s.render(c, status, "programs", data)
}

// addToken makes a token and shows its secret, once.
func (s *Server) addToken(c *gin.Context) {
	person := who(c)
	access := staff.Access{Clinic: person.Clinic.ID, Name: strings.TrimSpace(c.PostForm("name")), By: person.User.Name}
	for _, scope := range c.PostFormArray("scope") {
		access.Scopes = append(access.Scopes, staff.Scope(scope))
	}
	if text := c.PostForm("until"); text != "" {
		last, err := time.ParseInLocation(time.DateOnly, text, person.Clinic.Location())
		if err != nil {
			s.showPrograms(c, http.StatusBadRequest, gin.H{"Problem": s.phrases.text(s.language(c), "programs.bad_day")})
			return
		}
		access.Until = last.AddDate(0, 0, 1)
	}
	made, secret, err := s.o.Tokens.AddAccess(c.Request.Context(), access)
	switch {
	case frontdesk.CodeOf(err) == frontdesk.CodeInvalid:
		s.showPrograms(c, http.StatusBadRequest, gin.H{"Problem": s.phrases.text(s.language(c), "programs.bad_token")})
	case err != nil:
		s.fail(c, err)
	default:
		s.showPrograms(c, http.StatusOK, gin.H{"Made": made, "Secret": secret})
	}
}

func (s *Server) endToken(c *gin.Context) {
	person := who(c)
	s.toPrograms(c, s.o.Tokens.EndAccess(c.Request.Context(), person.Clinic.ID, c.PostForm("token"), person.User.Name))
}

func (s *Server) addWebhook(c *gin.Context) {
	err := s.o.Hooks.AddWebhook(c.Request.Context(), who(c), strings.TrimSpace(c.PostForm("url")), c.PostFormArray("event"))
	if frontdesk.CodeOf(err) == frontdesk.CodeInvalid {
		s.showPrograms(c, http.StatusBadRequest, gin.H{"Problem": s.phrases.text(s.language(c), "programs.bad_webhook")})
		return
	}
	s.toPrograms(c, err)
}

func (s *Server) endWebhook(c *gin.Context) {
	s.toPrograms(c, s.o.Hooks.EndWebhook(c.Request.Context(), who(c), c.PostForm("webhook")))
}

func (s *Server) retryDelivery(c *gin.Context) {
	s.toPrograms(c, s.o.Deliveries.RetryDelivery(c.Request.Context(), who(c), c.PostForm("delivery")))
}

func (s *Server) toPrograms(c *gin.Context, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/programs")
}
