package ingest

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk"
)

// names is a resolver of a test. A name with several lists gives the next one at
// each question, as a rebinding server does.
type names struct {
	of    map[string][][]string
	asked atomic.Int32
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	lists := n.of[host]
	if len(lists) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	list := lists[min(int(n.asked.Add(1))-1, len(lists)-1)]
	var out []netip.Addr
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func allow(t *testing.T, text string) AllowList {
	t.Helper()
	list, err := ParseAllowList(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func newTestFetcher(t *testing.T, config FetchConfig) *Fetcher {
	t.Helper()
	config.Pause = time.Nanosecond
	f := NewFetcher(config)
	t.Cleanup(f.Close)
	return f
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1",
		"192.0.2.1", "203.0.113.9", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fec0::1", "::7f00:1", "4000::1",
	} {
		if public(netip.MustParseAddr(a)) {
			t.Errorf("%s counts as public", a)
		}
	}
	for _, a := range []string{"93.184.216.34", "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s does not count as public", a)
		}
	}
}

func TestFetchBlocksWhatIsNotPublic(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	server := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resolver := &names{of: map[string][][]string{"evil.example": {{"127.0.0.1"}}, "both.example": {{"10.0.0.1", "::1", "169.254.169.254"}}}}
	f := newTestFetcher(t, FetchConfig{Resolver: resolver})
	for _, address := range []string{
		server.URL, "http://localhost:" + port + "/", "http://[::1]:" + port + "/", "http://[::ffff:127.0.0.1]:" + port + "/",
		"http://evil.example:" + port + "/", "http://both.example/", "http://169.254.169.254/latest/meta-data/", "http://0.0.0.0:" + port + "/",
	} {
		if address == "http://localhost:"+port+"/" {
			resolver.of["localhost"] = [][]string{{"127.0.0.1"}}
		}
		if _, err := f.Fetch(context.Background(), address, Check{}); frontdesk.CodeOf(err) != CodeBlockedAddress {
			t.Errorf("%s: %v", address, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
}

func TestFetchBlocksOddPortsOfPublicAddresses(t *testing.T) {
	t.Parallel()
	d := guardedDialer{}
	for target, blocked := range map[string]bool{"8.8.8.8:443": false, "8.8.8.8:80": false, "8.8.8.8:22": true, "8.8.8.8:6379": true, "[::1]:443": true} {
		if err := d.check(target, false); errors.Is(err, errBlocked) != blocked {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestFetchBlocksARedirectToTheInside(t *testing.T) {
	t.Parallel()
	var secret atomic.Int32
	inside := serve(t, func(http.ResponseWriter, *http.Request) { secret.Add(1) })
	target, err := url.Parse(inside.URL)
	if err != nil {
		t.Fatal(err)
	}
	outside := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, "http://inside.example:"+target.Port()+"/", http.StatusFound)
	})
	from, err := url.Parse(outside.URL)
	if err != nil {
		t.Fatal(err)
	}
	// The outside server is allowed by name, so the address that both share is not.
	resolver := &hostNames{"outside.example": "127.0.0.1", "inside.example": "127.0.0.1"}
	f := newTestFetcher(t, FetchConfig{Resolver: resolver, Allow: allow(t, "outside.example")})
	_, err = f.Fetch(context.Background(), "http://outside.example:"+from.Port()+"/", Check{})
	if frontdesk.CodeOf(err) != CodeBlockedAddress || secret.Load() != 0 {
		t.Errorf("error %v, reached %d times", err, secret.Load())
	}
}

// hostNames resolves each name to one address.
type hostNames map[string]string

func (h hostNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a, ok := h[host]; ok {
		return []netip.Addr{netip.MustParseAddr(a)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestFetchIsNotFooledByRebinding(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		w.Header().Set("Connection", "close")
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, "<p>inside</p>")
	})
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	// The first answer is an allowed address that serves robots.txt, the next ones
	// point to another address of this machine.
	resolver := &names{of: map[string][][]string{"rebind.example": {{"127.0.0.1"}, {"127.0.0.2"}}}}
	f := newTestFetcher(t, FetchConfig{Resolver: resolver, Allow: allow(t, "127.0.0.1/32")})
	_, err = f.Fetch(context.Background(), "http://rebind.example:"+port+"/", Check{})
	if frontdesk.CodeOf(err) != CodeBlockedAddress {
		t.Errorf("error %v", err)
	}
	if reached.Load() != 1 || resolver.asked.Load() != 2 {
		t.Errorf("reached %d times, resolved %d times", reached.Load(), resolver.asked.Load())
	}
}

func TestFetchRefusals(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /private/\n")
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/to-private":
			http.Redirect(w, r, "/private/a", http.StatusFound)
		case "/to-file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/large":
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			for range 200 {
				fmt.Fprint(zip, strings.Repeat("0", 10_000))
			}
			zip.Close()
		case "/slow":
			<-r.Context().Done()
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	})
	f := newTestFetcher(t, FetchConfig{Allow: allow(t, "127.0.0.1"), Bytes: 1 << 20})
	hasty := newTestFetcher(t, FetchConfig{Allow: allow(t, "127.0.0.1"), Timeout: 200 * time.Millisecond})
	for address, code := range map[string]frontdesk.Code{
		server.URL + "/missing":      "http_404",
		server.URL + "/gone":         "http_410",
		server.URL + "/broken":       "http_500",
		server.URL + "/private/a":    CodeRobots,
		server.URL + "/to-private":   CodeRobots,
		server.URL + "/loop":         CodeUnreachable,
		server.URL + "/to-file":      frontdesk.CodeInvalid,
		server.URL + "/large":        CodeTooLarge,
		server.URL + "/slow":         CodeTimeout,
		"ftp://clinic.example/":      frontdesk.CodeInvalid,
		"file:///etc/passwd":         frontdesk.CodeInvalid,
		"clinic.example":             frontdesk.CodeInvalid,
		"http://a:b@clinic.example/": frontdesk.CodeInvalid,
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			fetcher := f
			if code == CodeTimeout {
				fetcher = hasty
			}
			if _, err := fetcher.Fetch(context.Background(), address, Check{}); frontdesk.CodeOf(err) != code {
				t.Errorf("error %v, want %s", err, code)
			}
		})
	}
	t.Run("no such host", func(t *testing.T) {
		t.Parallel()
		f := newTestFetcher(t, FetchConfig{Resolver: hostNames{}})
		if _, err := f.Fetch(context.Background(), "http://nowhere.example/", Check{}); frontdesk.CodeOf(err) != CodeUnreachable {
			t.Errorf("error %v", err)
		}
	})
}

func TestParseAllowListRejectsNonsense(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"http://a.example", "10.0.0.0/99", "*", "a@b"} {
		if _, err := ParseAllowList(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

// site is a small clinic's site whose pages a test may change.
type site struct {
	hours    atomic.Value
	requests atomic.Int32
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	page := func(body string) {
		tag := fmt.Sprintf(`"%x"`, len(body)+strings.Count(body, "9"))
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><html lang=en><title>Lake clinic</title><body>%s<script>token=%d</script>", body, s.requests.Load())
	}
	switch r.URL.Path {
	case "/en/":
		page(`<p>Our clinic at the lake is open every day of the week.</p><a href="hours.html">h</a> <a href="/en/deep/1">d</a> <a href="/fr/">fr</a> <a href="http://elsewhere.example/en/x">x</a> <a href="pic.jpg">p</a>`)
	case "/en/hours.html":
		page("<p>The desk of the clinic is open from " + s.hours.Load().(string) + " on every weekday.</p>")
	case "/en/deep/1":
		page(`<p>Deep page of the clinic with words enough to be a page.</p><a href="2">2</a><a href="/en/#top">t</a>`)
	case "/en/deep/2":
		page(`<p>Deeper page of the clinic with words enough to be a page.</p><a href="3">3</a>`)
	case "/en/deep/3":
		page(`<p>Deepest page of the clinic with words enough to be a page.</p>`)
	case "/fr/":
		page(`<p>Cette page n'est pas de la section demandée, donc personne ne la lit.</p>`)
	default:
		http.NotFound(w, r)
	}
}

func newSite(t *testing.T) (*bench, *site, string) {
	t.Helper()
	s := &site{}
	s.hours.Store("8 to 12")
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	b := newBench(t)
	b.service.Fetcher = newTestFetcher(t, FetchConfig{Allow: allow(t, "127.0.0.1")})
	return b, s, server.URL
}

func TestSectionIsReadWithinItsLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limits SectionLimits
		want   string
	}{
		"two clicks": {SectionLimits{Depth: 2}, "/en /en/hours.html /en/deep/1 /en/deep/2"},
		"one click":  {SectionLimits{Depth: 1}, "/en /en/hours.html /en/deep/1"},
		"one page":   {SectionLimits{Depth: -1}, "/en"},
		"two pages":  {SectionLimits{Depth: 3, Pages: 2}, "/en /en/hours.html"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _, address := newSite(t)
			host := strings.TrimPrefix(address, "http://")
			var got []string
			err := b.service.AddSection(context.Background(), b.clinic, AddRequest{URL: address + "/en/"}, test.limits, func(r Report) {
				if r.Status != ReportDraft {
					t.Errorf("report %+v", r)
				}
				got = append(got, strings.TrimPrefix(r.Source, host))
			})
			if err != nil || strings.Join(got, " ") != test.want {
				t.Errorf("read %q (%v), want %q", strings.Join(got, " "), err, test.want)
			}
		})
	}
}

func TestRereadingMakesADraftOfAChangeOnly(t *testing.T) {
	t.Parallel()
	b, s, address := newSite(t)
	request := AddRequest{URL: address + "/en/hours.html", ApproveAs: "Ada"}
	if report, err := b.service.Add(context.Background(), b.clinic, request); err != nil || report.Status != ReportLive {
		t.Fatalf("%+v %v", report, err)
	}
	reread := func(want int) []Report {
		t.Helper()
		reports, err := b.service.RereadDue(context.Background(), b.clinic)
		if err != nil || len(reports) != want {
			t.Fatalf("reports %+v, error %v", reports, err)
		}
		return reports
	}
	before := s.requests.Load()
	reread(0)
	if s.requests.Load() != before {
		t.Error("a page was read before its time")
	}
	*b.now = b.now.Add(25 * time.Hour)
	reread(0) // the server says that nothing changed
	if b.memory.saved != 1 {
		t.Errorf("%d drafts saved", b.memory.saved)
	}
	s.hours.Store("9 to 13")
	*b.now = b.now.Add(25 * time.Hour)
	if r := reread(1)[0]; r.Status != ReportDraft || r.Revision != 2 {
		t.Errorf("report %+v", r)
	}
	if got := statuses(b, *b.now); got != "live draft" {
		t.Errorf("statuses %q", got)
	}
}

func TestAPageThatIsGoneKeepsItsLiveRevision(t *testing.T) {
	t.Parallel()
	b, _, address := newSite(t)
	if report, err := b.service.Add(context.Background(), b.clinic, AddRequest{URL: address + "/en/hours.html", ApproveAs: "Ada"}); err != nil || report.Status != ReportLive {
		t.Fatalf("%+v %v", report, err)
	}
	b.memory.sources[0].URL, b.memory.sources[0].Location = address+"/gone", address+"/gone"
	*b.now = b.now.Add(25 * time.Hour)
	reports, err := b.service.RereadDue(context.Background(), b.clinic)
	if err != nil || len(reports) != 1 || reports[0].Code != "http_404" {
		t.Fatalf("%+v %v", reports, err)
	}
	if got := statuses(b, *b.now); got != "live" || b.memory.sources[0].Check.Code != "http_404" || !b.memory.sources[0].Check.Next.After(*b.now) {
		t.Errorf("status %q, check %+v", got, b.memory.sources[0].Check)
	}
}
