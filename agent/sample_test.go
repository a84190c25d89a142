package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/guardrails"
	"frontdesk/ingest"
	"frontdesk/internal/testmodel"
	"frontdesk/llm"
	"frontdesk/retrieval"
)

// samplePassages reads the sample clinic's documents as an upload would.
func samplePassages(t testing.TB) []frontdesk.Passage {
	t.Helper()
	files, err := filepath.Glob("../cmd/frontdesk/sample/documents/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sample documents: %v", err)
	}
	var all []frontdesk.Passage
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc ingest.Document
		switch filepath.Ext(file) {
		case ".pdf":
			doc, err = ingest.ReadPDF(t.Context(), data, ingest.PDFOptions{})
		case ".html":
			doc, err = ingest.ReadHTML(t.Context(), data, "text/html", "https://cabinet-des-tilleuls.example/contact")
		default:
			doc, err = ingest.ReadFAQ(t.Context(), data, filepath.Base(file), "")
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i, p := range ingest.Split(doc, "fr") {
			p.ID, p.Name, p.Number = frontdesk.PassageID(fmt.Sprint(filepath.Base(file), i)), filepath.Base(file), 1
			all = append(all, p)
		}
	}
	return all
}

func sampleDesk(t testing.TB, embedder retrieval.Embedder, passages []frontdesk.Passage, model agent.Model, timeout time.Duration) desk {
	t.Helper()
	return newDesk(t, func(o *agent.Options, c *frontdesk.Clinic) {
		c.Name, c.Language, c.Country, c.TimeZone = "Cabinet des Tilleuls", "fr", "FR", "Europe/Paris"
		o.Knowledge = knowledge{}
		o.Embedder, o.Model, o.ModelTimeout = embedder, model, timeout
		o.Retriever = retrieval.New(embedder, newShelf(t, embedder, passages...), nil, retrieval.Options{})
	})
}

// recorded is what a capable model wrote to a question over the sample documents.
type recorded struct {
	Lang      string   `json:"lang"`
	Question  string   `json:"question"`
	Cite      string   `json:"cite"` // words of the passage that it cites
	Sentences []string `json:"sentences"`
	// Instead is the outcome, or the mode, of a question that by rule no model is
	// asked: booking words, one's own file, what sounds clinical (quoted verbatim).
	Instead string `json:"instead"`
}

func cassette(t testing.TB) []recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/model/sample.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []recorded
	for line := range strings.Lines(string(data)) {
		var r recorded
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// Generate answers a prompt for "compose" with the recorded sentences.
func (r recorded) Generate(_ context.Context, p agent.Prompt) (agent.Completion, error) {
	type sentence struct {
		Text     string `json:"text"`
		Passages []int  `json:"passages"`
	}
	out := map[string][]sentence{"sentences": {}}
	for number := 1; number <= 8; number++ {
		_, block, found := strings.Cut(p.User, fmt.Sprintf("[%d] ", number))
		block, _, _ = strings.Cut(block, fmt.Sprintf("[%d] ", number+1))
		if !found || !strings.Contains(block, r.Cite) {
			continue
		}
		for _, s := range r.Sentences {
			out["sentences"] = append(out["sentences"], sentence{s, []int{number}})
		}
		break
	}
	data, err := json.Marshal(out)
	return agent.Completion{JSON: data, Model: "recorded"}, err
}

func TestTrueSentencesOfACapableModelReachThePatient(t *testing.T) {
	embedder := realEmbedder(t)
	passages := samplePassages(t)
	checker, err := agent.NewChecker(embedder, retrieval.NewLexicon())
	if err != nil {
		t.Fatal(err)
	}
	total, checked, asked, reached := 0, 0, 0, 0
	var current recorded
	composed := false
	d := sampleDesk(t, embedder, passages, modelFunc(func(ctx context.Context, p agent.Prompt) (agent.Completion, error) {
		composed = true
		return current.Generate(ctx, p)
	}), time.Minute)
	all := cassette(t)
	var questions []string
	for _, r := range all {
		questions = append(questions, r.Question)
	}
	if _, err := embedder.Embed(t.Context(), retrieval.InputQuery, questions); err != nil { // a turn has a budget of time
		t.Fatal(err)
	}
	for _, r := range all {
		current, composed = r, false
		var cited []frontdesk.Passage
		for _, p := range passages {
			if strings.Contains(p.Text, r.Cite) && len(cited) == 0 {
				cited = append(cited, p)
			}
		}
		if len(cited) == 0 {
			t.Errorf("no passage holds %q", r.Cite)
			continue
		}
		for _, s := range r.Sentences {
			total++
			if why, what := checker.Explain(t.Context(), s, r.Lang, cited); why == "" {
				checked++
			} else {
				t.Logf("refused: %q: %s %q", s, why, what)
			}
		}
		dialogue := d.dialogue()
		dialogue.Language = r.Lang
		got := d.respond(t, dialogue, says(r.Question))
		if r.Instead != "" {
			if composed || string(got.Outcome) != r.Instead && string(got.Mode) != r.Instead {
				t.Errorf("%q: %s by %s, want %s without the model", r.Question, got.Outcome, got.Mode, r.Instead)
			}
			continue
		}
		for _, s := range r.Sentences {
			if asked++; strings.Contains(textOf(got), s) {
				reached++
			} else {
				t.Logf("%s did not reach: %q (%s, %s, dropped %v)", r.Lang, s, got.Outcome, got.Mode, got.Record.Dropped)
			}
		}
	}
	t.Logf("%d true sentences: %d pass the check; %d to questions for a model, of which %d reach the patient by a whole turn", total, checked, asked, reached)
	if total < 60 || float64(checked) < 0.95*float64(total) {
		t.Errorf("%d of %d pass", checked, total)
	}
	if asked < 60 || float64(reached) < 0.95*float64(asked) {
		t.Errorf("%d of %d reach the patient", reached, asked)
	}
}

func TestNothingUnsupportedOfARealSmallModelReachesThePatient(t *testing.T) {
	address := testmodel.Start(t)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	chat, err := llm.NewChat(llm.ChatConfig{Provider: llm.OpenAI, URL: address, Model: testmodel.Name, Client: client, Timeout: 8 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	embedder := realEmbedder(t)
	passages := samplePassages(t)
	checker, err := agent.NewChecker(embedder, retrieval.NewLexicon())
	if err != nil {
		t.Fatal(err)
	}
	screens, err := guardrails.New(guardrails.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := sampleDesk(t, embedder, passages, chat, 8*time.Second)
	answered := 0
	for _, c := range []struct{ lang, text string }{
		{"en", "How much is a cardiology consultation?"},
		{"fr", "Où puis-je me garer ?"},
		{"fr", "Combien coûte une échographie abdominale ?"},
		{"en", "How long must I fast before the blood test?"},
	} {
		dialogue := d.dialogue()
		dialogue.Language = c.lang
		start := time.Now()
		got := d.respond(t, dialogue, says(c.text))
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("%q took %s", c.text, took)
		}
		if got.Outcome == frontdesk.OutcomeAnswered {
			answered++
		}
		t.Logf("%s %s, %d dropped, %v: %q", got.Outcome, got.Mode, len(got.Record.Dropped), got.Record.Failures, textOf(got))
		for _, r := range got.Replies {
			if v := screens.Outbound(r.Text, guardrails.OutboundOptions{Quoted: true, Clinic: d.clinic}); !v.OK {
				t.Errorf("%q: %v", r.Text, v.Why)
			}
		}
		if got.Mode != frontdesk.ModeModel {
			continue
		}
		body, _, _ := strings.Cut(textOf(got), "\nSource")
		for _, s := range strings.SplitAfter(body, ". ") {
			if why, what := checker.Explain(t.Context(), s, got.Language, passages); why != "" {
				t.Errorf("%q reached the patient: %s %q", s, why, what)
			}
		}
	}
	if answered < 3 {
		t.Errorf("only %d turns were answered", answered)
	}
}
