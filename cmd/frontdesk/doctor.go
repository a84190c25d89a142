package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/retrieval"
	"frontdesk/store"
)

// doctorTimeout bounds each check; minDisk is the free space below which uploads
// and the database are at risk.
const (
	doctorTimeout = 30 * time.Second
	minDisk       = 2 << 30
)

// check is one line of the doctor.
type check struct {
	Part string `json:"part"`
	OK   bool   `json:"ok"`
	Note string `json:"note"`
	Do   string `json:"do,omitempty"`
}

func (p *program) doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Check every part and say what to do",
		Example: "  frontdesk doctor",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			bad := 0
			for _, found := range p.examine(c.Context()) {
				if !found.OK {
					bad++
				}
				if asJSON {
					if err := p.printJSON(found); err != nil {
						return err
					}
					continue
				}
				mark := "ok  "
				if !found.OK {
					mark = "FAIL"
				}
				fmt.Fprintf(p.stdout, "%s %-12s %s\n", mark, found.Part, found.Note)
				if found.Do != "" {
					fmt.Fprintf(p.stdout, "     %-12s %s\n", "", found.Do)
				}
			}
			if bad > 0 {
				fmt.Fprintf(p.stderr, "frontdesk: %d parts need attention\n", bad)
				return errSaid
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one check a line")
	return c
}

func (p *program) examine(ctx context.Context) []check {
	w, err := p.open(ctx)
	if err != nil {
		return []check{{Part: "database", Note: failureLine(err), Do: "Set DATABASE_URL to a PostgreSQL with pgvector, or run `make setup` for the private one."}}
	}
	defer w.Close()
	return []check{
		{Part: "database", OK: true, Note: "reached, schema up to date, row-level security on"},
		w.examineEmbeddings(ctx),
		w.examineModel(),
		w.examineWhatsApp(),
		examineOCR(),
		w.examineDisk(),
	}
}

func (w *parts) examineEmbeddings(ctx context.Context) check {
	c := check{Part: "embeddings", Do: "Run `make setup`, or set EMBEDDINGS_URL. Until then answers are found by words alone."}
	ctx, cancel := context.WithTimeoutCause(ctx, doctorTimeout, errors.New("embeddings timed out"))
	defer cancel()
	err := w.openEmbedder(ctx)
	if err == nil {
		start := w.now()
		if _, err = w.embedder.Embed(ctx, retrieval.InputQuery, []string{"opening hours"}); err == nil {
			return check{Part: "embeddings", OK: true, Note: fmt.Sprintf("%s, %d dimensions, %d ms a question", w.embedder.Space().Model, w.embedder.Space().Dimension, w.now().Sub(start).Milliseconds())}
		}
	}
	c.Note = failureLine(err)
	if frontdesk.CodeOf(err) == store.CodeForeignSpace {
		c.Do = ""
	}
	return c
}

func (w *parts) examineModel() check {
	if w.settings.llmProvider == "" {
		return check{Part: "model", OK: true, Note: "none set: quoting mode, a supported way to run", Do: "Set LLM_PROVIDER, LLM_MODEL and LLM_KEY for composed answers."}
	}
	return check{Part: "model", OK: true, Note: w.settings.llmProvider + " " + w.settings.llmModel}
}

func (w *parts) examineWhatsApp() check {
	if err := w.settings.checkServing(); err != nil {
		return check{Part: "whatsapp", OK: true, Note: "not set up; the simulator works without it", Do: frontdesk.TextOf(err)}
	}
	return check{Part: "whatsapp", OK: true, Note: "app secret and verify token are set"}
}

func examineOCR() check {
	if _, err := exec.LookPath("tesseract"); err != nil {
		return check{Part: "ocr", OK: true, Note: "no Tesseract: pages that are pictures are named, not read", Do: "Install tesseract-ocr with the languages of your documents."}
	}
	return check{Part: "ocr", OK: true, Note: "Tesseract is installed"}
}

func (w *parts) examineDisk() check {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(w.settings.homeDir, &stat); err != nil {
		return check{Part: "disk", Note: err.Error()}
	}
	free := stat.Bavail * uint64(stat.Bsize)
	c := check{Part: "disk", OK: free >= minDisk, Note: fmt.Sprintf("%.1f GB free in %s", float64(free)/1e9, w.settings.homeDir)}
	if !c.OK {
		c.Do = "Free some space: the database stops when the disk is full."
	}
	return c
}
