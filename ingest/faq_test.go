package ingest

import (
	"context"
	"strings"
	"testing"

	"frontdesk"
)

func TestReadFAQ(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, text, want string }{
		{"header in any order", "faq.csv", "Answer,Topic,Question\nYes.,Visit,Do you see children?\nNo.,Visit,Dogs?\n",
			"h1 Visit\nq Do you see children?\na Yes.\nq Dogs?\na No.\n"},
		{"semicolons and quotes", "faq.csv", "Frage;Antwort\n\"Wo, bitte, parken?\";\"Hinter dem Haus; kostenlos.\nTor 2\"\n",
			"q Wo, bitte, parken?\na Hinter dem Haus; kostenlos. / Tor 2\n"},
		{"Excel's own line", "faq.csv", "sep=;\nВопрос;Ответ\nГде вы?;Улица Мира, 5\n", "q Где вы?\na Улица Мира, 5\n"},
		{"no header", "q.csv", "Is there a lift?,\"Yes, by the door.\"\nAre you open on Sunday?,No.\n",
			"q Is there a lift?\na Yes, by the door.\nq Are you open on Sunday?\na No.\n"},
		{"tabs", "q.tsv", "question\tanswer\nLift?\tYes\n", "q Lift?\na Yes\n"},
		{"a table that is no FAQ", "prices.csv", "Service,Price\nVisit,25 €\nScan,90 €\n", "header Service | Price\nrow Visit | 25 €\nrow Scan | 90 €\n"},
		{"an unclosed quote", "faq.csv", "question,answer\n\"Open?,Yes\nLift?,No\n", ""},
		{"headings that ask", "faq.md", "# Visit\n\n## Do you see children?\n\nYes, *from* two years.\nAsk **Ana**.\n\n- bring the card\n\n## Prices\n\n| What | Price |\n|---|---|\n| Visit | 25 € |\n",
			"h1 Visit\nq Do you see children?\na Yes, *from* two years. / Ask Ana. / • bring the card\nh2 Prices\nheader What | Price\nrow Visit | 25 €\n"},
		{"Q and A", "faq.txt", "Q: Do you take cards?\nA: Yes,\nall of them.\n\nQ: Dogs?\nA: No.\n", "q Do you take cards?\na Yes, / all of them.\nq Dogs?\na No.\n"},
		{"bold questions and links", "faq.md", "**Where are you?**\nLake Road 4, see [the map](https://maps.example/x).\n\n**Is there a lift?**\nYes.\n",
			"q Where are you?\na Lake Road 4, see the map (https://maps.example/x).\nq Is there a lift?\na Yes.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			doc, err := ReadFAQ(context.Background(), []byte(test.text), test.file, "")
			if test.want == "" {
				return // whatever comes of it, it must not fail otherwise than coded; the fuzz test looks closer
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := pageOutline(doc); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestReadFAQWithoutWordsIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{",,\n,,\n", "---\n***\n", "# \n"} {
		for _, file := range []string{"a.csv", "a.md"} {
			if _, err := ReadFAQ(context.Background(), []byte(text), file, ""); err != nil && frontdesk.CodeOf(err) != CodeNoText {
				t.Errorf("%q as %s: %v", text, file, err)
			}
		}
	}
}

func TestReadText(t *testing.T) {
	t.Parallel()
	text := "OPENING HOURS\nMonday to Friday 8-12\n\nAbout us\n\nWe are a small clinic.\r\nSecond line.\n\n- one\n- two\n\nVisit\t25 €\nScan\t90 €\n\nMay I park?\n\nYes, behind the house.\n"
	doc, err := ReadText(context.Background(), []byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	want := "h2 OPENING HOURS\ntext Monday to Friday 8-12\nh2 About us\ntext We are a small clinic. / Second line.\nitem one\nitem two\nrow Visit | 25 €\nrow Scan | 90 €\nq May I park?\na Yes, behind the house.\n"
	if got := pageOutline(doc); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestSniffGoesByBytesNotByName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, data, contentType string
		want                    Kind
	}{
		{"a.txt", "%PDF-1.7\n1 0 obj", "text/plain", KindPDF},
		{"a.pdf", "<!doctype html><p>The page</p>", "application/pdf", KindHTML},
		{"a.pdf", "Just a few words of text.", "", KindText},
		{"page", "\ufeff<html><body>x</body></html>", "", KindHTML},
		{"page", "The clinic", "text/html; charset=utf-8", KindHTML},
		{"a.txt", "Temperatures < 5 and > 3 <b>do</b> not make a page", "", KindText},
		{"a.txt", "# Title\n\ntext\n\n# Other\n\ntext", "", KindFAQ},
		{"a.csv", "a,b\n1,2\n", "", KindFAQ},
		{"a.txt", "\xff\xfeH\x00e\x00l\x00l\x00o\x00", "", KindText},
		{"a.html", "PK\x03\x04" + strings.Repeat("\x00\x01", 20), "text/html", ""},
		{"a.html", "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00a", 20), "text/html", ""},
		{"a.html", "GIF89a" + strings.Repeat("\x01", 20), "", ""},
		{"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 50), "", ""},
		{"a.rtf", `{\rtf1 hello}`, "", ""},
		{"a.html", "", "text/html", ""},
	} {
		kind, _, err := Sniff([]byte(test.data), test.name, test.contentType)
		if kind != test.want || test.want == "" && frontdesk.CodeOf(err) != CodeNotADocument {
			t.Errorf("%s %q: %q, %v; want %q", test.name, test.data, kind, err, test.want)
		}
	}
}

func FuzzReadFAQ(f *testing.F) {
	f.Add([]byte("question,answer\n\"a\"\"b\",c\n"), true)
	f.Add([]byte("sep=\n"), true)
	f.Add([]byte("# a?\nb\n|x|\n|--|\n"), false)
	f.Add([]byte("Q: a\nA:\nQ:"), false)
	f.Fuzz(func(t *testing.T, data []byte, table bool) {
		name := "a.md"
		if table {
			name = "a.csv"
		}
		doc, err := ReadFAQ(context.Background(), data, name, "")
		if err != nil {
			if frontdesk.CodeOf(err) == frontdesk.CodeInternal {
				t.Errorf("uncoded error %v", err)
			}
			return
		}
		Split(doc, "en")
	})
}

func FuzzReadText(f *testing.F) {
	f.Add([]byte("A\n====\n\n\tb\tc\n\td\te\n"))
	f.Add([]byte("\xef\xbb\xbf\xd0\xd2\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := ReadText(context.Background(), data, "")
		if err != nil {
			if frontdesk.CodeOf(err) != CodeNoText {
				t.Errorf("error %v", err)
			}
			return
		}
		Split(doc, "en")
	})
}
