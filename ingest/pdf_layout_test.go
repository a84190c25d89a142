package ingest

import (
	"slices"
	"strings"
	"testing"
)

// arabicGlyphs writes letters from the right, one every ten points; letters in
// brackets share one place, as those of a ligature do.
func arabicGlyphs(text string) []glyph {
	var out []glyph
	x, inside := 500.0, false
	for _, r := range text {
		switch r {
		case '[', ']':
			inside = r == '['
			x -= 10
			continue
		case ' ':
			out = append(out, glyph{r: ' ', space: true})
			continue
		}
		out = append(out, glyph{r: r, size: 10, box: box{x, 0, x + 10, 12}})
		if !inside {
			x -= 10
		}
	}
	return out
}

func TestLigaturesComeInLogicalOrder(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ا[أل]صوات ا[مل]صرح":  "الأصوات المصرح", // turned with the line
		"ا[لأ]صوات ا[لم]صرح":  "الأصوات المصرح", // as it should be
		"ا[مل]صرح":            "املصرح",         // nothing tells
		"الأصوات":             "الأصوات",
		"[ال]عيادة [لا] [لا]": "العيادة لا لا",
	} {
		glyphs := arabicGlyphs(in)
		orderLigatures(glyphs)
		var b strings.Builder
		for _, g := range glyphs {
			b.WriteRune(g.r)
		}
		if b.String() != want {
			t.Errorf("%s: got %s, want %s", in, b.String(), want)
		}
	}
}

func TestTablesWrittenFromTheRightStartThere(t *testing.T) {
	t.Parallel()
	cell := func(x float64, text string) []line {
		w := word{text: text, box: box{x, 10, x + 60, 22}, size: 12, rtl: isRightToLeft(text)}
		return []line{{words: []word{w}, box: w.box}}
	}
	row := func(name, price string) tableRow {
		return tableRow{cells: [][]line{cell(100, price), cell(400, name)}, box: box{100, 10, 460, 22}}
	}
	b := &blockBuilder{style: &style{}}
	b.tableBlocks([]tableRow{row("الخدمة", "السعر"), row("استشارة", "60 €"), row("تحليل", "12 €")})
	want := []string{"0 head: الخدمة | السعر", "0 row: استشارة | 60 €", "0 row: تحليل | 12 €"}
	if got := pdfOutline(Document{Pages: []Page{{Blocks: b.blocks}}}); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestTablesJoinTheRowsOfAHeader(t *testing.T) {
	t.Parallel()
	row := func(bold bool, texts ...string) tableRow {
		r := tableRow{cells: make([][]line, len(texts)), box: box{0, 0, 400, 12}}
		for c, text := range texts {
			if text != "" {
				w := word{text: text, box: box{100 * float64(c), 0, 100*float64(c) + 60, 12}, size: 12, bold: bold}
				r.cells[c] = []line{{words: []word{w}, box: w.box}}
			}
		}
		return r
	}
	for name, c := range map[string]struct {
		rows []tableRow
		want []string
	}{
		"a name over two columns": {
			[]tableRow{row(true, "Service", "Price", ""), row(true, "", "Adults", "Children"), row(false, "Consultation", "60 €", "40 €"), row(false, "Cleaning", "80 €", "50 €")},
			[]string{"0 head: Service | Price Adults | Children", "0 row: Consultation | 60 € | 40 €", "0 row: Cleaning | 80 € | 50 €"},
		},
		"one row, then a section": {
			[]tableRow{row(true, "Service", "Code", "Price"), row(true, "Dentist", "", ""), row(false, "Crown", "7", "450 €"), row(false, "Filling", "8", "95 €")},
			[]string{"0 heading: Dentist", "0 head: Service | Code | Price", "0 row: Crown | 7 | 450 €", "0 row: Filling | 8 | 95 €"},
		},
		"one row, then a service without a price": {
			[]tableRow{row(true, "Service", "Note", "Price"), row(false, "Report", "on request", ""), row(false, "Crown", "gold", "450 €"), row(false, "Filling", "white", "95 €")},
			[]string{"0 head: Service | Note | Price", "0 row: Report | on request | ", "0 row: Crown | gold | 450 €", "0 row: Filling | white | 95 €"},
		},
	} {
		b := &blockBuilder{style: &style{}}
		b.tableBlocks(c.rows)
		if got := pdfOutline(Document{Pages: []Page{{Blocks: b.blocks}}}); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestTablesKeepTheirHeaderOnTheNextPage(t *testing.T) {
	t.Parallel()
	table := func(header []string, rows ...[]string) Block {
		return Block{Kind: BlockTable, Header: header, Rows: rows}
	}
	head := []string{"Code", "Service", "Price"}
	for name, c := range map[string]struct {
		next []Block
		want []string // header of the last block
	}{
		"same columns":            {[]Block{table(nil, []string{"2", "Glucose", "5"})}, head},
		"an empty margin":         {[]Block{table(nil, []string{"2", "Glucose", "5", ""})}, head},
		"below a section's title": {[]Block{table(nil, []string{"2", "Glucose", "5", ""}), {Kind: BlockHeading, Level: sectionLevel, Text: "Urine"}, table(nil, []string{"3", "Culture", "9", ""})}, head},
		"another table":           {[]Block{table(nil, []string{"2", "Glucose", "5", "today"})}, nil},
		"after text":              {[]Block{{Kind: BlockText, Text: "Opening hours"}, table(nil, []string{"2", "Glucose", "5"})}, nil},
	} {
		pages := []Page{{Number: 1, Blocks: []Block{table(head, []string{"1", "Blood count", "12"})}}, {Number: 2, Blocks: c.next}}
		continueTables(pages)
		last := c.next[len(c.next)-1]
		if !slices.Equal(last.Header, c.want) {
			t.Errorf("%s: header %q", name, last.Header)
		}
		if c.want != nil && len(last.Rows[0]) != len(head) {
			t.Errorf("%s: row %q", name, last.Rows[0])
		}
	}
}

func TestContentsAreKeptTogether(t *testing.T) {
	t.Parallel()
	pages := []Page{
		{Number: 1, Blocks: []Block{{Kind: BlockContents, Text: "Admission 2\nVisits 3\nMeals 3"}}},
		{Number: 2, Blocks: []Block{
			{Kind: BlockTable, Rows: [][]string{{"Parking", "4"}, {"Laundry", "5"}}},
			{Kind: BlockItem, Text: "5. Going home (law of 2002) ... 17"},
			{Kind: BlockText, Text: "Visits are from 2 to 8."},
			{Kind: BlockTable, Rows: [][]string{{"Single room", "40"}, {"Double room", "20"}}},
		}},
	}
	continueContents(pages)
	var kinds []BlockKind
	for _, b := range pages[1].Blocks {
		kinds = append(kinds, b.Kind)
	}
	if want := []BlockKind{BlockContents, BlockContents, BlockText, BlockTable}; !slices.Equal(kinds, want) {
		t.Errorf("got %q", kinds)
	}
}
