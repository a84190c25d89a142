package whatsapp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	mediaLinkLife = 5 * time.Minute
	maxMediaKept  = 128 << 20
)

// storedMedia is an uploaded or received file.
type storedMedia struct {
	ID       string    `json:"id"`
	MIME     string    `json:"mime"`
	FileName string    `json:"file_name"`
	Content  []byte    `json:"content"`
	At       time.Time `json:"at"`
}

// hash is the file's SHA-256 in base64, as Meta's webhooks have it.
func (m *storedMedia) hash() string {
	sum := sha256.Sum256(m.Content)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// keepMedia stores a file, forgetting the oldest ones beyond the bound. s.mu is held.
func (s *StandIn) keepMedia(mime, fileName string, content []byte) *storedMedia {
	m := &storedMedia{ID: newMediaID(), MIME: mime, FileName: fileName, Content: content, At: s.now()}
	s.media[m.ID] = m
	s.mediaUsed += len(content)
	if s.mediaUsed > maxMediaKept {
		s.forgetMedia()
	}
	return m
}

func (s *StandIn) forgetMedia() {
	list := make([]*storedMedia, 0, len(s.media))
	for _, m := range s.media {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *storedMedia) int { return a.At.Compare(b.At) })
	for _, m := range list[:len(list)-1] {
		if s.mediaUsed <= maxMediaKept {
			return
		}
		s.mediaUsed -= len(m.Content)
		delete(s.media, m.ID)
	}
}

// Media returns a stored file.
func (s *StandIn) Media(id string) (content []byte, mime, fileName string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.media[id]
	if !ok {
		return nil, "", "", false
	}
	return m.Content, m.MIME, m.FileName, true
}

func (s *StandIn) uploadMedia(w http.ResponseWriter, r *http.Request, _ StandInAccount) *graphError {
	r.Body = http.MaxBytesReader(w, r.Body, maxDocument+1<<20)
	if err := r.ParseMultipartForm(8 << 20); err != nil {
		return invalid("file is required")
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	if r.FormValue("messaging_product") != "whatsapp" {
		return invalid("messaging_product is required")
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		return invalid("file is required")
	}
	defer func() { _ = file.Close() }()
	mime := header.Header.Get("Content-Type")
	limit := uploadLimit(mime)
	if limit == 0 {
		return invalid("Param file must be a file with one of the following types: audio/aac, …; received a file of type '" + mime + "'")
	}
	content, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil || len(content) > limit || len(content) == 0 {
		return &graphError{status: http.StatusBadRequest, code: 131053, message: "(#131053) Media upload error", details: "file size is not supported"}
	}
	s.mu.Lock()
	m := s.keepMedia(mime, header.Filename, content)
	s.mu.Unlock()
	s.record(r, http.StatusOK, 0, mime)
	answerJSON(w, http.StatusOK, map[string]any{"id": m.ID})
	return nil
}

func (s *StandIn) deleteMedia(w http.ResponseWriter, r *http.Request, _ StandInAccount) *graphError {
	s.mu.Lock()
	m, ok := s.media[r.PathValue("id")]
	if ok {
		s.mediaUsed -= len(m.Content)
		delete(s.media, m.ID)
	}
	s.mu.Unlock()
	if !ok {
		return unknownObject(r.PathValue("id"))
	}
	answerJSON(w, http.StatusOK, map[string]any{"success": true})
	return nil
}

// mediaLink answers with a link that lives five minutes.
func (s *StandIn) mediaLink(w http.ResponseWriter, r *http.Request, m *storedMedia) *graphError {
	until := strconv.FormatInt(s.now().Add(mediaLinkLife).Unix(), 10)
	prefix, _, _ := strings.Cut(requestPath(r), "/"+r.PathValue("version")+"/")
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	link := scheme + r.Host + prefix + "/lookaside/" + m.ID + "?ext=" + until + "&hash=" + s.linkHash(m.ID, until)
	s.record(r, http.StatusOK, 0, "media link")
	answerJSON(w, http.StatusOK, map[string]any{
		"messaging_product": "whatsapp", "url": link, "mime_type": m.MIME, "sha256": m.hash(),
		"file_size": strconv.Itoa(len(m.Content)), "id": m.ID,
	})
	return nil
}

// requestPath is the path as the client asked for it, before prefixes were stripped.
func requestPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

func (s *StandIn) linkHash(id, until string) string {
	return strings.TrimPrefix(Sign([]byte(id+"/"+until), "media link "+s.config.AppSecret), signaturePrefix)[:24]
}

// mediaFile serves a link, with the token of any account.
func (s *StandIn) mediaFile(w http.ResponseWriter, r *http.Request) {
	id, until := r.PathValue("id"), r.URL.Query().Get("ext")
	seconds, err := strconv.ParseInt(until, 10, 64)
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, known := s.accountFor(token, id)
	content, mime, _, ok := s.Media(id)
	switch {
	case !known || s.Faults().ExpiredToken:
		w.WriteHeader(http.StatusUnauthorized)
	case err != nil || !ok || s.now().Unix() > seconds || r.URL.Query().Get("hash") != s.linkHash(id, until):
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", mime)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content)
	}
}

// newMediaID returns a media id in the shape of Meta's: digits.
func newMediaID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return strconv.FormatUint(binary.BigEndian.Uint64(b[:])>>4, 10)
}
