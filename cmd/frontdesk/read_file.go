package main

import (
	"github.com/spf13/cobra"

	"frontdesk/ingest"
)

// readFileCommand is how the program reads a stranger's file in a child that can
// be killed; nobody types it.
func (p *program) readFileCommand() *cobra.Command {
	return &cobra.Command{
		Use: ingest.ChildCommand, Hidden: true, Short: "Read one file for the parent process",
		Args: exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return ingest.RunChild(c.Context(), p.stdin, p.stdout)
		},
	}
}
