package eval

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The files of a run.
const (
	RunFile      = "run.json"
	JUnitFile    = "junit.xml"
	MarkdownFile = "report.md"
	HTMLFile     = "report.html"
)

// WriteTo writes the files of a run into a folder.
func (r Report) WriteTo(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("report's folder: %w", err)
	}
	for _, file := range []struct {
		name string
		make func() ([]byte, error)
	}{
		{RunFile, r.JSON}, {JUnitFile, r.JUnit}, {MarkdownFile, r.Markdown}, {HTMLFile, r.HTML},
	} {
		data, err := file.make()
		if err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, file.name), data, 0o644); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// JSON is the run as docs/eval-run.schema.json describes it.
func (r Report) JSON() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("encode run: %w", err)
	}
	return out.Bytes(), nil
}

// Bare is the run as a baseline to commit: which cases passed, without the words of
// replies and the figures that change from machine to machine.
func (r Report) Bare() ([]byte, error) {
	bare := Report{Version: r.Version, ID: r.ID, Made: r.Made, Seed: r.Seed, Repeat: r.Repeat, Target: r.Target, Suites: r.Suites, Figures: []Figure{}, Gates: []Verdict{}}
	for _, c := range r.Cases {
		c.Turns = []TurnRun{}
		bare.Cases = append(bare.Cases, c)
	}
	return bare.JSON()
}

// ReadReport reads a run.json, or the one in a folder.
func ReadReport(path string) (Report, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, RunFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Report{}, fmt.Errorf("read run: %w", err)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("%s is no run: %w", path, err)
	}
	if r.Version != FormatVersion {
		return Report{}, fmt.Errorf("%s has format %d, this program reads %d", path, r.Version, FormatVersion)
	}
	return r, nil
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string    `xml:"name,attr"`
	Class   string    `xml:"classname,attr"`
	Time    string    `xml:"time,attr"`
	Failure *junitBad `xml:"failure,omitempty"`
	Error   *junitBad `xml:"error,omitempty"`
	Skipped *junitBad `xml:"skipped,omitempty"`
}

type junitBad struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit is the run for a build server. A known weakness is skipped with its
// reason; a gate that does not hold is a failed test of the suite "gates".
func (r Report) JUnit() ([]byte, error) {
	all := junitSuites{Name: "frontdesk eval", Time: fmt.Sprintf("%.3f", r.Took)}
	for _, s := range r.Suites {
		suite := junitSuite{Name: s.Name}
		for _, c := range r.Cases {
			if c.Suite == s.Name {
				suite.add(junitOf(c))
			}
		}
		all.Suites = append(all.Suites, suite)
	}
	gates := junitSuite{Name: "gates"}
	for _, v := range r.Gates {
		c := junitCase{Name: v.Gate, Class: "gates", Time: "0"}
		if !v.Pass {
			c.Failure = &junitBad{printable(v.Why), printable(strings.Join(v.Cases, "\n"))}
		}
		gates.add(c)
	}
	all.Suites = append(all.Suites, gates)
	for _, s := range all.Suites {
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Errors, all.Skipped = all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	data, err := xml.MarshalIndent(all, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode JUnit: %w", err)
	}
	return append([]byte(xml.Header), append(data, '\n')...), nil
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func junitOf(c CaseRun) junitCase {
	out := junitCase{Name: c.ID, Class: c.Suite + "." + c.Label, Time: fmt.Sprintf("%.3f", c.took()/1000)}
	if c.Repeat > 0 {
		out.Name += fmt.Sprintf(" (%d)", c.Repeat+1)
	}
	bad := &junitBad{printable(clip(c.Why())), printable(c.transcript())}
	switch {
	case c.Pass:
	case c.Failure != "":
		out.Error = bad
	case c.Known != "":
		out.Skipped = &junitBad{Message: printable("known weakness: " + c.Known)}
	default:
		out.Failure = bad
	}
	return out
}

// transcript is the dialogue of a case for people.
func (c CaseRun) transcript() string {
	var b strings.Builder
	for _, t := range c.Turns {
		fmt.Fprintf(&b, "> %s%s\n", t.Say, t.Tap)
		if t.Reply != nil {
			fmt.Fprintf(&b, "< [%s] %s\n", t.Reply.Outcome, t.Reply.Text())
		}
		for _, check := range t.Checks {
			if !check.Pass {
				fmt.Fprintf(&b, "  %s: %s; got %s\n", check.Name, check.Want, check.Got)
			}
		}
	}
	return b.String()
}

// printable drops what XML 1.0 cannot hold.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= 0x20 && r != 0xfffe && r != 0xffff {
			return r
		}
		return -1
	}, text)
}

// worst are the failed cases as people should look at them: those that nobody
// knew of first, suites that must pass before others, then by suite.
func (r Report) worst() []CaseRun {
	must := map[string]bool{}
	for _, s := range r.Suites {
		must[s.Name] = s.MustPass
	}
	rank := func(c CaseRun) int {
		switch {
		case must[c.Suite] && c.Known == "":
			return 0
		case c.Known == "":
			return 1
		case must[c.Suite]:
			return 2
		}
		return 3
	}
	var failed []CaseRun
	for _, c := range r.Cases {
		if !c.Pass {
			failed = append(failed, c)
		}
	}
	slices.SortStableFunc(failed, func(a, b CaseRun) int { return rank(a) - rank(b) })
	return failed
}

// Transcript is the dialogue of a case by its key, "" where the run has none.
func (r Report) Transcript(key string) string {
	for _, c := range r.Cases {
		if c.Key() == key {
			return c.transcript()
		}
	}
	return ""
}
