package httpd

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

//go:embed page/*.html
var pageFiles embed.FS

//go:embed asset
var assetFiles embed.FS

// pages are the console's templates by name, each with the frame around it.
type pages map[string]*template.Template

func loadPages() (pages, error) {
	loaded := pages{}
	for _, name := range []string{"clinics", "overview", "conversation", "screen", "sign-in", "fail"} {
		t := template.New("frame.html").Funcs(template.FuncMap{"path": clinicPath, "clock": clock})
		t, err := t.ParseFS(pageFiles, "page/frame.html", "page/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		loaded[name] = t
	}
	return loaded, nil
}

func clinicPath(clinic frontdesk.Clinic) string { return "/console/" + url.PathEscape(clinic.Name) }

// clock is an instant as the clinic's staff read it.
func clock(clinic frontdesk.Clinic, at time.Time) string {
	return at.In(clinic.Location()).Format("2 Jan 15:04")
}

// render writes a page whole or not at all.
func (s *Server) render(c *gin.Context, status int, name string, data gin.H) {
	data["Person"] = personOf(c)
	var body bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&body, "frame.html", data); err != nil {
		s.o.Log.Error("page failed", "page", name, "err", err)
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Data(status, "text/html; charset=utf-8", body.Bytes())
}

func (s *Server) failPage(c *gin.Context, status int, text string) {
	s.render(c, status, "fail", gin.H{"Text": text})
	c.Abort()
}

func (s *Server) home(c *gin.Context) {
	if s.o.Simulator != nil {
		c.Redirect(http.StatusSeeOther, "/sim/")
		return
	}
	c.Redirect(http.StatusSeeOther, "/console")
}

// assetHandler serves the console's style sheet.
func assetHandler() (http.Handler, error) {
	files, err := fs.Sub(assetFiles, "asset")
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	return http.StripPrefix("/assets/", http.FileServerFS(files)), nil
}
