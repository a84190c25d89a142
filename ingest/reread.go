package ingest

import (
	"context"
	"fmt"
	"time"

	"frontdesk"
)

// fetch gets a request's page, asking the server whether it changed where it was
// read before and the newest revision still stands.
func (s *Service) fetch(ctx context.Context, clinic frontdesk.ClinicID, request AddRequest) (*FetchedPage, error) {
	if request.page != nil {
		return request.page, nil
	}
	if s.Fetcher == nil {
		return nil, refuse(frontdesk.CodeInvalid, "Addresses cannot be read here; give a file.", nil)
	}
	u, err := normalURL(request.URL)
	if err != nil {
		return nil, err
	}
	var before Check
	source, err := s.Repository.FindSource(ctx, clinic, u.String())
	switch {
	case err == nil && source.URL == u.String():
		before = source.Check
	case err != nil && frontdesk.CodeOf(err) != frontdesk.CodeNotFound:
		return nil, fmt.Errorf("find source: %w", err)
	}
	return s.Fetcher.Fetch(ctx, u.String(), before)
}

func (s *Service) saveCheck(ctx context.Context, clinic frontdesk.Clinic, source frontdesk.SourceID, page *FetchedPage) error {
	if err := s.Repository.SaveCheck(ctx, clinic.ID, source, page.check(s.Now(), s.rereadEvery(clinic))); err != nil {
		return fmt.Errorf("save check: %w", err)
	}
	return nil
}

// RereadDue looks again at every page of a clinic whose time has come. A change of
// words becomes a draft that waits for approval; a page that is gone or refused is
// noted, its live revision stays. One report for each page that changed or failed.
func (s *Service) RereadDue(ctx context.Context, clinic frontdesk.Clinic) ([]Report, error) {
	sources, err := s.Repository.ListSources(ctx, clinic.ID)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	var out []Report
	now := s.Now()
	for _, source := range sources {
		if source.URL == "" || source.Check.Next.IsZero() || source.Check.Next.After(now) {
			continue
		}
		report, err := s.Add(ctx, clinic, AddRequest{URL: source.URL, Site: source.Site, By: SystemAuthor})
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if err != nil || report.Status == ReportRejected {
			check := source.Check
			check.At, check.Next, check.Code = now, now.Add(retryAfter(s.rereadEvery(clinic))), report.Code
			if err := s.Repository.SaveCheck(ctx, clinic.ID, source.ID, check); err != nil {
				return out, fmt.Errorf("save check: %w", err)
			}
		}
		if report.Status != ReportUnchanged {
			out = append(out, report)
		}
	}
	return out, nil
}

// retryAfter is when a page that failed is looked at again: sooner than usual,
// never more than hourly.
func retryAfter(every time.Duration) time.Duration {
	return max(every/4, min(every, time.Hour))
}
