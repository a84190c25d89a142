package httpd

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Figures counts what a clinic's conversations came to.
type Figures interface {
	// Figures counts from midnight to midnight in the clinic's time zone; channel ""
	// is all of them.
	Figures(ctx context.Context, clinic frontdesk.Clinic, from, to time.Time, channel frontdesk.Channel) (frontdesk.Figures, error)
	Channels(ctx context.Context, clinic frontdesk.ClinicID) ([]frontdesk.Channel, error)
}

// Bounds of a period, in days.
const (
	figuresDays = 30 // without a choice
	maxFigures  = 366
)

// period is which figures somebody asks for.
type period struct {
	from, to time.Time // midnights in the clinic's time zone, to excluded
	channel  frontdesk.Channel
}

// First and Last are the days of a period as a form has them.
func (p period) First() string { return p.from.Format(time.DateOnly) }

// Last is the last day that counts.
func (p period) Last() string { return p.to.AddDate(0, 0, -1).Format(time.DateOnly) }

// Query is the period as an address has it.
func (p period) Query() string {
	return "from=" + p.First() + "&to=" + p.Last() + "&channel=" + string(p.channel)
}

// periodOf reads ?from=2026-11-01&to=2026-11-30&channel=whatsapp, both days counted.
func periodOf(c *gin.Context, clinic frontdesk.Clinic, channels []frontdesk.Channel, now time.Time) (period, bool) {
	location := clinic.Location()
	now = now.In(location)
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, location)
	p := period{from: tomorrow.AddDate(0, 0, -figuresDays), to: tomorrow, channel: frontdesk.Channel(c.Query("channel"))}
	if text, ok := c.GetQuery("from"); ok {
		day, err := time.ParseInLocation(time.DateOnly, text, location)
		if err != nil {
			return p, false
		}
		p.from = day
	}
	if text, ok := c.GetQuery("to"); ok {
		day, err := time.ParseInLocation(time.DateOnly, text, location)
		if err != nil {
			return p, false
		}
		p.to = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, location)
	}
	known := p.channel == "" || slices.Contains(channels, p.channel)
	return p, known && p.from.Year() > 2000 && p.to.Year() < 3000 && p.from.Before(p.to) && !p.from.AddDate(0, 0, maxFigures).Before(p.to)
}

// counted reads the period and counts; it answers the request itself on failure.
func (s *Server) counted(c *gin.Context, clinic frontdesk.Clinic, wrong string) (frontdesk.Figures, period, []frontdesk.Channel, bool) {
	ctx := c.Request.Context()
	channels, err := s.o.Figures.Channels(ctx, clinic.ID)
	if err != nil {
		s.fail(c, err)
		return frontdesk.Figures{}, period{}, nil, false
	}
	p, ok := periodOf(c, clinic, channels, s.o.Now())
	if !ok {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: wrong})
		return frontdesk.Figures{}, p, nil, false
	}
	figures, err := s.o.Figures.Figures(ctx, clinic, p.from, p.to, p.channel)
	if err != nil {
		s.fail(c, err)
		return figures, p, nil, false
	}
	return figures, p, channels, true
}

// figures shows the figures of a period.
func (s *Server) figures(c *gin.Context) {
	clinic := who(c).Clinic
	figures, p, channels, ok := s.counted(c, clinic, s.phrases.text(s.language(c), "figures.invalid", "days", maxFigures))
	if !ok {
		return
	}
	now := s.o.Now().In(clinic.Location())
	var presets []preset
	for _, days := range []int{7, 30, 90, 365} {
		first := now.AddDate(0, 0, 1-days).Format(time.DateOnly)
		presets = append(presets, preset{days, first, now.Format(time.DateOnly), first == p.First() && p.Last() == now.Format(time.DateOnly)})
	}
	s.render(c, http.StatusOK, "figures", gin.H{
		"Figures": figures, "Period": p, "Channel": p.channel, "Channels": channels, "Presets": presets,
		"Contained": percent(figures.ContainedShare()), "Days": plotDays(figures.Days), "Hours": plotHours(figures.Hours),
	})
}

// preset is a period that is one click away.
type preset struct {
	Days        int
	First, Last string
	Chosen      bool
}

// figuresCSV gives the same figures to a spreadsheet, one a line.
func (s *Server) figuresCSV(c *gin.Context) {
	person := who(c)
	figures, p, _, ok := s.counted(c, person.Clinic, s.phrases.text(s.language(c), "figures.invalid", "days", maxFigures))
	if !ok {
		return
	}
	if err := s.o.Auditor.Audit(c.Request.Context(), person.Clinic.ID, s.entry(person, "figures.export", string(person.Clinic.ID), p.First()+" "+p.Last())); err != nil {
		s.fail(c, err)
		return
	}
	var body bytes.Buffer
	w := csv.NewWriter(&body)
	if err := w.WriteAll(figuresTable(figures)); err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="figures-`+p.First()+`-`+p.Last()+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", body.Bytes())
}

// figuresTable are figures as lines of figure, name, value and unit.
func figuresTable(f frontdesk.Figures) [][]string {
	table := [][]string{{"figure", "name", "value", "unit"}}
	add := func(figure, name string, value any, unit string) {
		table = append(table, []string{figure, cell(name), fmt.Sprint(value), unit})
	}
	add("episodes", "", f.Episodes, "episodes")
	add("contained", "", f.Contained, "episodes")
	add("messages", "", f.Messages, "messages")
	add("first_reply", "median", f.FirstReply.Median, "seconds")
	add("first_reply", "p95", f.FirstReply.P95, "seconds")
	add("first_reply", "without", f.Unreplied, "episodes")
	add("to_a_person", "median", f.ToAPerson.Median, "seconds")
	add("to_a_person", "p95", f.ToAPerson.P95, "seconds")
	add("to_a_person", "without", f.Untaken, "handovers")
	add("handovers", "", f.Handovers, "handovers")
	add("gaps", "", f.Gaps, "questions")
	add("gaps", "open", f.GapsOpen, "questions")
	for _, d := range f.Days {
		add("episodes by day", d.Day, d.Episodes, "episodes")
		add("contained by day", d.Day, d.Contained, "episodes")
	}
	for _, list := range []struct {
		figure, unit string
		counts       []frontdesk.CountedAs
	}{{"handovers by reason", "handovers", f.Reasons}, {"messages by language", "messages", f.Languages}, {"turns by outcome", "turns", f.Outcomes}} {
		for _, n := range list.counts {
			add(list.figure, n.Name, n.Count, list.unit)
		}
	}
	for day, hours := range f.Hours {
		for hour, n := range hours {
			add("messages by hour", time.Weekday((day+1)%7).String()+" "+strconv.Itoa(hour), n, "messages")
		}
	}
	for _, m := range f.Cost {
		add("model cost by month", m.Month+" "+m.Model, m.Cost, "currency of the price table")
	}
	return table
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) }

// Sizes of the plots, in units of their view box.
const (
	plotWide, plotHigh = 720, 150
	cellWide, cellHigh = 26, 22
)

// bar is a rectangle of a plot with what it says.
type bar struct {
	X, Y, Wide, High float64
	Level            int // of shade, 0 to 5
	Label            string
	Count            int
	Of               int
}

// daysPlot is a column a day; Under is the part without a handover.
type daysPlot struct {
	Wide, High  int
	Bars, Under []bar
	Most        int
}

func plotDays(days []frontdesk.DayFigures) daysPlot {
	p := daysPlot{Wide: plotWide, High: plotHigh}
	for _, d := range days {
		p.Most = max(p.Most, d.Episodes)
	}
	if p.Most == 0 {
		return p
	}
	step := float64(plotWide) / float64(len(days))
	for i, d := range days {
		column := func(n int) bar {
			high := float64(plotHigh) * float64(n) / float64(p.Most)
			return bar{X: step*float64(i) + step*0.1, Y: plotHigh - high, Wide: step * 0.8, High: high, Label: d.Day, Count: d.Episodes, Of: d.Contained}
		}
		p.Bars, p.Under = append(p.Bars, column(d.Episodes)), append(p.Under, column(d.Contained))
	}
	return p
}

// hoursPlot is a square an hour of the week.
type hoursPlot struct {
	Wide, High int
	Cells      []bar
	Rows       []weekRow
	Most       int
}

// weekRow is a day of the week beside its squares.
type weekRow struct {
	Day    string // key of its name
	Middle float64
	Hours  [24]int
}

func plotHours(hours [7][24]int) hoursPlot {
	p := hoursPlot{Wide: 24*cellWide + 40, High: 7*cellHigh + 18} // with room for names
	for _, day := range hours {
		p.Most = max(p.Most, slices.Max(day[:]))
	}
	for day, counts := range hours {
		name := "day." + strconv.Itoa(day)
		p.Rows = append(p.Rows, weekRow{Day: name, Middle: float64(day*cellHigh) + cellHigh*0.7, Hours: counts})
		for hour, n := range counts {
			level := 0
			if n > 0 {
				level = 1 + 4*n/p.Most
			}
			p.Cells = append(p.Cells, bar{X: float64(hour*cellWide) + 1, Y: float64(day*cellHigh) + 1, Wide: cellWide - 2, High: cellHigh - 2, Level: level, Label: name, Of: hour, Count: n})
		}
	}
	return p
}

// hourLabels are the hours along the top.
func hourLabels() []bar {
	labels := make([]bar, 24)
	for hour := range labels {
		labels[hour] = bar{X: (float64(hour) + 0.5) * cellWide, Label: strconv.Itoa(hour)}
	}
	return labels
}

// share is a count as the length of a bar, in percent of the most.
func share(counts []frontdesk.CountedAs, n int) int {
	most := 0
	for _, c := range counts {
		most = max(most, c.Count)
	}
	if most == 0 {
		return 0
	}
	return 100 * n / most
}

// span is a time as a person reads it, in units that every language writes so.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Second:
		return "< 1 s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Round(time.Second).Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Round(time.Minute).Minutes())) + " min"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d", int(d.Hours()), int(d.Minutes())%60)
	}
	return strconv.Itoa(int(d.Hours()/24)) + " d"
}
