package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// askOutLine is the shape of `ask --json`; no other field may appear.
type askOutLine struct {
	ID       json.RawMessage `json:"id"`
	Outcome  string          `json:"outcome"`
	Lang     string          `json:"lang"`
	Messages []struct {
		Text    string `json:"text"`
		Buttons []struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"buttons"`
		Location *json.RawMessage `json:"location"`
		Document string           `json:"document"`
	} `json:"messages"`
	Citations []struct {
		Passage  string `json:"passage"`
		Source   string `json:"source"`
		Revision int    `json:"revision"`
		Page     int    `json:"page"`
		Quote    string `json:"quote"`
	} `json:"citations"`
	Ticket *struct {
		Team     string `json:"team"`
		Priority string `json:"priority"`
		Reason   string `json:"reason"`
	} `json:"ticket"`
	Flow   string             `json:"flow"`
	Labels []string           `json:"labels"`
	Mode   string             `json:"mode"`
	MS     map[string]float64 `json:"ms"`
}

func (a askOutLine) text() string {
	var all []string
	for _, m := range a.Messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, "\n")
}

// sampleClinicFor makes a clinic with the sample's documents, live.
func sampleClinicFor(t *testing.T) string {
	t.Helper()
	clinic := addClinic(t, "--lang", "fr", "--country", "FR", "--timezone", "Europe/Paris")
	if got, _ := addSources(t, clinic, "--approve-as", "Dr Test", sampleDocuments); got.code != exitOK {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	succeed(t, "", "clinic", "set", clinic, "portal_url=https://portal.example", "phone=+33555010203")
	return clinic
}

func TestAskAnswersLinesInOrder(t *testing.T) {
	t.Parallel()
	clinic := sampleClinicFor(t)
	tests := []struct {
		line    string
		outcome string
		lang    string
		holds   []string // all of them
		lacks   []string
	}{
		{`{"id":"price","text":"Combien coûte une échographie cardiaque ?"}`, "answered", "fr", []string{"96"}, []string{"75"}},
		{`{"id":2,"text":"how much is a cardiac ultrasound?"}`, "answered", "en", []string{"96"}, nil},
		{`{"id":"dog","text":"Puis-je venir avec mon chien ?"}`, "answered", "fr", []string{"chiens guides"}, nil},
		{`{"id":"unknown","text":"Faites-vous de la cryothérapie du corps entier ?"}`, "unanswered", "fr", nil, nil},
		{`{"id":"first","text":"vous avez un parking ?","first":true}`, "answered", "fr", []string{clinic, "15"}, nil},
		{`{"id":"not first","text":"vous avez un parking ?"}`, "answered", "fr", nil, []string{clinic}},
		{`{"id":"heart","text":"j'ai une douleur forte dans la poitrine et je respire mal"}`, "emergency", "fr", []string{"15"}, nil},
		{`{"id":"heart abroad","text":"I have crushing chest pain and cannot breathe","country":"GB"}`, "emergency", "en", []string{"999"}, nil},
		{`{"id":"dose","text":"can I take two ibuprofen tablets with my blood pressure pills?"}`, "clinical", "en", nil, []string{"mg"}},
		{`{"id":"person","text":"vorrei parlare con una persona"}`, "handover", "it", nil, nil},
		{`{"id":"results","text":"mes résultats sont-ils prêts ?"}`, "personal_record", "fr", []string{"https://portal.example"}, nil},
		{`{"id":"stop","text":"STOP"}`, "opted_out", "", nil, nil},
		{`{"id":"monday","conversation":"c","text":"Le site de la Gare est ouvert lundi ?","at":"2026-11-27T10:00:00+01:00"}`, "answered", "fr", []string{"17"}, nil},
		{`{"id":"sunday","conversation":"c","text":"et dimanche ?","at":"2026-11-27T10:01:00+01:00"}`, "answered", "fr", []string{"ferm"}, nil},
		{`{"id":"café\u0000"," ignored":1,"text":"Combien coûte une téléconsultation ?"}`, "answered", "fr", []string{"30"}, nil},
	}
	var in strings.Builder
	for _, test := range tests {
		in.WriteString(test.line + "\n\n") // empty lines are no turns
	}
	out := decodeLines[askOutLine](t, succeed(t, in.String(), "ask", "--json", "--clinic", clinic))
	if len(out) != len(tests) {
		t.Fatalf("%d lines in, %d out", len(tests), len(out))
	}
	for i, test := range tests {
		var want struct{ ID json.RawMessage }
		if err := json.Unmarshal([]byte(test.line), &want); err != nil {
			t.Fatal(err)
		}
		got := out[i]
		if !jsonEqual(got.ID, want.ID) {
			t.Errorf("line %d: id %s, want %s", i+1, got.ID, want.ID)
		}
		if got.Outcome != test.outcome || test.lang != "" && got.Lang != test.lang {
			t.Errorf("%s: %s in %s, want %s in %s: %q", want.ID, got.Outcome, got.Lang, test.outcome, test.lang, got.text())
		}
		for _, s := range test.holds {
			if !strings.Contains(got.text(), s) {
				t.Errorf("%s: %q does not hold %q", want.ID, got.text(), s)
			}
		}
		for _, s := range test.lacks {
			if strings.Contains(got.text(), s) {
				t.Errorf("%s: %q holds %q", want.ID, got.text(), s)
			}
		}
		checkAskLine(t, got)
	}
	if n := ticketCount(t, clinic); n != 0 {
		t.Errorf("the channel try opened %d tickets", n)
	}
}

// checkAskLine checks what every line must hold.
func checkAskLine(t *testing.T, got askOutLine) {
	t.Helper()
	if got.Outcome == "answered" && len(got.Citations) == 0 {
		t.Errorf("%s: answered without a citation", got.ID)
	}
	for _, c := range got.Citations {
		if c.Source == "" || c.Quote == "" || c.Source != "profile" && c.Revision == 0 {
			t.Errorf("%s: citation %+v", got.ID, c)
		}
	}
	if slices.Contains([]string{"emergency", "handover"}, got.Outcome) && (got.Ticket == nil || got.Ticket.Team == "" || got.Ticket.Reason == "") {
		t.Errorf("%s: no ticket with %s", got.ID, got.Outcome)
	}
	if got.Messages == nil || got.Citations == nil || got.Labels == nil || got.Mode == "" {
		t.Errorf("%s: null where a list is due, or no mode: %+v", got.ID, got)
	}
	for _, stage := range []string{"total", "screen", "embed", "search", "model", "check"} {
		if _, ok := got.MS[stage]; !ok {
			t.Errorf("%s: no time of %s", got.ID, stage)
		}
	}
}

func jsonEqual(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && x == y
}

func ticketCount(t *testing.T, clinic string) int {
	t.Helper()
	return strings.Count(succeed(t, "", "ticket", "list", "--all", "--json", "--clinic", clinic), "\n")
}

func TestAskRefusesLinesThatAreNoObject(t *testing.T) {
	t.Parallel()
	clinic := addClinic(t)
	got := command(t, "{\"id\":1,\"text\":\"hello\"}\nhello\n", "ask", "--json", "--clinic", clinic)
	if got.code != exitFail || !strings.Contains(got.stderr, "Line 2") || strings.Count(got.stdout, "\n") != 1 {
		t.Errorf("exit %d, %q, %q", got.code, got.stdout, got.stderr)
	}
}

// screenedLine is the shape of `screen --json`; no other field may appear.
type screenedLine struct {
	ID       json.RawMessage `json:"id"`
	Lang     string          `json:"lang"`
	LangSure float64         `json:"lang_sure"`
	Labels   []string        `json:"labels"`
	Masked   string          `json:"masked"`
	Spans    []struct {
		Type  string `json:"type"`
		Start int    `json:"start"`
		End   int    `json:"end"`
	} `json:"spans"`
	Evidence []string `json:"evidence"`
	US       float64  `json:"us"`
}

func TestScreenLabelsLinesInOrderWithoutAHome(t *testing.T) {
	t.Parallel()
	const card = "4111 1111 1111 1111"
	in := strings.Join([]string{
		`{"id":"e","text":"je fais un malaise, j'ai très mal à la poitrine"}`,
		`{"id":"a","text":"Quels sont vos horaires ?"}`,
		`{"id":"c","text":"é, voici ma carte ` + card + ` merci"}`,
		`{"id":"p","text":"I want to talk to a human"}`,
	}, "\n")
	for name, args := range map[string][]string{"with embeddings": nil, "rules alone": {"--no-embeddings"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if args == nil {
				needPrograms(t)
			}
			out := decodeLines[screenedLine](t, succeed(t, in, append([]string{"screen", "--json"}, args...)...))
			if len(out) != 4 {
				t.Fatalf("%d lines", len(out))
			}
			for i, want := range []struct{ id, label string }{{"e", "emergency"}, {"a", ""}, {"c", "identifier"}, {"p", "human_request"}} {
				if string(out[i].ID) != `"`+want.id+`"` || want.label != "" && !slices.Contains(out[i].Labels, want.label) || want.label == "" && len(out[i].Labels) > 0 {
					t.Errorf("line %d: %+v, want %+v", i+1, out[i], want)
				}
			}
			c := out[2]
			if strings.Contains(c.Masked, "4111") || len(c.Spans) != 1 || c.Spans[0].Start != 18 || c.Spans[0].End != 18+len(card) {
				t.Errorf("the card: %+v", c)
			}
		})
	}
}

func TestDoctorLooksAtEveryPart(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	type line struct {
		Part string `json:"part"`
		OK   bool   `json:"ok"`
		Note string `json:"note"`
		Do   string `json:"do"`
	}
	seen := map[string]bool{}
	well := command(t, "", "doctor", "--json")
	if well.code != exitOK {
		t.Errorf("exit %d:\n%s%s", well.code, well.stdout, well.stderr)
	}
	for _, l := range decodeLines[line](t, well.stdout) {
		seen[l.Part] = l.OK && l.Note != ""
	}
	for _, part := range []string{"database", "embeddings", "model", "whatsapp", "disk"} {
		if !seen[part] {
			t.Errorf("%s is missing or not well: %v", part, seen)
		}
	}
	sick := commandIn(t, map[string]string{"EMBEDDINGS_URL": "http://127.0.0.1:1"}, "", "doctor")
	if sick.code != exitFail || !strings.Contains(sick.stdout, "FAIL embeddings") || !strings.Contains(sick.stdout, "EMBEDDINGS_URL") {
		t.Errorf("exit %d, and no word of what to do:\n%s%s", sick.code, sick.stdout, sick.stderr)
	}
}
