package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"frontdesk"
)

// pdfOptions shares one compile of pdfium between all tests of this machine.
func pdfOptions() PDFOptions {
	return PDFOptions{CacheDir: filepath.Join(os.TempDir(), "frontdesk-test-pdfium"), NoOCR: true}
}

func readPDF(t *testing.T, data []byte, opts PDFOptions) Document {
	t.Helper()
	doc, err := ReadPDF(context.Background(), data, opts)
	if err != nil {
		t.Fatalf("ReadPDF: %v", err)
	}
	return doc
}

// pdfOutline writes a document's blocks one a line, for comparing.
func pdfOutline(doc Document) []string {
	var out []string
	for _, p := range doc.Pages {
		for _, b := range p.Blocks {
			if b.Kind != BlockTable {
				out = append(out, fmt.Sprintf("%d %s: %s", p.Number, b.Kind, strings.ReplaceAll(b.Text, "\n", " / ")))
				continue
			}
			if b.Header != nil {
				out = append(out, fmt.Sprintf("%d head: %s", p.Number, strings.Join(b.Header, " | ")))
			}
			for _, r := range b.Rows {
				out = append(out, fmt.Sprintf("%d row: %s", p.Number, strings.Join(r, " | ")))
			}
		}
	}
	return out
}

func wantOutline(t *testing.T, doc Document, want ...string) {
	t.Helper()
	if got := pdfOutline(doc); !slices.Equal(got, want) {
		t.Errorf("blocks:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestReadPDFRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	page := func() *madePage {
		p := &madePage{}
		p.text("F1", 11, 72, 100, "Opening hours are from nine to five.")
		return p
	}
	fine := makePDF(page())
	late, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	giant := bytes.Replace(fine, []byte("/Width 1 /Height 1 "), []byte("/Width 99999 /Height 99999 "), 1)
	jbig2 := &pdfWriter{}
	jbig2.buf.WriteString("%PDF-1.4\n")
	jbig2.stream(1, "/Filter /JBIG2Decode ", []byte("\x00\x00\x00\x00\x30\x00\x01\x00\x00\x00\x13\x00\x01\x86\xa0\x00\x01\x86\xa0\x00\x00\x00\x00"))
	for name, c := range map[string]struct {
		ctx  context.Context
		data []byte
		opts PDFOptions
		want frontdesk.Code
	}{
		"no bytes":            {data: nil, want: CodeNotADocument},
		"a text file":         {data: []byte("Opening hours: 9-17"), want: CodeNotADocument},
		"only a header":       {data: []byte("%PDF-1.7\n"), want: CodeNotADocument},
		"cut in the middle":   {data: fine[:120], want: CodeNotADocument},
		"locked":              {data: lockedPDF(), want: CodeEncrypted},
		"too many bytes":      {data: fine, opts: PDFOptions{MaxBytes: 100}, want: CodeTooLarge},
		"too many pages":      {data: makePDF(page(), page()), opts: PDFOptions{MaxPages: 1}, want: CodeTooManyPages},
		"too much text":       {data: fine, opts: PDFOptions{MaxText: 5}, want: CodeTooLarge},
		"a picture too large": {data: giant, want: CodeTooLarge},
		"a JBIG2 bomb":        {data: jbig2.finish(""), want: CodeTooLarge},
		"an empty page":       {data: makePDF(&madePage{}), want: CodeNoText},
		"no time":             {ctx: late, data: fine, want: CodeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := c.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			opts := c.opts
			opts.CacheDir, opts.NoOCR = pdfOptions().CacheDir, true
			doc, err := ReadPDF(ctx, c.data, opts)
			if frontdesk.CodeOf(err) != c.want {
				t.Fatalf("got code %q (%v), want %q", frontdesk.CodeOf(err), err, c.want)
			}
			if len(doc.Pages) > 0 {
				t.Error("a refused file left pages")
			}
		})
	}
}

func TestReadPDFRepairsABrokenCrossReferenceTable(t *testing.T) {
	t.Parallel()
	p := &madePage{}
	p.text("F1", 11, 72, 100, "Hello from the reception.")
	data := makePDF(p)
	i := bytes.LastIndex(data, []byte("startxref"))
	broken := append(bytes.Clone(data[:i]), []byte("startxref\n7\n%%EOF\n")...)
	wantOutline(t, readPDF(t, broken, pdfOptions()), "1 text: Hello from the reception.")
}

func TestReadPDFJoinsLinesAndBrokenWords(t *testing.T) {
	t.Parallel()
	p := &madePage{}
	p.text("F2", 18, 72, 80, "Visiting hours")
	p.text("F1", 11, 72, 110, "Visitors are welcome in all wards from two in the afternoon until eight in the eve-")
	p.text("F1", 11, 72, 124, "ning, every day of the week, and on public holidays as well. Please wash your hands.")
	p.text("F1", 11, 72, 150, "Dogs stay at home.")
	p.text("F1", 11, 90, 170, "• one visitor at a time")
	p.text("F1", 11, 90, 184, "• no flowers in intensive care")
	wantOutline(t, readPDF(t, makePDF(p), pdfOptions()),
		"1 heading: Visiting hours",
		"1 text: Visitors are welcome in all wards from two in the afternoon until eight in the evening, every day of the week, and on public holidays as well. Please wash your hands.",
		"1 text: Dogs stay at home.",
		"1 item: • one visitor at a time",
		"1 item: • no flowers in intensive care",
	)
}

var columnLines = []string{
	"the clinic opens at eight in the morning", "and closes at six in the evening on all",
	"working days, and at noon on Saturday,", "so that people who work can come early",
	"or after their work without an appointment", "being lost for somebody else who waits.",
}

func TestReadPDFReadsColumnsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	p := &madePage{}
	for i, l := range columnLines {
		p.text("F1", 10, 60, 100+12*float64(i), l)
		p.text("F1", 10, 330, 100+12*float64(i), "right "+l[:len(l)-6])
	}
	got := pdfOutline(readPDF(t, makePDF(p), pdfOptions()))
	text := strings.Join(got, "\n")
	if strings.Contains(text, "row:") || strings.Index(text, "right") < strings.Index(text, "somebody else") {
		t.Errorf("columns are mixed:\n%s", text)
	}
}

// Columns whose lines are short lists read like a table until one sees that each
// has titles of its own; a title below both of them closes the left one's text.
func TestReadPDFReadsTitledColumnsAsText(t *testing.T) {
	t.Parallel()
	p := &madePage{}
	column := func(x float64, lines ...string) {
		for i, l := range lines {
			font, size := "F1", 10.0
			if title, ok := strings.CutPrefix(l, "# "); ok {
				font, size, l = "F2", 14, title
			}
			p.text(font, size, x, 100+16*float64(i), l)
		}
	}
	column(60, "# When we are open", "Monday to Thursday: 9:30 to 19:30", "Friday: 9:30 to 17:00", "Closed at weekends and on holidays.",
		"# Your first visit", "Bring your card and older pictures,", "come a quarter of an hour early.", "Children come with a parent.", "# What it costs", "A first look costs nothing at all.")
	column(330, "Anybody may bring a friend along.", "We speak four languages here.", "# Paying", "Cash and cards are welcome,", "cheques are not accepted.",
		"Large bills in six parts.", "# Missed visits", "A visit is called off for free")
	got := strings.Join(pdfOutline(readPDF(t, makePDF(p), pdfOptions())), "\n")
	if strings.Contains(got, "row:") {
		t.Errorf("columns of text became a table:\n%s", got)
	}
	if strings.Index(got, "What it costs") < strings.Index(got, "called off") {
		t.Errorf("the title below the columns comes before the end of the right one:\n%s", got)
	}
}

func TestReadPDFKeepsAPriceWithItsService(t *testing.T) {
	t.Parallel()
	p := &madePage{}
	p.text("F2", 16, 72, 70, "Price list 2026")
	y := 110.0
	for _, row := range [][2]string{
		{"Consultations", ""}, {"First consultation", "60 €"}, {"Follow-up consultation", "35 €"},
		{"Laboratory", ""}, {"Blood count", "12 €"}, {"Glucose", "5 €"}, {"Cholesterol", "8 €"},
	} {
		font := "F1"
		if row[1] == "" {
			font = "F2"
		}
		p.text(font, 11, 72, y, row[0])
		if row[1] != "" {
			p.right(11, 500, y, row[1])
		}
		y += 16
	}
	wantOutline(t, readPDF(t, makePDF(p), pdfOptions()),
		"1 heading: Price list 2026", "1 heading: Consultations",
		"1 row: First consultation | 60 €", "1 row: Follow-up consultation | 35 €",
		"1 heading: Laboratory", "1 row: Blood count | 12 €", "1 row: Glucose | 5 €", "1 row: Cholesterol | 8 €",
	)
}

func TestReadPDFTakesLeadersForTheEdgeOfACell(t *testing.T) {
	t.Parallel()
	p := &madePage{}
	for i, row := range [][2]string{{"Cleaning", "80 €"}, {"Filling", "95 €"}, {"Crown", "450 €"}} {
		y := 100 + 15*float64(i)
		p.text("F1", 11, 72, y, row[0]+" "+strings.Repeat(".", 60-len(row[0]))+" "+row[1])
	}
	got := pdfOutline(readPDF(t, makePDF(p), pdfOptions()))
	for i, want := range []string{"Cleaning | 80 €", "Filling | 95 €", "Crown | 450 €"} {
		if i >= len(got) || got[i] != "1 row: "+want {
			t.Fatalf("rows: %q", got)
		}
	}
}

func TestReadPDFReadsARuledTableWithItsHeaderAndSections(t *testing.T) {
	t.Parallel()
	p := &madePage{}
	rows := [][3]string{
		{"Doctor", "Days", "Room"}, {"Cardiology", "", ""},
		{"Dr Moreau", "Monday 9-12", "4"}, {"Dr Haas", "Friday 14-18", "5"},
	}
	top, height := 100.0, 20.0
	xs := []float64{72, 232, 402, 500}
	for i, row := range rows {
		y := top + height*float64(i)
		p.line(xs[0], y, xs[3], y)
		for c, cell := range row {
			p.text("F1", 10, xs[c]+4, y+14, cell)
		}
		for c, x := range xs {
			if row[1] == "" && c > 0 && c < 3 {
				continue // the section's row is one cell
			}
			p.line(x, y, x, y+height)
		}
	}
	p.line(xs[0], top+80, xs[3], top+80)
	wantOutline(t, readPDF(t, makePDF(p), pdfOptions()),
		"1 heading: Cardiology", "1 head: Doctor | Days | Room",
		"1 row: Dr Moreau | Monday 9-12 | 4", "1 row: Dr Haas | Friday 14-18 | 5",
	)
}

func TestReadPDFMarksATableOfContents(t *testing.T) {
	t.Parallel()
	contents := &madePage{}
	contents.text("F2", 16, 72, 70, "Contents")
	pages := []*madePage{contents}
	for i, title := range []string{"Admission", "Your room", "Visits", "Going home"} {
		contents.text("F1", 11, 72, 100+16*float64(i), fmt.Sprintf("%s %s %d", title, strings.Repeat(".", 70-len(title)), i+2))
		p := &madePage{}
		p.text("F2", 16, 72, 70, title)
		p.text("F1", 11, 72, 100, "All there is to know about "+strings.ToLower(title)+" stands here.")
		pages = append(pages, p)
	}
	doc := readPDF(t, makePDF(pages...), pdfOptions())
	got := pdfOutline(doc)
	if !slices.Contains(got, "1 contents: Admission 2 / Your room 3 / Visits 4 / Going home 5") {
		t.Errorf("blocks: %q", got)
	}
	if !slices.Contains(got, "4 heading: Visits") {
		t.Errorf("the section's own title is gone: %q", got)
	}
}

func TestReadPDFDropsWhatPagesRepeat(t *testing.T) {
	t.Parallel()
	var pages []*madePage
	for i, body := range []string{"Admission is on the ground floor.", "Meals are served at noon.", "Parking is behind the house."} {
		p := &madePage{}
		p.text("F1", 9, 72, 40, "Clinique Bellevue - 01 23 45 67 89")
		p.text("F1", 11, 72, 300, body)
		p.text("F1", 9, 300, 760, fmt.Sprintf("Page %d / 3", i+1))
		pages = append(pages, p)
	}
	wantOutline(t, readPDF(t, makePDF(pages...), pdfOptions()),
		"1 text: Clinique Bellevue - 01 23 45 67 89", "1 text: Admission is on the ground floor.",
		"2 text: Meals are served at noon.", "3 text: Parking is behind the house.",
	)
}

func TestReadPDFReadsTurnedPagesAndText(t *testing.T) {
	t.Parallel()
	for _, rotate := range []int{0, 90, 180, 270} {
		p := &madePage{rotate: rotate}
		p.turned(11, 200, 700, "Surgery is on the second floor")
		p.turned(11, 214, 700, "and the laboratory is on the first.")
		wantOutline(t, readPDF(t, makePDF(p), pdfOptions()),
			"1 text: Surgery is on the second floor and the laboratory is on the first.")
	}
}

func TestReadPDFNamesPagesThatArePictures(t *testing.T) {
	t.Parallel()
	text := &madePage{}
	text.text("F1", 11, 72, 100, "The fees are on the next page.")
	picture := &madePage{picture: greyPicture(60, 80, 128)}
	doc := readPDF(t, makePDF(text, picture), pdfOptions())
	if !slices.Equal(doc.Unread, []int{2}) || len(doc.Warnings) == 0 {
		t.Errorf("unread %v, warnings %q", doc.Unread, doc.Warnings)
	}
}

func TestReadPDFStopsWhenItsCallerDoes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := &madePage{}
	p.text("F1", 11, 72, 100, "Hello.")
	if _, err := ReadPDF(ctx, makePDF(p), pdfOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// BenchmarkReadPDF measures a file of text against pdftotext on the same bytes,
// process start included there and pdfium's start included here.
func BenchmarkReadPDF(b *testing.B) {
	var pages []*madePage
	for n := range 40 {
		p := &madePage{}
		for i := range 45 {
			p.text("F1", 11, 72, 80+14*float64(i), fmt.Sprintf("Line %d of page %d says when the reception is open on working days.", i, n))
		}
		pages = append(pages, p)
	}
	data := makePDF(pages...)
	opts := pdfOptions()
	if _, err := ReadPDF(context.Background(), data, opts); err != nil { // fills the compile cache
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := ReadPDF(context.Background(), data, opts); err != nil {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed() / time.Duration(b.N)
	b.StopTimer()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		b.Log("pdftotext is not installed: no ratio")
		return
	}
	path := filepath.Join(b.TempDir(), "in.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	const runs = 5
	for range runs {
		if err := exec.Command(program, path, os.DevNull).Run(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(ours)/float64(time.Since(start)/runs), "x-pdftotext")
}

func FuzzReadPDF(f *testing.F) {
	p := &madePage{}
	p.text("F1", 11, 72, 100, "Blood count ....... 12 €")
	p.line(10, 10, 200, 10)
	f.Add(makePDF(p))
	f.Add(lockedPDF())
	f.Add([]byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj trailer<</Root 1 0 R>>"))
	f.Add([]byte("%PDF-"))
	f.Fuzz(func(t *testing.T, data []byte) {
		opts := pdfOptions()
		opts.MaxPages, opts.MaxMemory, opts.Timeout, opts.TotalOCR = 20, 64<<20, 5*time.Second, time.Millisecond
		doc, err := ReadPDF(context.Background(), data, opts)
		if err != nil && frontdesk.CodeOf(err) == "" {
			t.Errorf("no code: %v", err)
		}
		if err == nil && !hasBlocks(doc) {
			t.Error("a document without text was not refused")
		}
	})
}
