package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/eval"
)

func (p *program) evalCommand() *cobra.Command {
	return group("eval", "Prove a release and a clinic's content", "  frontdesk eval run safety --out report",
		p.evalListCommand(), p.evalCheckCommand(), p.evalRunCommand(), p.evalGateCommand(), p.evalCompareCommand(), p.evalReportCommand(), p.evalMakeCommand(), p.evalImportCommand(), p.evalAttackCommand())
}

// The words that stand for several built-in suites.
const (
	suitesAll    = "all"
	suitesSafety = "safety" // those that must pass
)

// suites reads the suites named: files, built-in ones, or a word for several.
func suites(names []string) ([]eval.Suite, error) {
	builtin, err := eval.Builtin()
	if err != nil {
		return nil, err
	}
	var out []eval.Suite
	for _, name := range names {
		found, err := suitesNamed(name, builtin)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if slices.ContainsFunc(out, func(other eval.Suite) bool { return other.Name == s.Name }) {
				return nil, &usageError{fmt.Errorf("the suite %q is named twice", s.Name)}
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func suitesNamed(name string, builtin []eval.Suite) ([]eval.Suite, error) {
	if name == suitesAll {
		return builtin, nil
	}
	var found []eval.Suite
	for _, s := range builtin {
		if s.Name == name || name == suitesSafety && s.MustPass {
			found = append(found, s)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	s, err := readSuiteFile(name)
	return []eval.Suite{s}, err
}

func readSuiteFile(name string) (eval.Suite, error) {
	data, err := readFile(name)
	if err != nil {
		if !strings.ContainsAny(name, "/.") {
			return eval.Suite{}, &usageError{fmt.Errorf("there is no built-in suite and no file %q; `frontdesk eval list` shows the built-in ones", name)}
		}
		return eval.Suite{}, err
	}
	return eval.ReadSuite(name, data)
}

// suiteLine is a suite of `eval list --json`.
type suiteLine struct {
	Suite    string   `json:"suite"`
	Cases    int      `json:"cases"`
	Langs    []string `json:"langs"`
	MustPass bool     `json:"must_pass"`
	Title    string   `json:"title,omitempty"`
}

func (p *program) evalListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the built-in suites", Example: "  frontdesk eval list", Args: exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			all, err := eval.Builtin()
			if err != nil {
				return err
			}
			for _, s := range all {
				line := suiteLine{s.Name, len(s.Cases), append([]string{}, s.Langs()...), s.MustPass, s.Title}
				if asJSON {
					if err := p.printJSON(line); err != nil {
						return err
					}
					continue
				}
				must := ""
				if s.MustPass {
					must = "must pass"
				}
				fmt.Fprintf(p.stdout, "%-18s %5d  %-24s %-9s  %s\n", line.Suite, line.Cases, strings.Join(line.Langs, " "), must, line.Title)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func (p *program) evalCheckCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "check FILE…", Short: "Check suite files and gate files, with the line of each mistake",
		Example: "  frontdesk eval check our-suite.yaml", Args: atLeast(1, "a FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			wrong := 0
			for _, name := range args {
				lines, err := checkFile(name)
				var problems eval.Problems
				if err != nil && !errors.As(err, &problems) {
					return err
				}
				wrong += len(problems)
				for _, problem := range problems {
					fmt.Fprintln(p.stderr, problem)
				}
				if len(problems) > 0 {
					continue
				}
				if asJSON {
					if err := p.printJSON(lines); err != nil {
						return err
					}
				} else {
					fmt.Fprintf(p.stdout, "%s: %s\n", name, lines.what())
				}
			}
			if wrong > 0 {
				fmt.Fprintf(p.stderr, "frontdesk: %d mistakes; the lines above say where and what\n", wrong)
				return errSaid
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a file")
	return c
}

// checked is a file that is right.
type checked struct {
	File string `json:"file"`
	*suiteLine
	Gates int `json:"gates,omitempty"`
}

func (c checked) what() string {
	if c.suiteLine == nil {
		return fmt.Sprintf("%d gates", c.Gates)
	}
	return fmt.Sprintf("suite %s, %d cases in %s", c.Suite, c.Cases, strings.Join(c.Langs, ", "))
}

// checkFile reads a suite, or a gate file where it begins like one.
func checkFile(name string) (checked, error) {
	data, err := readFile(name)
	if err != nil {
		return checked{}, err
	}
	if gateFile(data) {
		gates, err := eval.ReadGates(name, data)
		return checked{File: name, Gates: len(gates)}, err
	}
	s, err := eval.ReadSuite(name, data)
	return checked{File: name, suiteLine: &suiteLine{s.Name, len(s.Cases), s.Langs(), s.MustPass, s.Title}}, err
}

func gateFile(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "gates:") {
			return true
		}
	}
	return false
}

func (p *program) evalCompareCommand() *cobra.Command {
	var asJSON bool
	var seed uint64
	c := &cobra.Command{
		Use: "compare RUN-A RUN-B", Short: "Compare two runs, case by case",
		Long:    "Compares run.json of two runs (or the folders that hold them) over the cases that both have: McNemar's exact test for passes, a paired bootstrap for times.",
		Example: "  frontdesk eval compare last-release this-change", Args: exactly(2, "a RUN (two are compared)"),
		RunE: func(_ *cobra.Command, args []string) error {
			a, err := readRun(args[0])
			if err != nil {
				return err
			}
			b, err := readRun(args[1])
			if err != nil {
				return err
			}
			compared := eval.Compare(a, b, seed)
			if len(compared.Figures) == 0 {
				return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The two runs have no case in common, so there is nothing to compare."}
			}
			if !asJSON {
				p.showComparison(compared, a, b)
				return nil
			}
			for _, d := range compared.Figures {
				if err := p.printJSON(d); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a figure")
	c.Flags().Uint64Var(&seed, "seed", 1, "of the bootstrap")
	return c
}

func readRun(path string) (eval.Report, error) {
	r, err := eval.ReadReport(path)
	if err != nil {
		return r, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: fmt.Sprintf("There is no run at %s; name a run.json or the folder that holds it.", path), Err: err}
	}
	return r, nil
}

func (p *program) showComparison(compared eval.Comparison, a, b eval.Report) {
	for _, d := range compared.Figures {
		fmt.Fprintf(p.stdout, "%-44s %9.3f → %9.3f  %+.3f (%+.3f to %+.3f), p %.3f, n %d: %s\n",
			d.Title(), d.A, d.B, d.Diff, d.Interval[0], d.Interval[1], d.P, d.N, d.Verdict)
	}
	for _, d := range compared.Figures {
		if d.Figure != "pass" || d.Suite != "" || d.Lang != "" {
			continue
		}
		p.showChanged("new failure", d.NewFailures, a, b)
		p.showChanged("new pass", d.NewPasses, a, b)
	}
	if compared.OnlyA+compared.OnlyB+compared.Unasked > 0 {
		fmt.Fprintf(p.stdout, "Left out: %d cases that only the first run has, %d that only the second has, %d in which the target failed.\n", compared.OnlyA, compared.OnlyB, compared.Unasked)
	}
}

// showChanged prints both replies of cases whose verdict changed.
func (p *program) showChanged(what string, keys []string, a, b eval.Report) {
	for _, key := range keys {
		fmt.Fprintf(p.stdout, "\n%s: %s\n%s\n%s\n", what, key, indent("before", a.Transcript(key)), indent("now", b.Transcript(key)))
	}
}

func indent(title, text string) string {
	return "  " + title + "\n    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

func (p *program) evalReportCommand() *cobra.Command {
	var out, sign string
	var known, bare bool
	c := &cobra.Command{
		Use: "report RUN", Short: "Write the files of a run again, signed by a person where --sign names one",
		Example: "  frontdesk eval report this-release --sign \"Dr Claire Morel\" --out for-the-file", Args: exactly(1, "a RUN"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := readRun(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				out = args[0]
				if info, err := os.Stat(out); err != nil || !info.IsDir() {
					out = filepath.Dir(out)
				}
			}
			if bare {
				data, err := r.Bare()
				if err != nil {
					return err
				}
				fmt.Fprintf(p.stdout, "%s", data)
				return nil
			}
			if known {
				data, err := r.Known()
				if err != nil {
					return err
				}
				fmt.Fprintf(p.stdout, "%s", data)
				return nil
			}
			if sign != "" {
				r.Sign = &eval.Signature{By: sign, At: now().UTC()}
			}
			if err := r.WriteTo(out); err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, filepath.Join(out, eval.HTMLFile))
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder for the files (default: where the run is)")
	c.Flags().BoolVar(&bare, "bare", false, "print which cases passed, as a baseline to commit, instead")
	c.Flags().BoolVar(&known, "known", false, "print the failed cases as a list of known weaknesses, instead")
	c.Flags().StringVar(&sign, "sign", "", "name of the person who answers for the run")
	return c
}
