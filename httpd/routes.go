package httpd

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"frontdesk/staff"
)

// open marks a route that needs nobody to be signed in.
const open staff.Right = "open"

// route is one page or action of the console. Its right is checked by the one
// middleware that all of them pass; a route without a right does not start.
type route struct {
	method, path string
	right        staff.Right
	handle       gin.HandlerFunc
}

// routes lists every route of the service. A route that is not here does not exist.
func (s *Server) routes(r *gin.Engine) {
	r.GET("/healthz", s.health)
	r.GET("/readyz", s.ready)
	r.GET("/metrics", gin.WrapH(s.o.Metrics))

	r.GET("/webhook/whatsapp", gin.WrapH(s.o.Webhook))
	r.POST("/webhook/whatsapp", gin.WrapH(s.o.Webhook))

	for _, e := range s.endpoints() {
		r.Handle(e.method, e.path, s.bearer(e.scope), e.handle)
	}

	r.GET("/", s.home)
	r.GET("/assets/*file", s.asset)

	for _, route := range s.console() {
		r.Handle(route.method, route.path, s.sameOrigin, s.allow(route.right), route.handle)
	}

	if s.o.Simulator != nil {
		r.Any("/sim", gin.WrapH(s.o.Simulator))
		r.Any("/sim/*path", gin.WrapH(s.o.Simulator))
	}
}

// endpoints lists the API's routes with the scope that each needs.
func (s *Server) endpoints() []endpoint {
	const get, post = http.MethodGet, http.MethodPost
	return []endpoint{
		{get, "/api/v1/openapi.json", public, s.openAPI},
		{post, "/api/v1/ask", staff.ScopeEval, s.ask},
		{get, "/api/v1/conversations", staff.ScopeConversations, s.sharedList(SharedConversations)},
		{get, "/api/v1/conversations/:id", staff.ScopeConversations, s.sharedOne(SharedConversations)},
		{get, "/api/v1/tags", staff.ScopeConversations, s.sharedList(SharedTags)},
		{get, "/api/v1/tickets", staff.ScopeTickets, s.sharedList(SharedTickets)},
		{get, "/api/v1/tickets/:id", staff.ScopeTickets, s.sharedOne(SharedTickets)},
		{get, "/api/v1/figures", staff.ScopeFigures, s.sharedFigures},
	}
}

// console lists the console's routes with the right that each needs.
func (s *Server) console() []route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []route{
		{get, "/console", staff.RightSelf, s.start},
		{get, "/console/sign-in", open, s.signInPage},
		{post, "/console/sign-in", open, s.signIn},
		{get, "/console/welcome/:token", open, s.welcomePage},
		{post, "/console/welcome/:token", open, s.welcome},
		{post, "/console/sign-out", staff.RightSelf, s.signOut},
		{get, "/console/account", staff.RightSelf, s.account},
		{post, "/console/account/language", staff.RightSelf, s.setLanguage},
		{post, "/console/account/sign-out-everywhere", staff.RightSelf, s.signOutEverywhere},

		{get, "/console/inbox", staff.RightRead, s.inbox},
		{get, "/console/conversations/:conversation", staff.RightRead, s.thread},
		{post, "/console/conversations/:conversation/take", staff.RightReply, s.take},
		{post, "/console/conversations/:conversation/write", staff.RightReply, s.write},
		{post, "/console/conversations/:conversation/release", staff.RightReply, s.release},
		{get, "/console/conversations/:conversation/templates", staff.RightReply, s.templates},
		{post, "/console/conversations/:conversation/note", staff.RightReply, s.note},
		{post, "/console/conversations/:conversation/sort", staff.RightReply, s.sort},
		{post, "/console/conversations/:conversation/close", staff.RightReply, s.closeTicket},
		{get, "/console/events", staff.RightRead, s.events},
		{get, "/console/turns/:turn", staff.RightRead, s.why},
		{post, "/console/turns/:turn/correct", staff.RightReply, s.correct},
		{get, "/console/files/:message", staff.RightRead, s.file},
		{get, "/console/contacts/:contact", staff.RightRead, s.contact},
		{post, "/console/contacts/:contact", staff.RightReply, s.saveContact},
		{post, "/console/contacts/:contact/copy", staff.RightPersonal, s.copyContact},
		{post, "/console/contacts/:contact/erase", staff.RightPersonal, s.eraseContact},
		{get, "/console/replies", staff.RightReply, s.replies},
		{post, "/console/replies", staff.RightReply, s.saveReply},
		{post, "/console/replies/delete", staff.RightReply, s.deleteReply},

		{get, "/console/knowledge", staff.RightContent, s.knowledge},
		{post, "/console/knowledge", staff.RightEdit, s.upload},
		{get, "/console/knowledge/source", staff.RightContent, s.source},
		{post, "/console/knowledge/approve", staff.RightApprove, s.approve},
		{post, "/console/knowledge/withdraw", staff.RightApprove, s.withdraw},
		{get, "/console/knowledge/page", staff.RightContent, s.pagePicture},
		{get, "/console/knowledge/conflicts", staff.RightContent, s.conflicts},
		{get, "/console/knowledge/faq", staff.RightEdit, s.faqPage},
		{post, "/console/knowledge/faq", staff.RightEdit, s.saveFAQ},
		{post, "/console/knowledge/section", staff.RightEdit, s.addSection},
		{post, "/console/knowledge/again", staff.RightEdit, s.readAgain},
		{get, "/console/profile", staff.RightContent, s.profilePage},
		{post, "/console/profile/fact", staff.RightApprove, s.saveFact},
		{post, "/console/profile/approve", staff.RightApprove, s.approveFact},
		{post, "/console/profile/retire", staff.RightApprove, s.retireFact},
		{post, "/console/profile/links", staff.RightConfigure, s.setLinks},
		{get, "/console/departments", staff.RightContent, s.departmentsPage},
		{post, "/console/departments", staff.RightApprove, s.saveDepartments},
		{get, "/console/gaps", staff.RightContent, s.gaps},

		{post, "/console/gaps/answer", staff.RightApprove, s.answerGap},
		{post, "/console/gaps/dismiss", staff.RightEdit, s.dismissGap},

		{get, "/console/try", staff.RightTry, s.tryPage},
		{post, "/console/try", staff.RightTry, s.tryAsk},
		{post, "/console/try/screen", staff.RightTry, s.tryScreen},

		{get, "/console/figures", staff.RightFigures, s.figures},
		{get, "/console/figures.csv", staff.RightFigures, s.figuresCSV},

		{get, "/console/evaluation", staff.RightContent, s.evaluation},
		{get, "/console/evaluation/run", staff.RightContent, s.evaluationRun},
		{post, "/console/evaluation/run", staff.RightEvaluate, s.startRun},
		{post, "/console/evaluation/override", staff.RightOverride, s.override},
		{post, "/console/evaluation/gate", staff.RightConfigure, s.setGate},
		{post, "/console/evaluation/case", staff.RightEvaluate, s.addCase},
		{post, "/console/evaluation/case/require", staff.RightEvaluate, s.requireCase},
		{post, "/console/evaluation/case/remove", staff.RightEvaluate, s.removeCase},

		{get, "/console/settings", staff.RightConfigure, s.settingsPage},
		{post, "/console/settings/pause", staff.RightNotice, s.pause},
		{post, "/console/settings/notice", staff.RightNotice, s.publishNotice},
		{post, "/console/settings/notice/end", staff.RightNotice, s.endNotice},
		{post, "/console/settings/alerts", staff.RightConfigure, s.setAlerts},
		{post, "/console/settings/routes", staff.RightConfigure, s.setRoutes},
		{post, "/console/settings/content", staff.RightConfigure, s.setContent},
		{get, "/console/settings/assistant", staff.RightConfigure, s.controlPage},
		{post, "/console/settings/control", staff.RightConfigure, s.setControl},
		{post, "/console/settings/pinned", staff.RightConfigure, s.setPinned},
		{post, "/console/settings/texts", staff.RightConfigure, s.setTexts},

		{get, "/console/programs", staff.RightConnect, s.programs},
		{post, "/console/programs/token", staff.RightConnect, s.addToken},
		{post, "/console/programs/token/end", staff.RightConnect, s.endToken},
		{post, "/console/programs/webhook", staff.RightConnect, s.addWebhook},
		{post, "/console/programs/webhook/end", staff.RightConnect, s.endWebhook},
		{post, "/console/programs/delivery/retry", staff.RightConnect, s.retryDelivery},

		{get, "/console/team", staff.RightUsers, s.team},
		{post, "/console/team/invite", staff.RightUsers, s.invite},
		{post, "/console/team/disable", staff.RightUsers, s.disable},
		{get, "/console/audit", staff.RightAudit, s.audit},
	}
	if s.o.Demo != nil {
		routes = append(routes, route{get, "/console/demo/:token", open, s.enterDemo})
	}
	return routes
}

// start leads to the first page that the person may see.
func (s *Server) start(c *gin.Context) {
	role := who(c).User.Role
	for _, page := range s.console() {
		if page.method == http.MethodGet && !strings.Contains(page.path, ":") && page.right != staff.RightSelf && role.May(page.right) {
			c.Redirect(http.StatusSeeOther, page.path)
			return
		}
	}
	c.Redirect(http.StatusSeeOther, "/console/account")
}
