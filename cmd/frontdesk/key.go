package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (p *program) keyCommand() *cobra.Command {
	var by string
	var asJSON bool
	c := &cobra.Command{
		Use: "rewrap", Short: "Wrap the keys of all clinics by the newest FRONTDESK_KEY",
		Long:    "Wraps the keys of all clinics by the first of the keys in FRONTDESK_KEY; each clinic's audit log says who did it. What stopped in the middle is done by the next call. Afterwards the older keys may be dropped from FRONTDESK_KEY.",
		Example: "  FRONTDESK_KEY=NEW,OLD frontdesk key rewrap --by \"Ana Silva\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if by == "" {
				return &usageError{errors.New("who does it? add --by PERSON; the audit log will name them")}
			}
			w, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			done, err := w.db.Rewrap(c.Context(), by)
			if err != nil {
				return fmt.Errorf("rewrap keys: %w", err)
			}
			if asJSON {
				return p.printJSON(done)
			}
			fmt.Fprintf(p.stdout, "Wrapped the keys of %d clinics by key %s; those of %d were before. Older keys may be dropped from FRONTDESK_KEY.\n", done.Clinics, done.Key, done.Done)
			return nil
		},
	}
	c.Flags().StringVar(&by, "by", "", "the person who does it")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return group("key", "The key that wraps the clinics' keys", "  FRONTDESK_KEY=NEW,OLD frontdesk key rewrap --by \"Ana Silva\"", c)
}
