package whatsapp_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/whatsapp"
)

func units(s string) int { return len(utf16.Encode([]rune(s))) }

func TestFitLeavesWhatFits(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]frontdesk.Reply{
		"text":     {Text: "Hello", Quoted: true},
		"buttons":  {Text: "Which?", Buttons: []frontdesk.Button{{ID: "a", Title: "A"}}},
		"list":     {Text: "Which?", List: &frontdesk.List{Button: "Open", Rows: []frontdesk.Row{{ID: "a", Title: "A"}}}},
		"location": {Location: &frontdesk.Location{Name: "n"}},
		"document": {Document: &frontdesk.Document{FileName: "a.pdf", Caption: "c"}},
		"template": {Template: &frontdesk.Template{Name: "n"}},
	} {
		if got := whatsapp.Fit(reply); len(got) != 1 || !reflect.DeepEqual(got[0], reply) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := whatsapp.Fit(frontdesk.Reply{Text: " \n"}); len(got) != 0 {
		t.Errorf("an empty reply gave %+v", got)
	}
}

func TestFitKeepsTheLimits(t *testing.T) {
	t.Parallel()
	sentence := "La clinique ouvre à 8 h et ferme à 18 h. "
	family := "👨‍👩‍👧‍👦"
	rows := make([]frontdesk.Row, 23)
	for i := range rows {
		rows[i] = frontdesk.Row{ID: strings.Repeat("i", i+1), Title: strings.Repeat(family, 4)}
	}
	replies := map[string]frontdesk.Reply{
		"long text":          {Text: strings.Repeat(sentence, 400)},
		"one endless word":   {Text: strings.Repeat("x", 9000)},
		"endless emoji":      {Text: strings.Repeat(family, 2000)},
		"long button body":   {Text: strings.Repeat(sentence, 60), Buttons: []frontdesk.Button{{ID: "a", Title: strings.Repeat(family, 9)}, {ID: "b", Title: "B"}}},
		"equal short titles": {Text: "x", Buttons: []frontdesk.Button{{ID: "a", Title: "Consultation générale le matin"}, {ID: "b", Title: "Consultation générale le soir"}}},
		"many rows":          {Text: strings.Repeat(sentence, 200), List: &frontdesk.List{Title: strings.Repeat("t", 99), Button: strings.Repeat("b", 99), Rows: rows}},
		"long caption":       {Text: "before", Document: &frontdesk.Document{FileName: strings.Repeat("f", 999), Caption: strings.Repeat(sentence, 40)}},
		"no words":           {Buttons: []frontdesk.Button{{ID: "a", Title: "A"}}},
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fitted := whatsapp.Fit(reply)
			if len(fitted) == 0 {
				t.Fatal("nothing is left")
			}
			for _, r := range fitted {
				checkLimits(t, r)
				if again := whatsapp.Fit(r); len(again) != 1 || !reflect.DeepEqual(again[0], r) {
					t.Errorf("what fits is changed again: %+v", again)
				}
			}
		})
	}
	if fitted := whatsapp.Fit(replies["equal short titles"]); fitted[0].List == nil || fitted[0].List.Rows[1].Description != "Consultation générale le soir" {
		t.Errorf("buttons with equal short titles gave %+v", fitted)
	}
	seen := 0
	for _, r := range whatsapp.Fit(replies["many rows"]) {
		if r.List != nil {
			seen += len(r.List.Rows)
		}
	}
	if seen != 23 {
		t.Errorf("%d of 23 rows are left", seen)
	}
}

func checkLimits(t *testing.T, r frontdesk.Reply) {
	t.Helper()
	limit := 4096
	if len(r.Buttons) > 0 {
		limit = 1024
	}
	texts := map[string]int{r.Text: limit}
	if len(r.Buttons) > 3 || r.List != nil && len(r.List.Rows) > 10 {
		t.Errorf("too many choices: %+v", r)
	}
	for _, b := range r.Buttons {
		texts[b.Title] = 20
	}
	if r.List != nil {
		texts[r.List.Button], texts[r.List.Title] = 20, 24
		for _, row := range r.List.Rows {
			texts[row.Title], texts[row.Description] = 24, 72
		}
	}
	if r.Document != nil {
		texts[r.Document.Caption] = 1024
	}
	for text, limit := range texts {
		if units(text) > limit || !utf8.ValidString(text) {
			t.Errorf("%d units above %d: %.40q", units(text), limit, text)
		}
		if strings.HasSuffix(strings.TrimSuffix(text, "…"), "\u200d") {
			t.Errorf("a grapheme is cut: %.40q", text)
		}
	}
	if (len(r.Buttons) > 0 || r.List != nil) && r.Text == "" {
		t.Error("choices without a text")
	}
}

func TestSplitEndsSentences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		limit      int
		want       []string
	}{
		{"short", "One. Two.", 40, []string{"One. Two."}},
		{"sentence", "First one. Second one. Third", 24, []string{"First one. Second one.", "Third"}},
		{"not after a number's dot", "It costs 25.50 euros in all today", 16, []string{"It costs 25.50", "euros in all", "today"}},
		{"question in Arabic", "هل أنت هنا؟ نعم أنا هنا", 16, []string{"هل أنت هنا؟", "نعم أنا هنا"}},
		{"paragraph first", "A line. More\n\nNext. One two", 20, []string{"A line. More", "Next. One two"}},
		{"Chinese", "你好世界。再见世界。", 6, []string{"你好世界。", "再见世界。"}},
		{"one word", "aaaaaaaaaa", 4, []string{"aaaa", "aaaa", "aa"}},
		{"surrogates", "😀😀😀", 3, []string{"😀", "😀", "😀"}},
		{"nothing", "  ", 4, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := whatsapp.Split(tt.text, tt.limit); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestFitAllMergesTexts(t *testing.T) {
	t.Parallel()
	button := []frontdesk.Button{{ID: "a", Title: "A"}}
	got := whatsapp.FitAll([]frontdesk.Reply{{Text: "One."}, {Text: "Two."}, {Text: "Three?", Buttons: button}, {Text: "Four."}})
	want := []frontdesk.Reply{{Text: "One.\n\nTwo.\n\nThree?", Buttons: button}, {Text: "Four."}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func FuzzFit(f *testing.F) {
	f.Add("Hello. World", "Title", 4)
	f.Add(strings.Repeat("é👍🏽 ", 900), "a\u0301b", 12)
	f.Fuzz(func(t *testing.T, text, title string, n int) {
		reply := frontdesk.Reply{Text: text}
		for i := range min(max(n, 0), 30) {
			reply.Buttons = append(reply.Buttons, frontdesk.Button{ID: strings.Repeat("i", i+1), Title: title})
		}
		words := func(s string) string { return strings.Join(strings.Fields(s), "") }
		var whole strings.Builder
		for _, r := range whatsapp.Fit(reply) {
			if utf8.ValidString(text) && utf8.ValidString(title) {
				checkLimits(t, r)
			}
			whole.WriteString(r.Text)
		}
		if len(reply.Buttons) == 0 && words(whole.String()) != words(text) {
			t.Errorf("words are lost: %q of %q", whole.String(), text)
		}
	})
}
