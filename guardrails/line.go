package guardrails

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"frontdesk"
)

// screenIn and screenOut are the lines of `frontdesk screen --json`.
type screenIn struct {
	ID      json.RawMessage `json:"id"`
	Text    string          `json:"text"`
	Lang    string          `json:"lang"`
	Country string          `json:"country"`
}

type screenOut struct {
	ID       json.RawMessage   `json:"id,omitempty"`
	Lang     string            `json:"lang"`
	LangSure float64           `json:"lang_sure"`
	Labels   []frontdesk.Label `json:"labels"`
	Masked   string            `json:"masked"`
	Spans    []frontdesk.Mark  `json:"spans"`
	Evidence []string          `json:"evidence"`
	Micros   int64             `json:"us"`
}

// Line screens one line of `frontdesk screen` and returns its answer as one line
// of JSON. A line that begins with a brace is read as JSON
// ({"id","text","lang"?,"country"?}), any other as the text itself. A line that
// is broken JSON gives a coded [frontdesk.Error].
func (s *Screens) Line(ctx context.Context, line []byte) ([]byte, error) {
	in := screenIn{Text: string(line)}
	if len(line) > 0 && line[0] == '{' {
		in = screenIn{}
		if err := json.Unmarshal(line, &in); err != nil {
			return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: `a line must be {"id": …, "text": …}`, Err: err}
		}
	}
	began := time.Now()
	v := s.Inbound(ctx, in.Text, Hints{Language: in.Lang, Country: in.Country})
	out := screenOut{ID: in.ID, Lang: v.Language, LangSure: v.LanguageSure, Labels: v.Labels, Masked: v.Masked,
		Spans: v.Marks, Evidence: v.Evidence, Micros: time.Since(began).Microseconds()}
	if out.Labels == nil {
		out.Labels = []frontdesk.Label{}
	}
	if out.Spans == nil {
		out.Spans = []frontdesk.Mark{}
	}
	if out.Evidence == nil {
		out.Evidence = []string{}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("screen: %w", err)
	}
	return raw, nil
}
