package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/ingest"
)

// revisionFlag names one revision of a source.
func revisionFlag(c *cobra.Command, number *int) {
	c.Flags().IntVar(number, "revision", 0, "number of the revision (default: the newest)")
}

func (p *program) sourceListCommand() *cobra.Command {
	var flags sourceFlags
	c := &cobra.Command{
		Use: "list", Short: "List the sources and their revisions",
		Example: "  frontdesk source list --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withIngest(c.Context(), flags.clinic, func(service *ingest.Service, clinic frontdesk.Clinic) error {
				listed, err := service.List(c.Context(), clinic.ID)
				if err != nil {
					return err
				}
				for _, l := range listed {
					if err := p.showListed(l, clinic, flags.json); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	flags.add(c)
	return c
}

// revisionLine is a revision as the source commands print it.
type revisionLine struct {
	Source     string        `json:"source"`
	Kind       ingest.Kind   `json:"kind"`
	Revision   int           `json:"revision"`
	Status     ingest.Status `json:"status"`
	Lang       string        `json:"lang"`
	Pages      int           `json:"pages"`
	ApprovedBy string        `json:"approved_by,omitempty"`
	Effective  string        `json:"effective,omitempty"`
	Expires    string        `json:"expires,omitempty"`
	Warnings   []string      `json:"warnings"`
}

func lineOf(source ingest.Source, r ingest.Revision, clinic frontdesk.Clinic, now time.Time) revisionLine {
	return revisionLine{
		Source: source.Name, Kind: source.Kind, Revision: r.Number, Status: r.StatusAt(now), Lang: r.Language, Pages: r.Pages,
		ApprovedBy: r.ApprovedBy, Effective: instant(r.Effective, clinic), Expires: instant(r.Expires, clinic),
		Warnings: append([]string{}, r.Warnings...),
	}
}

func instant(at time.Time, clinic frontdesk.Clinic) string {
	if at.IsZero() {
		return ""
	}
	return at.In(clinic.Location()).Format("2006-01-02T15:04")
}

func (p *program) showListed(l ingest.Listed, clinic frontdesk.Clinic, asJSON bool) error {
	now := time.Now()
	for _, r := range l.Revisions {
		line := lineOf(l.Source, r, clinic, now)
		if asJSON {
			if err := p.printJSON(line); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(p.stdout, "%s\trevision %d\t%s\tapproved by %s\n", line.Source, line.Revision, line.Status, orDash(line.ApprovedBy))
	}
	return nil
}

// passageLine is a passage as `source show` and `source diff` print it.
type passageLine struct {
	Sign     string                `json:"sign,omitempty"`
	Page     int                   `json:"page,omitempty"`
	Kind     frontdesk.PassageKind `json:"kind"`
	Headings []string              `json:"headings"`
	Text     string                `json:"text"`
}

func (p *program) showPassage(passage frontdesk.Passage, sign string, asJSON bool) error {
	if asJSON {
		return p.printJSON(passageLine{sign, passage.Page, passage.Kind, append([]string{}, passage.Headings...), passage.Text})
	}
	place := strings.Join(passage.Headings, " › ")
	if passage.Page > 0 {
		place = fmt.Sprintf("p. %d  %s", passage.Page, place)
	}
	fmt.Fprintf(p.stdout, "%s— %s\n%s\n\n", sign, place, passage.Text)
	return nil
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func (p *program) sourceShowCommand() *cobra.Command {
	var flags sourceFlags
	var number int
	c := &cobra.Command{
		Use: "show SOURCE", Short: "Show a revision's text and passages",
		Example: "  frontdesk source show --clinic \"Cabinet du Parc\" leaflet.pdf --revision 1",
		Args:    exactly(1, "the SOURCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withIngest(c.Context(), flags.clinic, func(service *ingest.Service, clinic frontdesk.Clinic) error {
				shown, err := service.Show(c.Context(), clinic.ID, args[0], number)
				if err != nil {
					return err
				}
				for _, passage := range shown.Passages {
					if err := p.showPassage(passage, "", flags.json); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	flags.add(c)
	revisionFlag(c, &number)
	return c
}

func (p *program) sourceDiffCommand() *cobra.Command {
	var flags sourceFlags
	var from, to int
	c := &cobra.Command{
		Use: "diff SOURCE", Short: "Show what changed between two revisions, by passage",
		Example: "  frontdesk source diff --clinic \"Cabinet du Parc\" leaflet.pdf --from 1 --to 2",
		Args:    exactly(1, "the SOURCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withIngest(c.Context(), flags.clinic, func(service *ingest.Service, clinic frontdesk.Clinic) error {
				lines, err := service.Diff(c.Context(), clinic.ID, args[0], from, to)
				if err != nil {
					return err
				}
				for _, line := range lines {
					if err := p.showPassage(line.Passage, line.Sign, flags.json); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	flags.add(c)
	c.Flags().IntVar(&from, "from", 0, "number of the older revision (default: the one before)")
	c.Flags().IntVar(&to, "to", 0, "number of the newer revision (default: the newest)")
	return c
}

func (p *program) sourceApproveCommand() *cobra.Command {
	var flags sourceFlags
	var number int
	var effective, expires, comment string
	c := &cobra.Command{
		Use: "approve SOURCE", Short: "Approve a revision as a named person: it goes live",
		Example: "  frontdesk source approve --clinic \"Cabinet du Parc\" --as \"Dr Martin\" leaflet.pdf",
		Args:    exactly(1, "the SOURCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withGate(c.Context(), flags.clinic, func(service *ingest.Service, clinic frontdesk.Clinic, settle settler) error {
				approval := ingest.Approval{By: flags.as, Comment: comment}
				var err error
				if approval.Effective, err = localTime(effective, clinic, false); err != nil {
					return err
				}
				if approval.Expires, err = localTime(expires, clinic, true); err != nil {
					return err
				}
				result, err := service.Approve(c.Context(), clinic, args[0], number, approval)
				if err != nil {
					return err
				}
				status, held, err := settle(c.Context(), result.Revision, result.Status)
				if err != nil {
					return err
				}
				return p.showStatus(args[0], string(status), append(result.Warnings, held...), flags.json)
			})
		},
	}
	flags.add(c)
	revisionFlag(c, &number)
	c.Flags().StringVar(&flags.as, "as", "", "name of the person who approves")
	c.Flags().StringVar(&comment, "comment", "", "what they say about it, kept with the revision")
	c.Flags().StringVar(&effective, "effective", "", "from when it holds, in the clinic's time zone")
	c.Flags().StringVar(&expires, "expires", "", "until when it holds; a bare date is its last day")
	return c
}

func (p *program) sourceOverrideCommand() *cobra.Command {
	var flags sourceFlags
	var number int
	var reason string
	c := &cobra.Command{
		Use: "override SOURCE", Short: "Let a revision go live that the gate holds back, as a named person with a reason",
		Example: "  frontdesk source override --clinic \"Cabinet du Parc\" --as \"Dr Martin\" --reason \"The case is out of date\" leaflet.pdf",
		Args:    exactly(1, "the SOURCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), flags.clinic, func(w *parts, clinic frontdesk.Clinic) error {
				service, err := w.ingestService(c.Context())
				if err != nil {
					return err
				}
				_, revision, err := w.draftOf(c.Context(), clinic, args[0], number)
				if err != nil {
					return err
				}
				run, _, err := w.db.GateRun(c.Context(), clinic.ID, revision.ID)
				if err != nil {
					return err
				}
				if err := overrideGate(c.Context(), service, clinic, run, flags.as, reason); err != nil {
					return err
				}
				status, err := w.statusOf(c.Context(), clinic, run)
				if err != nil {
					return err
				}
				return p.showStatus(args[0], string(status), nil, flags.json)
			})
		},
	}
	flags.add(c)
	revisionFlag(c, &number)
	c.Flags().StringVar(&flags.as, "as", "", "name of the person who answers for it")
	c.Flags().StringVar(&reason, "reason", "", "why, kept in the audit log")
	return c
}

func (p *program) sourceWithdrawCommand() *cobra.Command {
	var flags sourceFlags
	var number int
	var comment string
	c := &cobra.Command{
		Use: "withdraw SOURCE", Short: "Take a revision back: no answer rests on it from now on",
		Example: "  frontdesk source withdraw --clinic \"Cabinet du Parc\" --as \"Dr Martin\" leaflet.pdf",
		Args:    exactly(1, "the SOURCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withIngest(c.Context(), flags.clinic, func(service *ingest.Service, clinic frontdesk.Clinic) error {
				if _, err := service.Withdraw(c.Context(), clinic, args[0], number, flags.as, comment); err != nil {
					return err
				}
				return p.showStatus(args[0], string(ingest.StatusWithdrawn), nil, flags.json)
			})
		},
	}
	flags.add(c)
	revisionFlag(c, &number)
	c.Flags().StringVar(&flags.as, "as", "", "name of the person who withdraws")
	c.Flags().StringVar(&comment, "comment", "", "why, kept with the revision")
	return c
}

func (p *program) showStatus(source, status string, warnings []string, asJSON bool) error {
	if asJSON {
		return p.printJSON(map[string]any{"source": source, "status": status, "warnings": append([]string{}, warnings...)})
	}
	fmt.Fprintf(p.stdout, "%s\t%s\n", source, status)
	for _, warning := range warnings {
		fmt.Fprintf(p.stdout, "  %s\n", warning)
	}
	return nil
}

func (p *program) sourceAnswersCommand() *cobra.Command {
	var flags sourceFlags
	var limit int
	c := &cobra.Command{
		Use: "answers SOURCE", Short: "List every answer that rested on a source",
		Example: "  frontdesk source answers --clinic \"Cabinet du Parc\" leaflet.pdf",
		Args:    exactly(1, "the SOURCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withIngest(c.Context(), flags.clinic, func(service *ingest.Service, clinic frontdesk.Clinic) error {
				return p.showAnswers(c.Context(), service, clinic, args[0], limit)
			})
		},
	}
	flags.add(c)
	c.Flags().IntVar(&limit, "limit", 1000, "at most so many, newest first")
	return c
}

func (p *program) showAnswers(ctx context.Context, service *ingest.Service, clinic frontdesk.Clinic, source string, limit int) error {
	answers, err := service.Answers(ctx, clinic.ID, source, limit)
	if err != nil {
		return err
	}
	for _, answer := range answers {
		if err := p.printJSON(answer); err != nil {
			return err
		}
	}
	return nil
}
