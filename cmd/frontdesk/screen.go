package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/guardrails"
)

// maxLine is the longest line of JSONL that a command reads: a message of
// 4,096 characters, every one escaped, with room to spare.
const maxLine = 1 << 20

func (p *program) screenCommand() *cobra.Command {
	var noEmbeddings, asJSON bool
	c := &cobra.Command{
		Use: "screen", Short: "Run the inbound screens over lines of text or JSONL",
		Long:    "Run the inbound screens alone: no database and no model needed. Reads lines of text or JSONL ({\"id\",\"text\",\"lang\"?,\"country\"?}) and writes JSONL in the same order.",
		Example: "  echo 'je fais un malaise' | frontdesk screen --json",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			screens, done, err := p.screens(c, noEmbeddings)
			if err != nil {
				return err
			}
			defer done()
			lines := p.lines()
			n := 0
			for lines.Scan() {
				n++
				if len(lines.Bytes()) == 0 {
					continue
				}
				out, err := screens.Line(c.Context(), lines.Bytes())
				if err != nil {
					return fmt.Errorf("line %d: %w", n, err)
				}
				fmt.Fprintf(p.stdout, "%s\n", out)
			}
			return readLineError(lines.Err(), n)
		},
	}
	c.Flags().BoolVar(&noEmbeddings, "no-embeddings", false, "run the rules alone")
	c.Flags().BoolVar(&asJSON, "json", true, "print JSONL (always on)")
	return c
}

// checkWait bounds the wait for a vector where nobody waits for a reply: a check on
// a busy machine judges the same screens as one on a quiet machine.
const checkWait = 5 * time.Second

// screens loads the screens, with the embedding layer where a server is to be had
// without starting one for long: its absence only costs recall.
func (p *program) screens(c *cobra.Command, noEmbeddings bool) (*guardrails.Screens, func(), error) {
	if noEmbeddings {
		screens, err := guardrails.New(guardrails.Options{})
		return screens, func() {}, err
	}
	w, err := p.openWithoutDatabase(c.Context())
	if err != nil {
		return nil, nil, err
	}
	done := func() { w.Close() }
	if err := w.openEmbedder(c.Context()); err != nil {
		w.log.Warn("no embeddings, screening by rules alone", "err", err)
	}
	w.vectorWait = checkWait
	if err := w.openScreens(); err != nil {
		done()
		return nil, nil, err
	}
	return w.screens, done, nil
}

func (p *program) lines() *bufio.Scanner {
	lines := bufio.NewScanner(p.stdin)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	return lines
}

func readLineError(err error, n int) error {
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d bytes", n+1, maxLine)
	}
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	return nil
}

// isTerminal tells whether a person types the standard input.
func isTerminal(in any) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
