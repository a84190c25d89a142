package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// program is what every command shares: its streams and environment.
type program struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:     "frontdesk",
		Short:   "An AI receptionist for clinics on WhatsApp",
		Long:    "Frontdesk answers patients on WhatsApp from a clinic's approved documents, with citations, never clinically, and hands over to people when a person is needed.",
		Example: "  frontdesk demo",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("unknown command %q; see frontdesk --help", args[0])}
			}
			return c.Help()
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(
		p.demoCommand(),
		p.serveCommand(),
		p.migrateCommand(),
		p.doctorCommand(),
		p.versionCommand(),
		p.clinicCommand(),
		p.accountCommand(),
		p.contactCommand(),
		p.exportCommand(),
		p.eraseCommand(),
		p.sourceCommand(),
		p.noticeCommand(),
		p.departmentsCommand(),
		p.profileCommand(),
		p.askCommand(),
		p.screenCommand(),
		p.evalCommand(),
		p.userCommand(), p.tokenCommand(),
		p.ticketCommand(),
		p.auditCommand(),
		p.keyCommand(),
		p.benchCommand(),
		p.readFileCommand(),
	)
	return root
}

// group is a command that only holds others; without one of them it is wrong usage.
func group(use, short, example string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Example: example,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("unknown command %q; see frontdesk %s --help", args[0], c.Name())}
			}
			return &usageError{fmt.Errorf("which one? see frontdesk %s --help", c.Name())}
		},
	}
	c.AddCommand(commands...)
	return c
}

// atLeast wants n arguments or more and says what is missing.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < n {
			return &usageError{fmt.Errorf("%s is missing", what)}
		}
		return nil
	}
}

// exactly wants n arguments and says what is wrong.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < n {
			return &usageError{fmt.Errorf("%s is missing", what)}
		}
		if len(args) > n {
			return &usageError{fmt.Errorf("unexpected argument %q", args[n])}
		}
		return nil
	}
}

// printJSON prints one JSON value on a line of standard output.
func (p *program) printJSON(value any) error {
	enc := json.NewEncoder(p.stdout)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  frontdesk version",
		Args: exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(p.stdout, version)
			return nil
		},
	}
}
