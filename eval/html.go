package eval

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"slices"
)

//go:embed page
var page embed.FS

// view is what the report's page shows beside the cases.
type view struct {
	Report
	Style  template.CSS
	Script template.JS
	Langs  []string
	Rows   []heatRow
	Stages []Figure
	Global []Figure
	Plot   plot
	Scores []scoreBin
	Failed int
	Known  int
	Data   []CaseRun
	Was    map[string]CaseRun
}

// heatRow is a line of the heat map: a suite or label in each language.
type heatRow struct {
	Name  string
	Must  bool
	Cells []heatCell
}

type heatCell struct {
	Lang    string
	N, Hits int
	Percent string
	Span    string
	Hue     int // 0 red to 120 green
}

// HTML is the report's page: one file, no network, usable by keyboard.
func (r Report) HTML() ([]byte, error) {
	t, err := template.New("report.html").Funcs(template.FuncMap{"show": func(f Figure, v float64) string { return f.show(v) }}).ParseFS(page, "page/report.html")
	if err != nil {
		return nil, fmt.Errorf("report's page: %w", err)
	}
	style, err := page.ReadFile("page/report.css")
	if err != nil {
		return nil, fmt.Errorf("report's style: %w", err)
	}
	script, err := page.ReadFile("page/report.js")
	if err != nil {
		return nil, fmt.Errorf("report's script: %w", err)
	}
	v := r.view()
	v.Style, v.Script = template.CSS(style), template.JS(script) // #nosec G203 -- our own embedded files, nothing of a case
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("render report: %w", err)
	}
	return out.Bytes(), nil
}

func (r Report) view() view {
	v := view{Report: r, Was: r.was}
	v.Langs = valuesOf(r.Cases, func(c CaseRun) string { return c.Lang })
	for _, s := range r.Suites {
		v.Rows = append(v.Rows, r.heat(s.Name, s.MustPass, Gate{Figure: "pass", Suite: s.Name}, v.Langs))
	}
	for _, label := range valuesOf(r.Cases, func(c CaseRun) string { return c.Label }) {
		if row := r.heat(label, false, Gate{Figure: "pass", Label: label}, v.Langs); len(row.Cells) > 0 && row.Cells[0].N > 0 {
			v.Rows = append(v.Rows, row)
		}
	}
	for _, f := range r.Figures {
		if f.Suite == "" && f.Lang == "" && f.Label == "" {
			if f.Unit == "ms" {
				v.Stages = append(v.Stages, f)
			} else {
				v.Global = append(v.Global, f)
			}
		}
	}
	for _, c := range r.Cases {
		if !c.Pass {
			v.Failed++
			if c.Known != "" {
				v.Known++
			}
		}
	}
	v.Data = append(r.worst(), r.passed()...)
	v.Plot, v.Scores = r.latencyPlot(), r.calibration()
	return v
}

func (r Report) passed() []CaseRun {
	var out []CaseRun
	for _, c := range r.Cases {
		if c.Pass {
			out = append(out, c)
		}
	}
	return out
}

func (r Report) heat(name string, must bool, g Gate, langs []string) heatRow {
	row := heatRow{Name: name, Must: must}
	for _, lang := range append([]string{""}, langs...) {
		g.Lang = lang
		f, ok := r.find(g)
		if !ok {
			row.Cells = append(row.Cells, heatCell{Lang: lang})
			continue
		}
		row.Cells = append(row.Cells, heatCell{
			Lang: lang, N: f.N, Hits: f.Hits, Percent: fmt.Sprintf("%.0f%%", 100*f.Value),
			Span: fmt.Sprintf("95%%: %.0f–%.0f%%", 100*f.Interval.Low, 100*f.Interval.High),
			Hue:  int(120 * f.Value * f.Value),
		})
	}
	return row
}

// plot is the histogram of the turns' times, on a logarithmic axis.
type plot struct {
	Bars  []bar
	Marks []mark
	Ticks []mark
}

type bar struct {
	X, Y, W, H float64
	N          int
	Title      string
}

type mark struct {
	X    float64
	Text string
}

// The plots' size in the units of their SVG.
const (
	plotWidth  = 640.0
	plotHeight = 140.0
	plotBins   = 40
)

func (r Report) latencyPlot() plot {
	var times []float64
	for _, c := range r.Cases {
		for _, t := range c.Turns {
			if t.Reply != nil && t.Reply.MS.Total > 0 {
				times = append(times, t.Reply.MS.Total)
			}
		}
	}
	if len(times) == 0 {
		return plot{}
	}
	slices.Sort(times)
	low, high := math.Log10(times[0])-0.01, math.Log10(times[len(times)-1])+0.01
	place := func(ms float64) float64 { return (math.Log10(ms) - low) / (high - low) * plotWidth }
	counts := make([]int, plotBins)
	for _, ms := range times {
		counts[min(int(place(ms)/plotWidth*plotBins), plotBins-1)]++
	}
	most := float64(slices.Max(counts))
	var p plot
	for i, n := range counts {
		h := float64(n) / most * plotHeight
		from := math.Pow(10, low+(high-low)*float64(i)/plotBins)
		p.Bars = append(p.Bars, bar{X: float64(i) * plotWidth / plotBins, Y: plotHeight - h, W: plotWidth/plotBins - 1, H: h, N: n, Title: fmt.Sprintf("%d turns from %.1f ms", n, from)})
	}
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}} {
		ms := quantile(times, q.at)
		p.Marks = append(p.Marks, mark{place(ms), fmt.Sprintf("%s %.0f ms", q.name, ms)})
	}
	for ms := 0.1; ms < 1e6; ms *= 10 {
		if x := place(ms); x >= 0 && x <= plotWidth {
			p.Ticks = append(p.Ticks, mark{x, fmt.Sprintf("%g ms", ms)})
		}
	}
	return p
}

// scoreBin counts the answerability scores of questions that content answers and
// of those that it does not, and how often the product answered.
type scoreBin struct {
	From, To             float64
	Answerable, Not      int
	Answered             int
	AnswerableH, NotH    float64
	Share, AnsweredShare string
}

// calibration shows what the answerability score says about what it should: in a
// calibrated product the share of answerable questions rises with the score, and
// the operating point (where it begins to answer) parts the two kinds.
func (r Report) calibration() []scoreBin {
	const bins = 10
	out := make([]scoreBin, bins)
	n := 0
	for _, c := range r.Cases {
		for _, t := range c.Turns {
			if t.Reply == nil || t.Reply.Trace == nil || t.Reply.Trace.Score <= 0 || len(t.Expect.Outcome) != 1 {
				continue
			}
			b := &out[min(int(min(t.Reply.Trace.Score, 1)*bins), bins-1)]
			switch t.Expect.Outcome[0] {
			case "answered":
				b.Answerable++
			case "unanswered":
				b.Not++
			default:
				continue
			}
			if t.Reply.Outcome == "answered" {
				b.Answered++
			}
			n++
		}
	}
	if n == 0 {
		return nil
	}
	most := 1
	for _, b := range out {
		most = max(most, b.Answerable, b.Not)
	}
	for i := range out {
		b := &out[i]
		b.From, b.To = float64(i)/bins, float64(i+1)/bins
		b.AnswerableH, b.NotH = 100*float64(b.Answerable)/float64(most), 100*float64(b.Not)/float64(most)
		if all := b.Answerable + b.Not; all > 0 {
			b.Share = fmt.Sprintf("%.0f%%", 100*float64(b.Answerable)/float64(all))
			b.AnsweredShare = fmt.Sprintf("%.0f%%", 100*float64(b.Answered)/float64(all))
		}
	}
	return out
}
