package ingest

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"unicode/utf8"

	"frontdesk"
)

// Pair is a question with its answer.
type Pair struct{ Question, Answer string }

// Bounds of a FAQ that is typed in the console.
const (
	PairsMost    = 300
	questionMost = 500
	replyMost    = 4000
)

// WriteFAQ makes the file of a FAQ: a table that [ReadFAQ] reads back as it is.
func WriteFAQ(pairs []Pair) ([]byte, error) {
	if len(pairs) == 0 || len(pairs) > PairsMost {
		return nil, refuse(frontdesk.CodeInvalid, fmt.Sprintf("A FAQ has 1 to %d questions.", PairsMost), nil)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"question", "answer"}}
	for _, p := range pairs {
		question, answer := strings.Join(strings.Fields(p.Question), " "), strings.TrimSpace(normalLines(p.Answer))
		if question == "" || answer == "" || utf8.RuneCountInString(question) > questionMost || utf8.RuneCountInString(answer) > replyMost {
			return nil, refuse(frontdesk.CodeInvalid, "Each question needs an answer: 500 and 4,000 characters at most.", nil)
		}
		rows = append(rows, []string{question, answer})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write FAQ: %w", err)
	}
	return out.Bytes(), nil
}

// FAQ returns the questions and answers of a source's newest revision, as they
// were typed, for somebody to change. A source that is no FAQ, or holds more than
// questions and answers, is [frontdesk.CodeInvalid].
func (s *Service) FAQ(ctx context.Context, clinic frontdesk.ClinicID, location string) ([]Pair, error) {
	source, revision, err := s.find(ctx, clinic, location, 0)
	if err != nil {
		return nil, err
	}
	none := refuse(frontdesk.CodeInvalid, "This source is no list of questions and answers that can be changed here.", nil)
	if source.Kind != KindFAQ || source.URL != "" || !strings.HasSuffix(source.Name, ".csv") {
		return nil, none
	}
	file, err := s.Repository.LoadFile(ctx, clinic, revision.Hash)
	if err != nil {
		return nil, fmt.Errorf("load FAQ: %w", err)
	}
	doc, err := ReadFAQ(ctx, file.Data, source.Name, "")
	if err != nil {
		return nil, err
	}
	var pairs []Pair
	for _, page := range doc.Pages {
		for _, b := range page.Blocks {
			if b.Kind != BlockAnswer {
				return nil, none
			}
			pairs = append(pairs, Pair{Question: b.Question, Answer: b.Text})
		}
	}
	return pairs, nil
}
