package llm

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"frontdesk"
)

// Use is what one call cost.
type Use struct {
	Model     string
	TokensIn  int
	TokensOut int
	Cost      float64 // in the price table's currency
}

// Account keeps what each clinic spent on models.
type Account interface {
	// Allowed tells whether a clinic may spend at an instant: false once what it
	// spent in that calendar month has reached its cap.
	Allowed(ctx context.Context, clinic frontdesk.ClinicID, at time.Time) (bool, error)
	// Charge adds a use to the clinic's month.
	Charge(ctx context.Context, clinic frontdesk.ClinicID, at time.Time, use Use) error
}

// Price is what a model costs for a million tokens.
type Price struct{ In, Out float64 }

// cost returns the price of a call.
func (p Price) cost(in, out int) float64 {
	return (float64(in)*p.In + float64(out)*p.Out) / 1e6
}

// ParsePrices reads a price table as settings hold it: "model=in/out" for a
// million tokens, separated by commas or white space. A model that is not in the
// table costs nothing, as one of one's own does.
func ParsePrices(text string) (map[string]Price, error) {
	prices := map[string]Price{}
	for entry := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		model, amounts, ok := strings.Cut(entry, "=")
		in, out, ok2 := strings.Cut(amounts, "/")
		a, err := strconv.ParseFloat(in, 64)
		b, err2 := strconv.ParseFloat(out, 64)
		if !ok || !ok2 || model == "" || err != nil || err2 != nil || !(a >= 0) || !(b >= 0) {
			return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("The price %q cannot be read; write model=in/out for a million tokens, such as gpt-4o-mini=0.15/0.60.", entry)}
		}
		prices[model] = Price{In: a, Out: b}
	}
	return prices, nil
}
