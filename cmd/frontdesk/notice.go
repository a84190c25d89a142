package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
)

func (p *program) noticeCommand() *cobra.Command {
	return group("notice", "Dated messages that win over documents", "  frontdesk notice add --clinic \"Cabinet du Parc\" --as \"Dr Martin\" --to 2026-12-24 \"Fermé ce jour\"",
		p.noticeAddCommand(), p.noticeListCommand(), p.noticeEndCommand())
}

func (p *program) noticeAddCommand() *cobra.Command {
	var clinicName, by, from, to, lang string
	c := &cobra.Command{
		Use: "add TEXT", Short: "Publish a notice, such as \"closed today\"",
		Example: "  frontdesk notice add --clinic \"Cabinet du Parc\" --as \"Dr Martin\" --to 2026-12-24 \"Fermé ce jour\"",
		Args:    exactly(1, "the TEXT"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				notice := frontdesk.Notice{Text: args[0], Language: lang}
				var err error
				if notice.From, err = localTime(from, clinic, false); err != nil {
					return err
				}
				if notice.To, err = localTime(to, clinic, true); err != nil {
					return err
				}
				if notice.To.IsZero() {
					return &usageError{errors.New("--to is missing: until when does the notice hold?")}
				}
				if notice.From.IsZero() {
					notice.From = w.now()
				}
				if notice.Language == "" {
					notice.Language = clinic.Language
				}
				id, err := w.db.PublishNotice(c.Context(), clinic.ID, notice, by)
				if err != nil {
					return err
				}
				fmt.Fprintln(p.stdout, id)
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "as", "", "name of the person who publishes it")
	c.Flags().StringVar(&from, "from", "", "from when it holds, in the clinic's time zone (default: now)")
	c.Flags().StringVar(&to, "to", "", "until when it holds; a bare date is its last day")
	c.Flags().StringVar(&lang, "lang", "", "language of the text (default: the clinic's)")
	return c
}

func (p *program) noticeListCommand() *cobra.Command {
	var clinicName string
	c := &cobra.Command{
		Use: "list", Short: "List the notices in force and those to come",
		Example: "  frontdesk notice list --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				notices, err := w.db.ListNotices(c.Context(), clinic.ID, w.now())
				if err != nil {
					return err
				}
				for _, n := range notices {
					fmt.Fprintf(p.stdout, "%s\t%s – %s\t%s\t%s\n", n.ID, local(n.From, clinic), local(n.To, clinic), n.PublishedBy, n.Text)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	return c
}

func local(at time.Time, clinic frontdesk.Clinic) string {
	return at.In(clinic.Location()).Format("2006-01-02 15:04")
}

func (p *program) noticeEndCommand() *cobra.Command {
	var clinicName, by string
	c := &cobra.Command{
		Use: "end ID", Short: "End a notice now",
		Example: "  frontdesk notice end --clinic \"Cabinet du Parc\" --as \"Dr Martin\" ID",
		Args:    exactly(1, "the notice's ID"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				return w.db.EndNotice(c.Context(), clinic.ID, args[0], by)
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "as", "", "name of the person who ends it")
	return c
}
