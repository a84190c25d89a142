package whatsapp

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"
)

//go:embed simulator
var simulatorFiles embed.FS

const (
	// simulatorPolicy lets the page run its own files only.
	simulatorPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; " +
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
	maxSimulatorBody = 64 << 10
	maxSimulatorFile = 16 << 20
	keepAlive        = 20 * time.Second
)

// SimulatorConfig describes a [Simulator].
type SimulatorConfig struct {
	StandIn StandInConfig
	// Prefix is where Handler is mounted; default "/sim".
	Prefix string
	// File keeps people and chats over a restart; "" keeps them in memory only.
	// It holds invented chats in clear: it is no place for a patient.
	File string
	// People have phones from the start, when the file has none.
	People []Person
}

// Simulator is a page of phones in the browser, with the stand-in of Meta's
// endpoint behind it, so that a receptionist can be tried without an account.
type Simulator struct {
	*StandIn
	prefix string
	saver  *saver
	pages  http.Handler
}

// NewSimulator returns a running simulator; Close ends it.
func NewSimulator(c SimulatorConfig) (*Simulator, error) {
	standIn, err := NewStandIn(c.StandIn)
	if err != nil {
		return nil, err
	}
	s := &Simulator{StandIn: standIn, prefix: "/" + strings.Trim(c.Prefix, "/")}
	if s.prefix == "/" {
		s.prefix = "/sim"
	}
	if c.File != "" {
		s.saver = newSaver(c.File, standIn)
		if err := s.saver.load(); err != nil {
			standIn.Close()
			return nil, err
		}
		s.saver.start()
	}
	if len(standIn.People()) == 0 {
		for _, p := range c.People {
			if _, err := standIn.AddPerson(p.Name, p.Number, p.HidesNumber); err != nil {
				s.Close()
				return nil, fmt.Errorf("simulator: person %q: %w", p.Name, err)
			}
		}
	}
	if s.pages, err = s.routes(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close stops deliveries and saves the chats. It may be called twice.
func (s *Simulator) Close() {
	s.StandIn.Close()
	if s.saver != nil {
		s.saver.stop()
	}
}

// Handler serves the page at {prefix}/, its API and files below it, and the Graph
// endpoint at {prefix}/graph/. It expects the whole path, prefix included.
func (s *Simulator) Handler() http.Handler { return s.pages }

// GraphURL is the BaseURL of accounts whose messages the simulator takes, given
// where the server is reached, "http://127.0.0.1:8080".
func (s *Simulator) GraphURL(server string) string {
	return strings.TrimRight(server, "/") + s.prefix + "/graph"
}

func (s *Simulator) routes() (http.Handler, error) {
	files, err := fs.Sub(simulatorFiles, "simulator")
	if err != nil {
		return nil, fmt.Errorf("simulator: files: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/graph/", http.StripPrefix("/graph", s.GraphHandler()))
	mux.Handle("/", fileHeaders(http.FileServerFS(files)))
	mux.HandleFunc("GET /api/state", s.getState)
	mux.HandleFunc("GET /api/events", s.getEvents)
	mux.HandleFunc("GET /api/media/{id}", s.getMedia)
	mux.HandleFunc("POST /api/people", sameOrigin(s.postPerson))
	mux.HandleFunc("POST /api/faults", sameOrigin(s.postFaults))
	mux.HandleFunc("POST /api/chats/{account}/{person}/messages", sameOrigin(s.postMessageFrom))
	mux.HandleFunc("POST /api/chats/{account}/{person}/media", sameOrigin(s.postMedia))
	mux.HandleFunc("POST /api/chats/{account}/{person}/read", sameOrigin(s.postRead))
	mux.HandleFunc("POST /api/chats/{account}/{person}/clear", sameOrigin(s.postClear))
	mux.HandleFunc("POST /api/chats/{account}/{person}/age", sameOrigin(s.postAge))
	stripped := http.StripPrefix(s.prefix, mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == s.prefix {
			http.Redirect(w, r, s.prefix+"/", http.StatusMovedPermanently)
			return
		}
		stripped.ServeHTTP(w, r)
	}), nil
}

func fileHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", simulatorPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses requests that another site's page made.
func sameOrigin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
			http.Error(w, "another site's page may not do this", http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// pageState is all that the page shows.
type pageState struct {
	Accounts []pageAccount `json:"accounts"`
	People   []Person      `json:"people"`
	Threads  []Thread      `json:"threads"`
	Faults   Faults        `json:"faults"`
	Now      time.Time     `json:"now"`
}

type pageAccount struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Number string `json:"number"`
}

func (s *Simulator) getState(w http.ResponseWriter, _ *http.Request) {
	state := pageState{People: s.People(), Faults: s.Faults(), Now: s.now()}
	for _, a := range s.Accounts() {
		state.Accounts = append(state.Accounts, pageAccount{ID: a.PhoneNumberID, Name: a.Name, Number: a.Number})
	}
	state.Threads = s.allThreads()
	w.Header().Set("Cache-Control", "no-store")
	answerJSON(w, http.StatusOK, state)
}

// allThreads copies the chats, in a stable order.
func (s *StandIn) allThreads() []Thread {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Thread, 0, len(s.threads))
	for _, t := range s.threads {
		copied := Thread{Account: t.Account, Person: t.Person, LastWrote: t.LastWrote, Bubbles: make([]*Bubble, len(t.Bubbles))}
		for i, b := range t.Bubbles {
			bubble := *b
			copied.Bubbles[i] = &bubble
		}
		list = append(list, copied)
	}
	slices.SortFunc(list, func(a, b Thread) int {
		return strings.Compare(a.Account+"/"+a.Person, b.Account+"/"+b.Person)
	})
	return list
}

// getEvents streams changes as server-sent events.
func (s *Simulator) getEvents(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	changes, stop := s.Watch()
	defer stop()
	_ = control.SetReadDeadline(time.Time{}) // a stream has no end; not every writer has deadlines
	_ = control.SetWriteDeadline(time.Time{})
	if _, err := io.WriteString(w, "retry: 1000\n\n"); err != nil || control.Flush() != nil {
		return
	}
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	for {
		line := ": beat\n\n"
		select {
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		case <-beat.C:
		case change := <-changes:
			raw, err := json.Marshal(change)
			if err != nil {
				continue
			}
			line = "data: " + string(raw) + "\n\n"
		}
		if _, err := io.WriteString(w, line); err != nil || control.Flush() != nil {
			return
		}
	}
}

func (s *Simulator) getMedia(w http.ResponseWriter, r *http.Request) {
	content, mime, fileName, ok := s.Media(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600")
	kind, _, _ := strings.Cut(mime, "/")
	shown := kind == "audio" || kind == "video" || mime == "image/jpeg" || mime == "image/png" || mime == "image/webp" || mime == "image/gif"
	if shown {
		h.Set("Content-Type", mime)
	} else {
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", contentDisposition(fileName))
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(content)))
}

func (s *Simulator) postPerson(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name, Number string
		HidesNumber  bool `json:"hides_number"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	name := strings.TrimSpace(in.Name)
	if name == "" {
		http.Error(w, "a person needs a name", http.StatusBadRequest)
		return
	}
	p, err := s.AddPerson(shorten(name, 60), in.Number, in.HidesNumber)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answerJSON(w, http.StatusCreated, p)
}

func (s *Simulator) postFaults(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if readJSON(w, r, &f) {
		s.SetFaults(f)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Simulator) postMessageFrom(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text    string     `json:"text"`
		Tap     string     `json:"tap"`
		ReplyTo string     `json:"reply_to"`
		Pin     *BubblePin `json:"pin"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	if strings.TrimSpace(in.Text) == "" && in.Tap == "" && in.Pin == nil {
		http.Error(w, "nothing to send", http.StatusBadRequest)
		return
	}
	s.answerWrite(w, r, Written{Text: in.Text, Tap: in.Tap, ReplyTo: in.ReplyTo, Pin: in.Pin})
}

func (s *Simulator) answerWrite(w http.ResponseWriter, r *http.Request, written Written) {
	id, err := s.Write(r.PathValue("account"), r.PathValue("person"), written)
	if errors.Is(err, errNobody) {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	answerJSON(w, http.StatusCreated, map[string]string{"id": id})
}

func (s *Simulator) postMedia(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxSimulatorFile+1<<16)
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		http.Error(w, "a file of at most 16 MB, please", http.StatusBadRequest)
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	file, header, err := r.FormFile("file")
	if err != nil {
		http.Error(w, "no file", http.StatusBadRequest)
		return
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxSimulatorFile))
	if err != nil || len(content) == 0 {
		http.Error(w, "the file is empty or broken", http.StatusBadRequest)
		return
	}
	mime := header.Header.Get("Content-Type")
	if mime == "" {
		mime = http.DetectContentType(content)
	}
	s.answerWrite(w, r, Written{Media: &SentMedia{
		Kind: mediaKind(mime), MIME: mime, FileName: header.Filename, Caption: r.FormValue("caption"),
		Voice: r.FormValue("voice") == "true", Content: content,
	}})
}

// mediaKind returns how a phone sends a file of a type.
func mediaKind(mime string) string {
	kind, _, _ := strings.Cut(mime, "/")
	switch {
	case mime == "image/webp":
		return "sticker"
	case mime == "image/jpeg", mime == "image/png":
		return "image"
	case kind == "audio", kind == "video":
		return kind
	}
	return "document"
}

func (s *Simulator) postRead(w http.ResponseWriter, r *http.Request) {
	s.Read(r.PathValue("account"), r.PathValue("person"))
	w.WriteHeader(http.StatusNoContent)
}

func (s *Simulator) postClear(w http.ResponseWriter, r *http.Request) {
	s.Clear(r.PathValue("account"), r.PathValue("person"))
	w.WriteHeader(http.StatusNoContent)
}

// postAge closes the 24-hour window of a chat, as if a day had passed.
func (s *Simulator) postAge(w http.ResponseWriter, r *http.Request) {
	s.SetLastWrote(r.PathValue("account"), r.PathValue("person"), s.now().Add(-windowTime))
	w.WriteHeader(http.StatusNoContent)
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		http.Error(w, "JSON, please", http.StatusUnsupportedMediaType)
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSimulatorBody)).Decode(into); err != nil {
		http.Error(w, "unreadable JSON", http.StatusBadRequest)
		return false
	}
	return true
}
