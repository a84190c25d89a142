package ingest

import "strings"

// isHeader tells whether a row names the columns of those below: several cells
// without figures above rows with figures, or bold above rows that are not.
func isHeader(r tableRow, cells []string, below []tableRow) bool {
	filled, figures := 0, 0
	for _, c := range cells {
		if c != "" {
			filled++
		}
		if isFigure(c) && !hasLetters(c, 4) {
			figures++
		}
	}
	if filled < 2 || figures > 0 || len(below) == 0 {
		return false
	}
	withFigure, plain := 0, 0
	for _, o := range below {
		if o.hasFigure() {
			withFigure++
		}
		if !o.bold() {
			plain++
		}
	}
	return 2*withFigure > len(below) || r.bold() && 2*plain > len(below)
}

// completes tells whether a row is the second of a header: it names the columns
// that the first row names together, or leaves open.
func completes(header, cells []string) bool {
	named, open := 0, 0
	for c, text := range cells {
		if text == "" {
			continue
		}
		named++
		if header[c] == "" {
			open++
		}
	}
	return named > 1 && open > 0 && 2*open >= named
}

func joinHeaders(first, second []string) []string {
	out := make([]string, len(first))
	for c := range first {
		out[c] = strings.TrimSpace(first[c] + " " + second[c])
	}
	return out
}
