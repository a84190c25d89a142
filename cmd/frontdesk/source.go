package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/store"
)

// maxUpload bounds a file before it is read into memory; ingest refuses by its
// own, smaller bound with a code.
const maxUpload = 256 << 20

func (p *program) sourceCommand() *cobra.Command {
	return group("source", "Documents and pages of a clinic", "  frontdesk source add --clinic \"Cabinet du Parc\" --approve-as \"Dr Martin\" leaflet.pdf https://example.org/contact",
		p.sourceAddCommand(), p.sourceListCommand(), p.sourceShowCommand(), p.sourceDiffCommand(),
		p.sourceApproveCommand(), p.sourceOverrideCommand(), p.sourceWithdrawCommand(), p.sourceAnswersCommand())
}

// sourceFlags are those of every source command.
type sourceFlags struct {
	clinic string
	as     string
	json   bool
}

func (f *sourceFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.clinic, "clinic", "", "the clinic's name")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON, one object a line")
}

// withIngest runs fn with the clinic named and the service that reads documents.
func (p *program) withIngest(ctx context.Context, clinicName string, fn func(*ingest.Service, frontdesk.Clinic) error) error {
	return p.withGate(ctx, clinicName, func(service *ingest.Service, clinic frontdesk.Clinic, _ settler) error { return fn(service, clinic) })
}

// settler waits for the gate of a clinic about a revision that was approved just now,
// and returns the revision's status with what staff should know. Where the clinic has
// no gate it does nothing.
type settler func(ctx context.Context, revision frontdesk.RevisionID, status ingest.Status) (ingest.Status, []string, error)

// withGate is withIngest for commands that approve.
func (p *program) withGate(ctx context.Context, clinicName string, fn func(*ingest.Service, frontdesk.Clinic, settler) error) error {
	return p.withClinic(ctx, clinicName, func(w *parts, clinic frontdesk.Clinic) error {
		service, err := w.ingestService(ctx)
		if err != nil {
			return err
		}
		return fn(service, clinic, w.settler(clinic, service))
	})
}

func (w *parts) settler(clinic frontdesk.Clinic, service *ingest.Service) settler {
	var gate *runs
	return func(ctx context.Context, revision frontdesk.RevisionID, status ingest.Status) (ingest.Status, []string, error) {
		if !clinic.Settings.Gate || status != ingest.StatusApproved {
			return status, nil, nil
		}
		if gate == nil {
			var err error
			if gate, err = w.newRuns(ctx, service); err != nil {
				return status, nil, err
			}
		}
		run, result, err := gate.settle(ctx, clinic.ID, revision)
		switch {
		case frontdesk.CodeOf(err) == frontdesk.CodeNotFound: // approved while the gate was off; its date is to come
			return status, nil, nil
		case err != nil:
			return status, nil, err
		case run.Verdict != store.VerdictFail:
			status, err = w.statusOf(ctx, clinic, run)
			return status, nil, err
		}
		held := []string{"Approved, but held back by the gate: see the console's page Evaluation, or override it with `frontdesk source override`."}
		if result != nil {
			held = append(held, strings.Split(result.Why, "\n")...)
		}
		return status, held, nil
	}
}

// statusOf reads where the revision of a run stands now.
func (w *parts) statusOf(ctx context.Context, clinic frontdesk.Clinic, run store.Run) (ingest.Status, error) {
	revisions, err := w.db.ListRevisions(ctx, clinic.ID, run.Source)
	if err != nil {
		return "", fmt.Errorf("list revisions: %w", err)
	}
	for _, r := range revisions {
		if r.ID == run.Revision {
			return r.StatusAt(w.now()), nil
		}
	}
	return "", &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is no such revision."}
}

func (p *program) sourceAddCommand() *cobra.Command {
	var flags sourceFlags
	var effective, expires, site, by string
	var depth, pages int
	c := &cobra.Command{
		Use: "add PATH-OR-URL…", Short: "Read files, folders and pages into draft revisions",
		Long:    "Read files, folders and pages into draft revisions. With --approve-as PERSON they go live, with the profile entries that they propose where no approved entry disagrees.",
		Example: "  frontdesk source add --clinic \"Cabinet du Parc\" --approve-as \"Dr Martin\" leaflet.pdf https://example.org/contact",
		Args:    atLeast(1, "a PATH or URL"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withGate(c.Context(), flags.clinic, func(service *ingest.Service, clinic frontdesk.Clinic, settle settler) error {
				request := ingest.AddRequest{By: by, ApproveAs: flags.as, Site: site}
				var err error
				if request.Effective, err = localTime(effective, clinic, false); err != nil {
					return err
				}
				if request.Expires, err = localTime(expires, clinic, true); err != nil {
					return err
				}
				adding := adder{program: p, service: service, clinic: clinic, request: request, settle: settle, json: flags.json}
				if depth > 0 {
					adding.section = &ingest.SectionLimits{Depth: depth, Pages: pages}
				}
				return adding.addAll(c.Context(), args)
			})
		},
	}
	flags.add(c)
	c.Flags().StringVar(&by, "as", "", "name of the person who adds them, where the clinic wants four eyes (default: who approves)")
	c.Flags().StringVar(&flags.as, "approve-as", "", "name of the person who approves: the revisions go live")
	c.Flags().StringVar(&effective, "effective", "", "from when it holds, 2026-12-01 or 2026-12-01T08:30, in the clinic's time zone")
	c.Flags().StringVar(&expires, "expires", "", "until when it holds; a bare date is its last day")
	c.Flags().IntVar(&depth, "depth", 0, "read the site's section below each URL, so many clicks deep")
	c.Flags().IntVar(&pages, "pages", 0, "at most so many pages of a section (default 50)")
	c.Flags().StringVar(&site, "site", "", "the site that the sources speak for")
	return c
}

// adder reads the paths and addresses of one command.
type adder struct {
	program *program
	service *ingest.Service
	clinic  frontdesk.Clinic
	request ingest.AddRequest
	settle  settler
	section *ingest.SectionLimits // nil: pages one by one
	json    bool

	total, read int
	internal    bool
}

func (a *adder) addAll(ctx context.Context, args []string) error {
	paths, err := expand(args)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := a.addOne(ctx, path); err != nil {
			return err
		}
	}
	if a.internal || a.read == 0 {
		fmt.Fprintf(a.program.stderr, "frontdesk: %d of %d sources were read; the lines above say why the others were not\n", a.read, a.total)
		return errSaid
	}
	return nil
}

func (a *adder) addOne(ctx context.Context, path file) error {
	request := a.request
	if path.url {
		request.URL = path.path
		if a.section != nil {
			var shown error
			err := a.service.AddSection(ctx, a.clinic, request, *a.section, func(r ingest.Report) { shown = errors.Join(shown, a.report(ctx, r)) })
			return errors.Join(err, shown)
		}
	} else {
		data, err := readFile(path.path)
		if err != nil {
			return err
		}
		request.Name, request.Bytes = path.name, data
	}
	report, err := a.service.Add(ctx, a.clinic, request)
	if err != nil {
		return err
	}
	return a.report(ctx, report)
}

func (a *adder) report(ctx context.Context, r ingest.Report) error {
	if r.Held {
		status, held, err := a.settle(ctx, r.RevisionID, ingest.StatusApproved)
		if err != nil {
			return err
		}
		r.Warnings = append(r.Warnings, held...)
		if status == ingest.StatusLive {
			r.Status = ingest.ReportLive
		}
	}
	a.total++
	if r.Status != ingest.ReportRejected {
		a.read++
	}
	a.internal = a.internal || r.Internal
	return a.program.showReport(r, a.json)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: fmt.Sprintf("The file %s cannot be read.", path), Err: err}
	}
	if info.Size() > maxUpload {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("The file %s is larger than %d MB.", path, maxUpload>>20)}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: fmt.Sprintf("The file %s cannot be read.", path), Err: err}
	}
	return data, nil
}

func isURL(path string) bool {
	return strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://")
}

// file is one thing to read: a file under the name that it is known by, or a page.
type file struct {
	path string
	name string
	url  bool
}

// expand replaces folders by the files in them, hidden ones left out. A file of a
// folder is known by its path within it, so that equal names do not collide.
func expand(args []string) ([]file, error) {
	var files []file
	for _, arg := range args {
		info, err := os.Stat(arg)
		if isURL(arg) || err != nil || !info.IsDir() {
			files = append(files, file{path: arg, name: filepath.Base(arg), url: isURL(arg)})
			continue
		}
		err = filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case strings.HasPrefix(entry.Name(), ".") && path != arg:
				if entry.IsDir() {
					return filepath.SkipDir
				}
			case entry.Type().IsRegular():
				name, err := filepath.Rel(arg, path)
				if err != nil {
					return fmt.Errorf("name of %s: %w", path, err)
				}
				files = append(files, file{path: path, name: filepath.ToSlash(name)})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read folder %s: %w", arg, err)
		}
	}
	return files, nil
}

func (p *program) showReport(r ingest.Report, asJSON bool) error {
	if asJSON {
		return p.printJSON(r)
	}
	fmt.Fprintf(p.stdout, "%s\t%s", r.Source, r.Status)
	if r.Code != "" {
		fmt.Fprintf(p.stdout, "\t%s: %s", r.Code, r.Reason)
	} else {
		fmt.Fprintf(p.stdout, "\trevision %d, %d pages, %d passages, %s", r.Revision, r.Pages, r.Passages, r.Lang)
	}
	fmt.Fprintln(p.stdout)
	for _, warning := range r.Warnings {
		fmt.Fprintf(p.stdout, "  %s\n", warning)
	}
	return nil
}

// localTime reads a date or minute in the clinic's time zone; "" is no instant. A
// bare date as an end is the last day that holds.
func localTime(text string, clinic frontdesk.Clinic, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := ingest.ParseInstant(text, clinic.Location(), end)
	if err != nil {
		return time.Time{}, &usageError{err}
	}
	return at, nil
}
