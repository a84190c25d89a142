package eval

import (
	"fmt"
	"slices"
	"strings"
)

// markdownWorst bounds the failed cases of the summary; report.html has them all.
const markdownWorst = 40

// Markdown is the summary that fits a merge request.
func (r Report) Markdown() ([]byte, error) {
	var b strings.Builder
	verdict := "**All gates hold.**"
	if !r.Passed() {
		verdict = "**A gate does not hold.**"
	}
	if len(r.Gates) == 0 {
		verdict = "No gate was asked."
	}
	fmt.Fprintf(&b, "# Evaluation %s\n\n%s\n\n", r.ID, verdict)
	fmt.Fprintf(&b, "Made %s, %.1f s, %d cases (%d replies were there already). Clinic: %s. Program: %s (%s). Content: %s. Seed %d.\n\n",
		r.Made.Format("2006-01-02 15:04 MST"), r.Took, len(r.Cases), r.Cached, markdownText(r.Target.Clinic), markdownText(r.Target.Version), r.Target.Code, r.Target.Content, r.Seed)
	if r.Sign != nil {
		fmt.Fprintf(&b, "Signed by %s on %s.\n\n", markdownText(r.Sign.By), r.Sign.At.Format("2006-01-02 15:04 MST"))
	}
	if len(r.Gates) > 0 {
		b.WriteString("## Gates\n\n| Gate | Verdict | Why |\n|---|---|---|\n")
		for _, v := range r.Gates {
			word := "holds"
			if !v.Pass {
				word = "**fails**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", markdownText(v.Gate), word, markdownText(v.Why))
		}
		b.WriteString("\n")
	}
	r.markdownFigures(&b)
	r.markdownCompared(&b)
	failed := r.worst()
	if len(failed) > 0 {
		fmt.Fprintf(&b, "## Failed cases (%d)\n\n| Case | Asked | Why |\n|---|---|---|\n", len(failed))
		for _, c := range failed[:min(len(failed), markdownWorst)] {
			asked := ""
			if n := len(c.Turns); n > 0 {
				asked = c.Turns[n-1].Say
			}
			why := c.Why()
			if c.Known != "" {
				why = "known: " + c.Known + " – " + why
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", markdownText(c.Key()), markdownText(clip(asked)), markdownText(clip(why)))
		}
		b.WriteString("\n")
	}
	return []byte(b.String()), nil
}

func (r Report) markdownFigures(b *strings.Builder) {
	langs := valuesOf(r.Cases, func(c CaseRun) string { return c.Lang })
	fmt.Fprintf(b, "## Cases that pass\n\n| Suite | all | %s |\n|---|---|%s\n", strings.Join(langs, " | "), strings.Repeat("---|", len(langs)))
	for _, s := range append([]SuiteRun{{Name: ""}}, r.Suites...) {
		name := s.Name
		if name == "" {
			name = "**all**"
		}
		fmt.Fprintf(b, "| %s |", name)
		for _, lang := range append([]string{""}, langs...) {
			f, ok := r.find(Gate{Figure: "pass", Suite: s.Name, Lang: lang})
			if !ok {
				b.WriteString(" – |")
				continue
			}
			fmt.Fprintf(b, " %d/%d (%.0f–%.0f%%) |", f.Hits, f.N, 100*f.Interval.Low, 100*f.Interval.High)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nIn brackets: the 95% interval (Wilson).\n\n## Figures\n\n| Figure | Value | 95% interval | n |\n|---|---|---|---|\n")
	for _, f := range r.Figures {
		if f.Suite == "" && f.Lang == "" && f.Label == "" {
			fmt.Fprintf(b, "| %s | %s | %s to %s | %d |\n", f.Title(), f.show(f.Value), f.show(f.Interval.Low), f.show(f.Interval.High), f.N)
		}
	}
	b.WriteString("\n")
}

func (r Report) markdownCompared(b *strings.Builder) {
	if r.Compared == nil {
		return
	}
	fmt.Fprintf(b, "## Against %s\n\n| Figure | before | now | difference (95%%) | p | |\n|---|---|---|---|---|---|\n", r.Compared.A)
	for _, d := range r.Compared.Figures {
		fmt.Fprintf(b, "| %s | %.3f | %.3f | %+.3f (%+.3f to %+.3f) | %.3f | %s |\n", d.Title(), d.A, d.B, d.Diff, d.Interval[0], d.Interval[1], d.P, d.Verdict)
	}
	b.WriteString("\n")
	for _, d := range r.Compared.Figures {
		if d.Figure == "pass" && d.Suite == "" && d.Lang == "" {
			list(b, "New failures", d.NewFailures)
			list(b, "New passes", d.NewPasses)
		}
	}
}

func list(b *strings.Builder, title string, keys []string) {
	if len(keys) == 0 {
		return
	}
	fmt.Fprintf(b, "### %s (%d)\n\n", title, len(keys))
	for _, k := range slices.Sorted(slices.Values(keys)) {
		fmt.Fprintf(b, "- %s\n", markdownText(k))
	}
	b.WriteString("\n")
}

// Title is a compared figure's name for people.
func (d Difference) Title() string {
	return Figure{Name: d.Figure, Suite: d.Suite, Lang: d.Lang}.Title()
}

// markdownText keeps a patient's words from being read as Markdown or HTML.
func markdownText(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[").Replace(text)
}
