package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/store"
)

func (p *program) ticketCommand() *cobra.Command {
	var clinicName string
	var asJSON, all bool
	c := &cobra.Command{
		Use: "list", Short: "List the handovers that wait for people",
		Example: "  frontdesk ticket list --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withConversations(c, clinicName, func(conversations *store.Conversations, clinic frontdesk.Clinic) error {
				tickets, err := conversations.Tickets(c.Context(), clinic.ID, all, 1000)
				if err != nil {
					return err
				}
				for _, t := range tickets {
					if err := p.showTicket(t, clinic, asJSON); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one ticket a line")
	c.Flags().BoolVar(&all, "all", false, "closed ones too")
	return group("ticket", "Handovers to people", "  frontdesk ticket list --clinic \"Cabinet du Parc\"", c)
}

func (p *program) showTicket(t store.TicketRow, clinic frontdesk.Clinic, asJSON bool) error {
	if asJSON {
		return p.printJSON(t)
	}
	fmt.Fprintf(p.stdout, "%s\t%s\t%s\t%s\t%s\n", t.Opened.In(clinic.Location()).Format("2006-01-02 15:04"), t.Priority, t.Team, t.Reason, t.ID)
	return nil
}

func (p *program) auditCommand() *cobra.Command {
	var clinicName string
	c := &cobra.Command{
		Use: "verify", Short: "Check that the audit log is whole",
		Example: "  frontdesk audit verify --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				entries, err := w.db.VerifyAudit(c.Context(), clinic.ID)
				if err != nil {
					return err
				}
				fmt.Fprintf(p.stdout, "The audit log is whole: %d entries.\n", entries)
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	return group("audit", "The tamper-evident audit log", "  frontdesk audit verify --clinic \"Cabinet du Parc\"", c)
}
