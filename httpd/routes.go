package httpd

import "github.com/gin-gonic/gin"

// routes lists every route of the service. A route that is not here does not exist.
func (s *Server) routes(r *gin.Engine) {
	r.GET("/healthz", s.health)
	r.GET("/readyz", s.ready)
	r.GET("/metrics", gin.WrapH(s.o.Metrics))

	r.GET("/webhook/whatsapp", gin.WrapH(s.o.Webhook))
	r.POST("/webhook/whatsapp", gin.WrapH(s.o.Webhook))

	api := r.Group("/api/v1", s.bearer)
	api.POST("/ask", s.ask)

	r.GET("/", s.home)
	r.GET("/assets/*file", gin.WrapH(s.assets))

	r.GET("/console/sign-in", s.signInPage)
	r.POST("/console/sign-in", s.sameOrigin, s.signIn)
	console := r.Group("/console", s.sameOrigin, s.signedIn)
	console.GET("", s.clinics)
	console.POST("/sign-out", s.signOut)
	console.GET("/:clinic", s.overview)
	console.POST("/:clinic/sources/approve", s.approveSource)
	console.POST("/:clinic/sources/withdraw", s.withdrawSource)
	console.GET("/:clinic/conversations/:conversation", s.conversation)
	console.POST("/:clinic/conversations/:conversation/take", s.takeConversation)
	console.POST("/:clinic/conversations/:conversation/write", s.writeConversation)
	console.POST("/:clinic/conversations/:conversation/release", s.releaseConversation)
	console.GET("/:clinic/screen", s.tryScreen)
	console.POST("/:clinic/screen", s.tryScreen)

	if s.o.Simulator != nil {
		r.Any("/sim", gin.WrapH(s.o.Simulator))
		r.Any("/sim/*path", gin.WrapH(s.o.Simulator))
	}
}
