package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/conversation"
	"frontdesk/httpd"
)

func (p *program) askCommand() *cobra.Command {
	var clinicName string
	var asJSON bool
	c := &cobra.Command{
		Use: "ask [QUESTION]", Short: "Ask as a patient would",
		Long:    "One turn as a patient would get it, on the channel try: nothing notifies, counts or books. Without QUESTION it is a dialogue at a terminal, or JSONL in and out.",
		Example: "  frontdesk ask --clinic \"Cabinet du Parc\" \"Vous êtes ouverts samedi ?\"",
		RunE: func(c *cobra.Command, args []string) error {
			w, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			clinic, err := w.clinicNamed(c.Context(), clinicName)
			if err != nil {
				return err
			}
			try, err := w.try(c.Context())
			if err != nil {
				return err
			}
			ask := httpd.Asker(try, clinic)
			switch {
			case len(args) > 0:
				return p.askOnce(c.Context(), ask, strings.Join(args, " "), asJSON)
			case isTerminal(p.stdin):
				return p.askTerminal(c.Context(), ask, clinic)
			}
			return p.askLines(c.Context(), ask)
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// asker answers one line of `ask --json`.
type asker func(ctx context.Context, in httpd.AskIn) (httpd.AskOut, error)

func (p *program) askOnce(ctx context.Context, ask asker, question string, asJSON bool) error {
	out, err := ask(ctx, httpd.AskIn{ID: json.RawMessage(`"1"`), Text: question})
	if err != nil {
		return err
	}
	if asJSON {
		return p.printJSON(out)
	}
	p.show(out)
	return nil
}

func (p *program) show(out httpd.AskOut) {
	for _, m := range out.Messages {
		fmt.Fprintln(p.stdout, m.Text)
		for _, b := range m.Buttons {
			fmt.Fprintf(p.stdout, "  [%s]\n", b.Title)
		}
	}
	if out.Ticket != nil {
		fmt.Fprintf(p.stdout, "  (ticket: %s, %s, %s)\n", out.Ticket.Team, out.Ticket.Priority, out.Ticket.Reason)
	}
}

func (p *program) askTerminal(ctx context.Context, ask asker, clinic frontdesk.Clinic) error {
	fmt.Fprintf(p.stderr, "You are a patient of %s. An empty line ends.\n", clinic.Name)
	lines := bufio.NewScanner(p.stdin)
	for first := true; ; first = false {
		fmt.Fprint(p.stderr, "> ")
		if !lines.Scan() || strings.TrimSpace(lines.Text()) == "" {
			return readLineError(lines.Err(), 0)
		}
		out, err := ask(ctx, httpd.AskIn{ID: json.RawMessage(`"t"`), Conversation: "terminal", Text: lines.Text(), First: first})
		if err != nil {
			return err
		}
		p.show(out)
	}
}

func (p *program) askLines(ctx context.Context, ask asker) error {
	lines := p.lines()
	n := 0
	for lines.Scan() {
		n++
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var in httpd.AskIn
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("Line %d is no JSON object such as {\"id\":\"1\",\"text\":\"…\"}.", n), Err: err}
		}
		out, err := ask(ctx, in)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := p.printJSON(out); err != nil {
			return err
		}
	}
	return readLineError(lines.Err(), n)
}

// try wires the channel that runs whole turns without effect.
func (w *parts) try(ctx context.Context) (*conversation.Try, error) {
	model, err := w.model()
	if err != nil {
		return nil, err
	}
	return w.tryWith(ctx, model)
}

// tryWith is the channel try with a model of its own; nil is quoting mode.
func (w *parts) tryWith(ctx context.Context, model agent.Model) (*conversation.Try, error) {
	a, err := w.agentWith(ctx, model)
	if err != nil {
		return nil, err
	}
	try, err := conversation.NewTry(conversation.Config{
		Responder: a, Screen: screen{w.screens}, Sender: fitter{}, Texts: fixedTexts{w.texts},
		Now: w.now, Random: rand.Reader, Log: w.log,
	})
	if err != nil {
		return nil, fmt.Errorf("try channel: %w", err)
	}
	return try, nil
}
