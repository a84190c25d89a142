package frontdesk

import "time"

// Figures are what a clinic's conversations came to in a period. They are counted
// from clear columns only: labels, outcomes, times, languages. docs/figures.md
// defines each.
type Figures struct {
	From    time.Time `json:"from"`    // midnight in the clinic's time zone
	To      time.Time `json:"to"`      // midnight after the last day
	Channel Channel   `json:"channel"` // "": all

	Episodes  int          `json:"episodes"`  // begun in the period
	Contained int          `json:"contained"` // of them, without a handover
	Days      []DayFigures `json:"days"`      // each day of the period

	Messages  int         `json:"messages"` // of patients
	Hours     [7][24]int  `json:"hours"`    // of patients' messages: Monday first, local hours
	Languages []CountedAs `json:"languages"`

	FirstReply Spread `json:"first_reply"` // from an episode's start to our first message
	Unreplied  int    `json:"unreplied"`   // episodes without one
	ToAPerson  Spread `json:"to_a_person"` // from a handover to somebody who took it
	Untaken    int    `json:"untaken"`     // handovers that nobody took

	Handovers int         `json:"handovers"`
	Reasons   []CountedAs `json:"reasons"`
	Outcomes  []CountedAs `json:"outcomes"` // of turns
	Gaps      int         `json:"gaps"`     // questions without an answer
	GapsOpen  int         `json:"gaps_open"`

	// Cost is of the calendar months that the period touches; it is kept by month
	// and clinic, so a channel does not narrow it.
	Cost []MonthCost `json:"cost"`
}

// DayFigures are those of one local day.
type DayFigures struct {
	Day       string `json:"day"` // 2026-11-22
	Episodes  int    `json:"episodes"`
	Contained int    `json:"contained"`
}

// CountedAs is how many there were of a name.
type CountedAs struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Spread is a distribution of times. Median and P95 are in seconds, 0 without any.
type Spread struct {
	Count  int     `json:"count"`
	Median float64 `json:"median_seconds"`
	P95    float64 `json:"p95_seconds"`
}

// MonthCost is what a language model cost in a calendar month.
type MonthCost struct {
	Month     string  `json:"month"` // 2026-11
	Model     string  `json:"model"`
	TokensIn  int64   `json:"tokens_in"`
	TokensOut int64   `json:"tokens_out"`
	Cost      float64 `json:"cost"` // in the currency of the price table
}

// ContainedShare is the share of episodes without a handover, 0 without episodes.
func (f Figures) ContainedShare() float64 {
	if f.Episodes == 0 {
		return 0
	}
	return float64(f.Contained) / float64(f.Episodes)
}
