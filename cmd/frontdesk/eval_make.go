package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/eval"
)

func (p *program) evalMakeCommand() *cobra.Command {
	var clinicName string
	var gaps bool
	c := &cobra.Command{
		Use: "make", Short: "Make a suite from a clinic's own content, or from its knowledge gaps",
		Long: "Prints a suite (YAML) of questions with known answers, made from the clinic's live passages: what a document asks itself, its facts, its headings; and questions of the other clinics' documents, which must not be answered. " +
			"With --gaps, of the questions that patients asked in vain (identifiers are masked already): cases that fail until a document answers them. Look at each case before it stands in a gate.",
		Example: "  frontdesk eval make --clinic \"Cabinet du Parc\" > parc.yaml", Args: exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				s, err := w.madeSuite(c.Context(), clinic, gaps)
				if err != nil {
					return err
				}
				return p.printSuite(s)
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().BoolVar(&gaps, "gaps", false, "from the open knowledge gaps")
	return c
}

// gapsMost bounds the gaps of a suite, newest first.
const gapsMost = 500

func (w *parts) madeSuite(ctx context.Context, clinic frontdesk.Clinic, gaps bool) (eval.Suite, error) {
	if gaps {
		open, err := w.db.ListGaps(ctx, clinic.ID, gapsMost)
		if err != nil {
			return eval.Suite{}, err
		}
		var questions []eval.Asked
		for _, g := range open {
			questions = append(questions, eval.Asked{Text: g.Question, Lang: g.Language})
		}
		return eval.FromGaps(clinic.Name, questions), nil
	}
	own, err := w.livePassages(ctx, clinic.ID)
	if err != nil {
		return eval.Suite{}, err
	}
	clinics, err := w.db.Clinics(ctx)
	if err != nil {
		return eval.Suite{}, err
	}
	content := eval.Content{Clinic: clinic.Name, Language: clinic.Language, Passages: own}
	for _, other := range clinics {
		if other.ID == clinic.ID {
			continue
		}
		passages, err := w.livePassages(ctx, other.ID)
		if err != nil {
			return eval.Suite{}, err
		}
		content.Others = append(content.Others, passages...)
	}
	return eval.FromContent(content), nil
}

// printSuite prints a suite, or says that there is nothing in it.
func (p *program) printSuite(s eval.Suite) error {
	if len(s.Cases) == 0 {
		return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is nothing to make a case of."}
	}
	data, err := s.YAML()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s", data)
	fmt.Fprintf(p.stderr, "%d cases\n", len(s.Cases))
	return nil
}

func (p *program) evalImportCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "import FILE", Short: "Make a suite of a table (CSV), of promptfoo tests, or of a folder of labelled questions",
		Long: "Prints a suite (YAML). CSV: a heading line with ask, lang, outcome, contains, … (values separated by “;”). promptfoo: assertions that contain words; others are named and left out. " +
			"A folder: *.jsonl files of {\"id\",\"lang\",\"text\",\"label\"}; the labels emergency, clinical, spam, … become expectations, and labels without one are named.",
		Example: "  frontdesk eval import questions.csv > questions.yaml\n  frontdesk eval import ../data > labelled.yaml", Args: exactly(1, "a FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, skipped, err := importSuite(args[0], format)
			var problems eval.Problems
			if errors.As(err, &problems) {
				for _, problem := range problems {
					fmt.Fprintln(p.stderr, problem)
				}
				return errSaid
			}
			if err != nil {
				return err
			}
			for _, line := range skipped {
				fmt.Fprintln(p.stderr, "left out: "+line)
			}
			return p.printSuite(s)
		},
	}
	c.Flags().StringVar(&format, "format", "", "csv, promptfoo or labels (default: by the name)")
	return c
}

func importSuite(path, format string) (s eval.Suite, skipped []string, err error) {
	if format == "" {
		switch filepath.Ext(path) {
		case ".csv":
			format = "csv"
		case ".yaml", ".yml", ".json":
			format = "promptfoo"
		default:
			format = "labels"
		}
	}
	if format == "labels" {
		return importLabels(path)
	}
	data, err := readFile(path)
	if err != nil {
		return s, nil, err
	}
	switch format {
	case "csv":
		s, err = eval.ImportCSV(path, data)
		return s, nil, err
	case "promptfoo":
		return eval.ImportPromptfoo(path, data)
	}
	return s, nil, &usageError{fmt.Errorf("--format is csv, promptfoo or labels, not %q", format)}
}

// importLabels reads one file of labelled questions, or every one of a folder.
func importLabels(path string) (eval.Suite, []string, error) {
	files, err := filepath.Glob(filepath.Join(path, "*.jsonl"))
	if err != nil {
		return eval.Suite{}, nil, fmt.Errorf("list files: %w", err)
	}
	if len(files) == 0 {
		files = []string{path}
	}
	all := eval.Suite{Name: strings.TrimSuffix(filepath.Base(path), ".jsonl")}
	var skipped []string
	for _, file := range files {
		data, err := readFile(file)
		if err != nil {
			return all, nil, err
		}
		cases, left, err := eval.ImportLabels(filepath.Base(file), data)
		if err != nil {
			return all, nil, err
		}
		all.Cases, skipped = append(all.Cases, cases...), append(skipped, left...)
	}
	return all, skipped, nil
}
