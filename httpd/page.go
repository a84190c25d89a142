package httpd

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/staff"
)

//go:embed page/*.html page/part/*.html page/own/*.html
var pageFiles embed.FS

//go:embed asset
var assetFiles embed.FS

// assetFor is how long a browser keeps an asset whose address names its content.
const assetFor = "public, max-age=31536000, immutable"

// pages are the console's templates by language and name, each with the frame
// around it and all parts.
type pages map[string]map[string]*template.Template

func (s *Server) loadPages() error {
	names, err := fs.Glob(pageFiles, "page/*.html")
	if err != nil {
		return fmt.Errorf("list pages: %w", err)
	}
	s.pages = pages{}
	for language := range s.phrases {
		s.pages[language] = map[string]*template.Template{}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "frame" {
				continue
			}
			t, err := template.New("frame.html").Funcs(s.functions(language)).ParseFS(pageFiles, "page/frame.html", "page/part/*.html", file)
			if err != nil {
				return fmt.Errorf("page %s: %w", name, err)
			}
			s.pages[language][name] = t
		}
	}
	return nil
}

// functions are what templates may call, in one language.
func (s *Server) functions(language string) template.FuncMap {
	return template.FuncMap{
		"t":     func(key string, pairs ...any) string { return s.phrases.text(language, key, pairs...) },
		"name":  func(group string, value any) string { return s.phrases.name(language, group, value) },
		"asset": s.assetAddress,
		"clock": func(p Person, at time.Time) string { return at.In(p.Clinic.Location()).Format("2006-01-02 15:04") },
		"hour":  func(p Person, at time.Time) string { return at.In(p.Clinic.Location()).Format("15:04") },
		"when":  func(p Person, at time.Time) string { return s.when(language, p, at) },
		"iso":   func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"may":   func(p Person, right string) bool { return p.User.Role.May(staff.Right(right)) },
		"dict":  dict,
		"list":  func(values ...string) []string { return values },
		"icon":  icon,
		"initials": func(name string) string {
			return initials(name)
		},
		"lines":  func(text string) []string { return strings.Split(text, "\n") },
		"offed":  func(off []frontdesk.Capability, c frontdesk.Capability) bool { return slices.Contains(off, c) },
		"span":   span,
		"share":  share,
		"amount": func(hundredths int64) string { return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100) },
		"hours":  hourLabels,
		"join":   func(list []string) string { return strings.Join(list, ", ") },
	}
}

// when is an instant as somebody reads it today: the hour, else the day as well.
func (s *Server) when(language string, p Person, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	at, now := at.In(p.Clinic.Location()), s.o.Now().In(p.Clinic.Location())
	switch {
	case at.Format(time.DateOnly) == now.Format(time.DateOnly):
		return at.Format("15:04")
	case at.Format(time.DateOnly) == now.AddDate(0, 0, -1).Format(time.DateOnly):
		return s.phrases.text(language, "time.yesterday") + " " + at.Format("15:04")
	case at.Format(time.DateOnly) == now.AddDate(0, 0, 1).Format(time.DateOnly):
		return s.phrases.text(language, "time.tomorrow") + " " + at.Format("15:04")
	case at.Year() == now.Year():
		return at.Format("02/01 15:04")
	}
	return at.Format("02/01/2006")
}

// dict makes a map of pairs, to hand several values to a part.
func dict(pairs ...any) (map[string]any, error) {
	out := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		out[key] = pairs[i+1]
	}
	return out, nil
}

// initials are one or two letters for a picture of a person.
func initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		if first := []rune(word)[0]; len(out) < 2 && first != '+' && first != '…' {
			out = append(out, first)
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return strings.ToUpper(string(out))
}

// icon is a drawing of 20 by 20, in the colour of its text.
func icon(name string) template.HTML {
	paths := map[string]string{
		"inbox":      `<path d="M3 11.5 5 4h10l2 7.5V16H3z"/><path d="M3 11.5h4l1 2h4l1-2h4"/>`,
		"knowledge":  `<path d="M4 4.5A1.5 1.5 0 0 1 5.5 3H16v12H5.5A1.5 1.5 0 0 0 4 16.500z"/><path d="M4 16.500A1.500 1.500 0 0 0 5.500 18H16v-3"/>`,
		"gaps":       `<circle cx="10" cy="10" r="7"/><path d="M7.900 8a2.100 2.100 0 1 1 3.200 1.800c-.7.45-1.100.8-1.100 1.700"/><path d="M10 14.200v.1"/>`,
		"try":        `<path d="M3 5.500A1.500 1.500 0 0 1 4.500 4h11A1.500 1.500 0 0 1 17 5.500v7a1.500 1.500 0 0 1-1.500 1.500H9l-4 3v-3h-.5A1.500 1.500 0 0 1 3 12.500z"/>`,
		"evaluation": `<path d="M3 16.5h14"/><path d="M4 13l4-4 3 2.5L16 5.500"/><path d="M12.500 5.500H16V9"/>`,
		"settings":   `<path d="M4 6h7M15 6h1M4 14h1M9 14h7"/><circle cx="13" cy="6" r="2"/><circle cx="7" cy="14" r="2"/>`,
		"team":       `<circle cx="7.500" cy="7" r="3"/><path d="M2 16.500c.4-3 2.600-4.500 5.500-4.500s5.100 1.500 5.500 4.500"/><path d="M13 4.300a3 3 0 0 1 0 5.400M15 12.400c1.700.6 2.700 2 3 4.100"/>`,
		"audit":      `<path d="M10 2.500 16 5v4.500c0 3.800-2.500 6.500-6 8-3.500-1.500-6-4.200-6-8V5z"/><path d="m7.500 9.800 1.800 1.800 3.300-3.500"/>`,
		"replies":    `<path d="M8 5 3 10l5 5M3 10h9c3 0 5 1.500 5 5"/>`,
		"notice":     `<path d="M4 8v4h2l6 4V4L6 8z"/><path d="M15 7.500c1.300 1.500 1.300 3.500 0 5"/>`,
		"send":       `<path d="m3 10 14-6-4 13-3.500-5z"/>`,
		"back":       `<path d="m12 4-6 6 6 6"/>`,
		"search":     `<circle cx="9" cy="9" r="5.500"/><path d="m13.200 13.200 3.800 3.800"/>`,
		"out":        `<path d="M8 4H4v12h4M12 6l4 4-4 4M16 10H8"/>`,
		"plus":       `<path d="M10 4v12M4 10h12"/>`,
		"programs":   `<path d="M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3"/>`,
		"profile":    `<path d="M4 17V5l6-2 6 2v12"/><path d="M8 17v-4h4v4M8 8h.1M12 8h.1"/>`,
		"figures":    `<path d="M4 16V9M10 16V4M16 16v-5"/>`,
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">` + paths[name] + `</svg>`) //nolint:gosec // constants of this function
}

// language is the one of the request: the person's, their clinic's, the browser's.
func (s *Server) language(c *gin.Context) string {
	if p := who(c); p.User.ID != "" {
		return s.phrases.language(p.User.Language, p.Clinic.Language)
	}
	for _, part := range strings.Split(c.GetHeader("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if s.phrases[base] != nil {
			return base
		}
	}
	return fallbackLanguage
}

// render writes a page whole or not at all.
func (s *Server) render(c *gin.Context, status int, name string, data gin.H) {
	s.renderPart(c, status, name, "frame.html", data)
}

// renderPart writes a part of a page, for htmx to put in place.
func (s *Server) renderPart(c *gin.Context, status int, name, part string, data gin.H) {
	language := s.language(c)
	data["Me"], data["Lang"], data["Page"], data["Demo"] = who(c), language, name, s.o.Demo != nil
	var body bytes.Buffer
	if err := s.pages[language][name].ExecuteTemplate(&body, part, data); err != nil {
		s.o.Log.Error("page failed", "page", name, "err", err)
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Data(status, "text/html; charset=utf-8", body.Bytes())
}

func (s *Server) failPage(c *gin.Context, status int, text string) {
	if c.GetHeader("HX-Request") != "" { // the page says it where it stands
		c.Header("HX-Reswap", "none")
		c.Header("X-Problem", problemHeader(text))
		c.AbortWithStatus(status)
		return
	}
	s.render(c, status, "fail", gin.H{"Text": text})
	c.Abort()
}

// problemHeader is a text as a header may carry it.
func problemHeader(text string) string { return url.PathEscape(text) }

func (s *Server) home(c *gin.Context) {
	if s.o.Simulator != nil {
		c.Redirect(http.StatusSeeOther, "/sim/")
		return
	}
	c.Redirect(http.StatusSeeOther, "/console")
}

// loadAssets reads the assets and names each by its content.
func (s *Server) loadAssets() error {
	s.assets = map[string]string{}
	return fs.WalkDir(assetFiles, "asset", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := assetFiles.ReadFile(file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		s.assets[strings.TrimPrefix(file, "asset/")] = hex.EncodeToString(sum[:6])
		return nil
	})
}

func (s *Server) assetAddress(name string) string { return "/assets/" + name + "?v=" + s.assets[name] }

// asset serves the style sheet and scripts.
func (s *Server) asset(c *gin.Context) {
	name := strings.TrimPrefix(c.Param("file"), "/")
	version, ok := s.assets[name]
	if !ok {
		s.refuse(c, http.StatusNotFound, string(frontdesk.CodeNotFound), "There is no such file.")
		return
	}
	if c.Query("v") == version {
		c.Header("Cache-Control", assetFor)
	}
	c.FileFromFS("asset/"+name, http.FS(assetFiles))
}
