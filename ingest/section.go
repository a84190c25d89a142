package ingest

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html/atom"

	"frontdesk"
)

// SectionLimits bound a site section. A zero field takes its default.
type SectionLimits struct {
	Depth int // clicks away from the first page; default 2, -1 is the first page alone
	Pages int // default 50
}

// sectionPause is the longest pause between two pages that a site's robots.txt may
// ask for.
const sectionPause = 10 * time.Second

// AddSection reads the page at request.URL and the pages that it leads to on the
// same host and below the same folder, breadth first, each as a source of its own.
// each gets a report a page as it is done. The error is that of [Service.Add]; a
// page that is refused is a report.
func (s *Service) AddSection(ctx context.Context, clinic frontdesk.Clinic, request AddRequest, limits SectionLimits, each func(Report)) error {
	if s.Fetcher == nil {
		return refuse(frontdesk.CodeInvalid, "Addresses cannot be read here; give files.", nil)
	}
	first, err := normalURL(request.URL)
	if err != nil {
		return err
	}
	if limits.Depth == 0 {
		limits.Depth = 2
	}
	if limits.Pages <= 0 {
		limits.Pages = 50
	}
	walk := sectionWalk{folder: folderOf(first), seen: map[string]bool{first.String(): true}, queue: []sectionStop{{first, 0}}}
	for done := 0; len(walk.queue) > 0 && done < limits.Pages; done++ {
		stop := walk.queue[0]
		walk.queue = walk.queue[1:]
		if done > 0 {
			if err := s.Fetcher.pause(ctx, stop.url); err != nil {
				return err
			}
		}
		request.URL, request.page = stop.url.String(), nil
		page, fetchErr := s.Fetcher.Fetch(ctx, request.URL, Check{})
		if fetchErr == nil {
			if walk.seen[page.Final] && page.Final != request.URL {
				continue // another way to a page that was read
			}
			walk.seen[page.Final] = true
			request.page = page
			if stop.depth < limits.Depth {
				walk.follow(page, stop.depth+1)
			}
		}
		report, err := s.addFetched(ctx, clinic, request, fetchErr)
		each(report)
		if err != nil {
			return err
		}
	}
	return nil
}

// addFetched adds a page that was fetched, or reports why it was not.
func (s *Service) addFetched(ctx context.Context, clinic frontdesk.Clinic, request AddRequest, fetchErr error) (Report, error) {
	if fetchErr == nil {
		return s.Add(ctx, clinic, request)
	}
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	return Report{
		Source: pageName(request.URL), Status: ReportRejected, Code: frontdesk.CodeOf(fetchErr), Reason: frontdesk.TextOf(fetchErr),
		Unread: []int{}, Warnings: []string{},
	}, nil
}

type sectionStop struct {
	url   *url.URL
	depth int
}

type sectionWalk struct {
	folder string
	seen   map[string]bool
	queue  []sectionStop
}

// queueMost bounds the pages that wait to be read.
const queueMost = 5000

// follow queues the links of a page that lead on within the section.
func (w *sectionWalk) follow(page *FetchedPage, depth int) {
	base, err := url.Parse(page.Final)
	if err != nil {
		return
	}
	for _, link := range linksOf(page, base) {
		if len(w.queue) >= queueMost || w.seen[link.String()] || link.Host != base.Host || !strings.HasPrefix(link.EscapedPath(), w.folder) {
			continue
		}
		w.seen[link.String()] = true
		w.queue = append(w.queue, sectionStop{link, depth})
	}
}

// folderOf is the path below which a section lies.
func folderOf(u *url.URL) string {
	p := u.EscapedPath()
	if strings.HasSuffix(p, "/") {
		return p
	}
	if path.Ext(p) == "" { // "/leistungen" has its pages below "/leistungen/"
		return p
	}
	return p[:strings.LastIndexByte(p, '/')+1]
}

// linksOf returns the pages and PDFs that a page links to, in order.
func linksOf(page *FetchedPage, base *url.URL) []*url.URL {
	kind, _, err := Sniff(page.Data, page.URL, page.ContentType)
	if err != nil || kind != KindHTML {
		return nil
	}
	root, err := parseHTML(decode(page.Data, declaredCharsets(page.Data, page.ContentType)...).text)
	if err != nil {
		return nil
	}
	var out []*url.URL
	for n := range root.Descendants() {
		switch {
		case n.DataAtom == atom.Meta && strings.EqualFold(attr(n, "name"), "robots") && strings.Contains(strings.ToLower(attr(n, "content")), "nofollow"):
			return nil
		case n.DataAtom == atom.Base && attr(n, "href") != "":
			if b, err := base.Parse(attr(n, "href")); err == nil {
				base = b
			}
		case n.DataAtom == atom.A && !strings.Contains(attr(n, "rel"), "nofollow"):
			if link := pageLink(base, attr(n, "href")); link != nil {
				out = append(out, link)
			}
		}
	}
	return out
}

// pageLink resolves a link to something that a reader reads, nil otherwise.
func pageLink(base *url.URL, href string) *url.URL {
	href = strings.TrimSpace(href)
	if href == "" || strings.HasPrefix(href, "#") || len(href) > 2000 {
		return nil
	}
	u, err := base.Parse(href)
	if err != nil {
		return nil
	}
	if u, err = normalURL(u.String()); err != nil {
		return nil
	}
	ext := strings.ToLower(path.Ext(u.Path))
	pages := []string{"", ".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ".pdf", ".txt", ".md"}
	if !slices.Contains(pages, ext) && len(ext) <= 5 {
		return nil
	}
	return u
}

// pause waits between two pages of a host as long as its robots.txt asks.
func (f *Fetcher) pause(ctx context.Context, u *url.URL) error {
	wait := f.config.Pause
	if rules, err := f.robotsOf(ctx, u); err == nil {
		if group := rules.FindGroup(f.agent()); group != nil {
			wait = max(wait, min(group.CrawlDelay, sectionPause))
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("section: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}
