package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/temoto/robotstxt"

	"frontdesk"
)

// FetchConfig says how pages are fetched. A zero field takes its default.
type FetchConfig struct {
	UserAgent string           // default "Frontdesk"; robots.txt is read for its first word
	Allow     AllowList        // beside public addresses
	Resolver  Resolver         // default net.DefaultResolver
	Timeout   time.Duration    // for one page with its redirects; default 20 s
	Bytes     int64            // of a page after decompression; default 32 MiB
	Redirects int              // default 5
	Now       func() time.Time // default time.Now; ages robots.txt
	Pause     time.Duration    // between two pages of a section; default 200 ms, robots.txt may ask for up to 10 s
}

// Fetcher gets pages from public addresses only, within bounds and robots.txt.
// It is safe for concurrent use.
type Fetcher struct {
	config FetchConfig
	client *http.Client

	mu     sync.Mutex // protects robots
	robots map[string]robotsRule
}

type robotsRule struct {
	data  *robotstxt.RobotsData
	until time.Time
}

// robotsFor is how long a robots.txt is believed, and robotsBytes how much of it
// is read (RFC 9309 asks for at least 500 KiB and at most a day).
const (
	robotsFor   = time.Hour
	robotsBytes = 512 << 10
	robotsHosts = 1000
)

// NewFetcher returns a fetcher; Close frees its idle connections.
func NewFetcher(config FetchConfig) *Fetcher {
	config.UserAgent = cmp.Or(config.UserAgent, "Frontdesk")
	config.Timeout = cmp.Or(config.Timeout, 20*time.Second)
	config.Bytes = cmp.Or(config.Bytes, 32<<20)
	config.Redirects = cmp.Or(config.Redirects, 5)
	config.Pause = cmp.Or(config.Pause, 200*time.Millisecond)
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Resolver == nil {
		config.Resolver = net.DefaultResolver
	}
	dialer := guardedDialer{resolver: config.Resolver, allow: config.Allow, timeout: 10 * time.Second}
	f := &Fetcher{config: config, robots: map[string]robotsRule{}}
	f.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would dial for us, unchecked
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  config.Timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           8,
			IdleConnTimeout:        5 * time.Second,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: f.checkRedirect,
	}
	return f
}

// Close frees idle connections.
func (f *Fetcher) Close() { f.client.CloseIdleConnections() }

// FetchedPage is what a server gave for a URL.
type FetchedPage struct {
	URL          string // as asked for, normalised: the source's identity
	Final        string // after redirects
	Data         []byte
	ContentType  string
	ETag         string
	LastModified string
	Unmodified   bool // the server says that nothing changed; there is no Data
}

// check is the note of a successful look at a page.
func (p *FetchedPage) check(at time.Time, every time.Duration) Check {
	return Check{At: at, Next: at.Add(every), ETag: p.ETag, LastModified: p.LastModified}
}

// Fetch gets one page. before holds what the server said last time, so that it
// may answer "unmodified". Refusals have the codes blocked_address, robots,
// http_NNN, timeout, too_large, unreachable and invalid (no such kind of URL).
func (f *Fetcher) Fetch(ctx context.Context, address string, before Check) (*FetchedPage, error) {
	u, err := normalURL(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.config.Timeout, fmt.Errorf("fetching a page timed out after %s", f.config.Timeout))
	defer cancel()
	if err := f.checkRobots(ctx, u); err != nil {
		return nil, f.explain(ctx, err)
	}
	page, err := f.get(ctx, u, before)
	if err != nil {
		return nil, f.explain(ctx, err)
	}
	return page, nil
}

func (f *Fetcher) get(ctx context.Context, u *url.URL, before Check) (*FetchedPage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("new request: %w", err)
	}
	request.Header.Set("User-Agent", f.config.UserAgent)
	request.Header.Set("Accept", "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.5")
	if before.ETag != "" {
		request.Header.Set("If-None-Match", before.ETag)
	}
	if before.LastModified != "" {
		request.Header.Set("If-Modified-Since", before.LastModified)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	page := &FetchedPage{
		URL: u.String(), Final: response.Request.URL.String(), ContentType: response.Header.Get("Content-Type"),
		ETag: response.Header.Get("ETag"), LastModified: response.Header.Get("Last-Modified"),
	}
	if response.StatusCode == http.StatusNotModified && (before.ETag != "" || before.LastModified != "") {
		page.Unmodified = true
		page.ETag, page.LastModified = cmp.Or(page.ETag, before.ETag), cmp.Or(page.LastModified, before.LastModified)
		return page, nil
	}
	if response.StatusCode != http.StatusOK {
		return nil, refuse(CodeHTTP(response.StatusCode), fmt.Sprintf("The server answered with status %d; check the address.", response.StatusCode), nil)
	}
	if response.ContentLength > f.config.Bytes {
		return nil, f.tooLarge()
	}
	if page.Data, err = io.ReadAll(io.LimitReader(response.Body, f.config.Bytes+1)); err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	if int64(len(page.Data)) > f.config.Bytes {
		return nil, f.tooLarge()
	}
	return page, nil
}

func (f *Fetcher) tooLarge() error {
	return refuse(CodeTooLarge, fmt.Sprintf("The page is larger than %d MiB.", f.config.Bytes>>20), nil)
}

// explain turns a failure of the network into a refusal.
func (f *Fetcher) explain(ctx context.Context, err error) error {
	var coded *frontdesk.Error
	var timeout net.Error
	switch {
	case errors.As(err, &coded):
		return err
	case errors.Is(err, errBlocked):
		return refuse(CodeBlockedAddress, "The address is not on the public internet, so it is not read; an operator may allow it.", err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("fetch: %w", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return refuse(CodeTimeout, "The server took too long to answer; try again later.", errors.Join(err, context.Cause(ctx)))
	}
	return refuse(CodeUnreachable, "The server could not be reached; check the address.", err)
}

// checkRedirect bounds redirects and asks robots.txt of the next place; the
// dialer checks its address.
func (f *Fetcher) checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) > f.config.Redirects {
		return refuse(CodeUnreachable, fmt.Sprintf("The address redirects more than %d times.", f.config.Redirects), nil)
	}
	if _, err := normalURL(request.URL.String()); err != nil {
		return err
	}
	if strings.HasSuffix(via[0].URL.Path, "/robots.txt") {
		return nil
	}
	return f.checkRobots(request.Context(), request.URL)
}

// normalURL reads an http or https URL and writes it in one way: host in lower
// case, no fragment, no user name, no default port, "/" for an empty path.
func normalURL(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return nil, refuse(frontdesk.CodeInvalid, "Give a whole address that starts with http:// or https://.", err)
	}
	if u.User != nil {
		return nil, refuse(frontdesk.CodeInvalid, "Give the address without user name and password.", nil)
	}
	u.Fragment, u.RawFragment = "", ""
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// checkRobots refuses a page that robots.txt of its host forbids.
func (f *Fetcher) checkRobots(ctx context.Context, u *url.URL) error {
	rules, err := f.robotsOf(ctx, u)
	if err != nil {
		return err
	}
	if !rules.TestAgent(u.EscapedPath()+querySuffix(u), f.agent()) {
		return refuse(CodeRobots, "The site's robots.txt asks programs not to read this page; allow the reader there, or give the page as a file.", nil)
	}
	return nil
}

func querySuffix(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

func (f *Fetcher) agent() string {
	name, _, _ := strings.Cut(f.config.UserAgent, " ")
	name, _, _ = strings.Cut(name, "/")
	return name
}

func (f *Fetcher) robotsOf(ctx context.Context, u *url.URL) (*robotstxt.RobotsData, error) {
	key := u.Scheme + "://" + u.Host
	f.mu.Lock()
	rule, ok := f.robots[key]
	f.mu.Unlock()
	if ok && f.config.Now().Before(rule.until) {
		return rule.data, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, key+"/robots.txt", nil)
	if err != nil {
		return nil, fmt.Errorf("new request: %w", err)
	}
	request.Header.Set("User-Agent", f.config.UserAgent)
	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, robotsBytes))
	if err != nil {
		return nil, fmt.Errorf("read robots.txt: %w", err)
	}
	if response.StatusCode >= 500 { // the rules are not known, so nothing may be read (RFC 9309, 2.3.1.4)
		return nil, refuse(CodeHTTP(response.StatusCode), fmt.Sprintf("The server answered with status %d; try again later.", response.StatusCode), nil)
	}
	data, err := robotstxt.FromStatusAndBytes(response.StatusCode, body)
	if err != nil { // not a robots.txt: nothing is forbidden (RFC 9309, 2.3.1.5)
		data = &robotstxt.RobotsData{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.robots) >= robotsHosts {
		clear(f.robots)
	}
	f.robots[key] = robotsRule{data: data, until: f.config.Now().Add(robotsFor)}
	return data, nil
}
