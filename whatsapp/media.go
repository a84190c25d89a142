package whatsapp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"time"

	"frontdesk"
)

const (
	// uploadLife is how long an uploaded file is reused; Meta keeps it 30 days.
	uploadLife = 25 * 24 * time.Hour
	maxUploads = 1000
)

// Errors of downloads beside [*SendError].
var (
	ErrMediaTooLarge = errors.New("whatsapp: media is larger than allowed")
	ErrMediaGone     = errors.New("whatsapp: media is gone")
	ErrMediaChanged  = errors.New("whatsapp: media does not have its declared hash")
	ErrMediaHost     = errors.New("whatsapp: media address is not Meta's")
)

// MediaFile is a downloaded file. MIME is what Meta declared; the bytes are a
// stranger's.
type MediaFile struct {
	Bytes  []byte
	MIME   string
	SHA256 string // hex, of Bytes
}

// Download fetches a received file by its media id, at most limit bytes. It asks
// for a fresh link, which lives five minutes, and again once when the link is
// gone. Errors are the ErrMedia values above, or a [*SendError].
func (c *Client) Download(ctx context.Context, account Account, mediaID string, limit int64) (MediaFile, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, mediaTimeout, fmt.Errorf("whatsapp: media timed out after %s", mediaTimeout))
	defer cancel()
	file, err := c.download(ctx, account, mediaID, limit)
	if errors.Is(err, ErrMediaGone) {
		file, err = c.download(ctx, account, mediaID, limit)
	}
	return file, err
}

func (c *Client) download(ctx context.Context, account Account, mediaID string, limit int64) (MediaFile, error) {
	about, err := c.get(ctx, account, url.PathEscape(mediaID), url.Values{"phone_number_id": {account.PhoneNumberID}})
	if err != nil {
		return MediaFile{}, err
	}
	if about.integer("file_size") > limit {
		return MediaFile{}, ErrMediaTooLarge
	}
	content, err := c.fetch(ctx, account, about.text("url"), limit)
	if err != nil {
		return MediaFile{}, err
	}
	sum := sha256.Sum256(content)
	if declared := about.text("sha256"); declared != "" && !sameHash(sum, declared) {
		return MediaFile{}, ErrMediaChanged
	}
	return MediaFile{Bytes: content, MIME: about.text("mime_type"), SHA256: hex.EncodeToString(sum[:])}, nil
}

func (c *Client) fetch(ctx context.Context, account Account, address string, limit int64) ([]byte, error) {
	if !account.trusts(address) {
		return nil, ErrMediaHost
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, ErrMediaHost
	}
	request.Header.Set("Authorization", "Bearer "+account.Token)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, &SendError{Class: ClassRetry, Err: withoutURL(ctx, err)}
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusGone:
		return nil, ErrMediaGone
	case response.StatusCode != http.StatusOK:
		return nil, &SendError{Class: ClassRetry, Title: fmt.Sprintf("media: HTTP %d", response.StatusCode)}
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, &SendError{Class: ClassRetry, Err: withoutURL(ctx, err)}
	}
	if int64(len(content)) > limit {
		return nil, ErrMediaTooLarge
	}
	return content, nil
}

// trusts tells whether the account's token may be sent to address: to the
// account's own endpoint, or by TLS to a host of Meta.
func (a Account) trusts(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	if own, err := url.Parse(a.base()); err == nil && u.Scheme == own.Scheme && u.Host == own.Host {
		return true
	}
	host := strings.ToLower(u.Hostname())
	if u.Scheme != "https" || u.Port() != "" {
		return false
	}
	for _, meta := range [...]string{"facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net", "whatsapp.com"} {
		if host == meta || strings.HasSuffix(host, "."+meta) {
			return true
		}
	}
	return false
}

// sameHash compares with a declared hash in either of the encodings that Meta uses.
func sameHash(sum [sha256.Size]byte, declared string) bool {
	return strings.EqualFold(declared, hex.EncodeToString(sum[:])) ||
		strings.TrimRight(declared, "=") == base64.RawStdEncoding.EncodeToString(sum[:]) ||
		strings.TrimRight(declared, "=") == base64.RawURLEncoding.EncodeToString(sum[:])
}

// Upload stores a file with Meta for 30 days and returns its media id. A file of
// a type or size that Meta refuses fails as ClassBug without being sent.
func (c *Client) Upload(ctx context.Context, account Account, fileName, mime string, content []byte) (mediaID string, err error) {
	if limit := uploadLimit(mime); limit == 0 || len(content) > limit || len(content) == 0 {
		return "", bug(fmt.Errorf("%w: a file of %d bytes and type %q", errShape, len(content), mime))
	}
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	if err := writeForm(writer, fileName, mime, content); err != nil {
		return "", bug(err)
	}
	answer, err := c.call(ctx, account, request{
		method: http.MethodPost, path: account.PhoneNumberID + "/media", contentType: writer.FormDataContentType(), content: &form, timeout: mediaTimeout,
	})
	if err != nil {
		var failed *SendError
		if errors.As(err, &failed) && failed.Class == ClassUncertain {
			failed.Class = ClassRetry // an upload that is repeated sends nothing twice
		}
		return "", err
	}
	if answer.text("id") == "" {
		return "", &SendError{Class: ClassRetry, Title: "uploaded without a media id"}
	}
	return answer.text("id"), nil
}

func writeForm(writer *multipart.Writer, fileName, mime string, content []byte) error {
	for _, field := range [...][2]string{{"messaging_product", "whatsapp"}, {"type", mime}} {
		if err := writer.WriteField(field[0], field[1]); err != nil {
			return err
		}
	}
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition("file", fileName))
	header.Set("Content-Type", mime)
	file, err := writer.CreatePart(header)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		return err
	}
	return writer.Close()
}

// uploadLimit returns how many bytes Meta takes of a type, 0 for types that it refuses.
func uploadLimit(mime string) int {
	kind, _, _ := strings.Cut(mime, ";")
	switch strings.TrimSpace(kind) {
	case "image/jpeg", "image/png":
		return maxImage
	case "audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg":
		return maxAudio
	case "video/mp4", "video/3gpp":
		return maxVideo
	case "image/webp":
		return maxSticker
	case "application/pdf", "text/plain", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation":
		return maxDocument
	}
	return 0
}

// uploads remembers the media ids of documents, which are sent again and again.
type uploads struct {
	mu  sync.Mutex // protects ids
	ids map[uploadKey]uploaded
}

type uploadKey struct {
	number, mime string
	hash         [sha256.Size]byte
}

type uploaded struct {
	id    string
	until time.Time
}

func (u *uploads) get(key uploadKey, now time.Time) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if known := u.ids[key]; now.Before(known.until) {
		return known.id
	}
	return ""
}

func (u *uploads) put(key uploadKey, id string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ids == nil || len(u.ids) >= maxUploads {
		u.ids = map[uploadKey]uploaded{}
	}
	u.ids[key] = uploaded{id: id, until: now.Add(uploadLife)}
}

// documentID returns the media id of a document, uploading it where needed. The
// file is asked for each time, so that one that was withdrawn is not sent again.
func (c *Client) documentID(ctx context.Context, account Account, document frontdesk.Document) (string, error) {
	if c.files == nil {
		return "", bug(fmt.Errorf("%w: no files to send", errShape))
	}
	content, err := c.files.File(ctx, account.Clinic, document)
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		return "", &SendError{Class: ClassUndeliverable, Err: fmt.Errorf("document %s: %w", document.Revision, err)}
	}
	if err != nil {
		return "", &SendError{Class: ClassRetry, Err: fmt.Errorf("read document %s: %w", document.Revision, err)}
	}
	key := uploadKey{number: account.PhoneNumberID, mime: document.MIME, hash: sha256.Sum256(content)}
	if id := c.uploads.get(key, c.now()); id != "" {
		return id, nil
	}
	id, err := c.Upload(ctx, account, document.FileName, document.MIME, content)
	if err != nil {
		return "", err
	}
	c.uploads.put(key, id, c.now())
	return id, nil
}
