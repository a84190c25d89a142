package ingest

import (
	"slices"
	"strings"
	"testing"

	"frontdesk"
)

func onePage(blocks ...Block) Document {
	return Document{Title: "Guide", Language: "fr", Pages: []Page{{Number: 3, Blocks: blocks}}}
}

func TestRowKeepsItsSectionAndHeader(t *testing.T) {
	t.Parallel()
	got := Split(onePage(
		Block{Kind: BlockHeading, Level: 1, Text: "Tarifs"},
		Block{Kind: BlockTable, Header: []string{"Acte", "Prix"}, Rows: [][]string{{"Soins"}, {"Consultation", "28 €"}, {"Détartrage", "43 €"}}},
	), "fr")
	if len(got) != 2 || got[0].Text != "Consultation | 28 €" || got[0].Kind != frontdesk.PassageRow || got[0].Page != 3 {
		t.Fatalf("got %+v", got)
	}
	if want := []string{"Guide", "Tarifs", "Soins", "Acte | Prix"}; !slices.Equal(got[0].Headings, want) {
		t.Errorf("headings %q, want %q", got[0].Headings, want)
	}
	if got[0].Hash == got[1].Hash || got[0].Hash == "" {
		t.Error("hashes do not tell the rows apart")
	}
}

func TestRowWithoutFirstCellContinuesTheOneBefore(t *testing.T) {
	t.Parallel()
	got := Split(onePage(Block{Kind: BlockTable, Rows: [][]string{{"Dr Roux", "lundi 9h-12h"}, {"", "jeudi 14h-18h"}, {"Dr Blin", "mardi 9h-12h"}}}), "fr")
	if len(got) != 2 || got[0].Text != "Dr Roux | lundi 9h-12h\njeudi 14h-18h" {
		t.Errorf("got %+v", got)
	}
}

func TestWeekOfHoursStaysTogether(t *testing.T) {
	t.Parallel()
	got := Split(onePage(Block{Kind: BlockTable, Rows: [][]string{{"Lundi", "9h-12h"}, {"Mardi", "Fermé"}, {"Mercredi", "9h-17h"}}}), "fr")
	if len(got) != 1 || len(Sentences(got[0])) != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestContentsAreAKindOfTheirOwn(t *testing.T) {
	t.Parallel()
	got := Split(onePage(Block{Kind: BlockContents, Text: "Visites .... 4"}, Block{Kind: BlockText, Text: "Les visites sont libres."}), "fr")
	if len(got) != 2 || got[0].Kind != frontdesk.PassageContents || len(got[0].Facts) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestPassageNeverCrossesAPage(t *testing.T) {
	t.Parallel()
	doc := Document{Pages: []Page{
		{Number: 1, Blocks: []Block{{Kind: BlockText, Text: "Première page."}}},
		{Number: 2, Blocks: []Block{{Kind: BlockText, Text: "Deuxième page."}}},
	}}
	got := Split(doc, "fr")
	if len(got) != 2 || got[0].Page != 1 || got[1].Page != 2 || got[1].Ordinal != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestWrappedLinesAreJoinedAndListsAreNot(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"Les visiteurs sont priés de\nquitter les chambres.", "Les visiteurs sont priés de quitter les chambres."},
		{"À apporter :\n- carte vitale\n- mutuelle", "À apporter :\n- carte vitale\n- mutuelle"},
		{"12 rue des Lilas\nTours", "12 rue des Lilas\nTours"},
		{" \n\n", ""},
	}
	for _, tt := range tests {
		if got := unwrap(tt.text); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func FuzzSplitKeepsEveryWordOnce(f *testing.F) {
	for _, seed := range []string{"Les visites ont lieu de 14 h à 19 h.", strings.Repeat("mot ", 900), "a;b\x00\xff\n\n•", strings.Repeat("x", 2000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Split(onePage(Block{Kind: BlockText, Text: text}), "fr") {
			if len(p.Text) > passageMost+4 || p.Text == "" {
				t.Errorf("a passage of %d bytes", len(p.Text))
			}
			end := 0
			for _, s := range Sentences(p) {
				if s.Start < end || s.End > len(p.Text) || s.Start >= s.End {
					t.Fatalf("sentence %d-%d after %d in %d bytes", s.Start, s.End, end, len(p.Text))
				}
				end = s.End
			}
			for _, fact := range p.Facts {
				if fact.Quote == "" || !strings.Contains(p.Text, fact.Quote) {
					t.Errorf("fact %+v is not quoted from the passage", fact)
				}
			}
		}
	})
}
