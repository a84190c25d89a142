// Command sample makes the documents of the demo's clinic: real PDFs with what
// real ones are hard for (a price table, two columns, a table of contents,
// headers on each page). Everything about the clinic is invented. Run it by
// `make sample`; the PDFs are committed so that nothing has to be generated to run.
package main

import (
	"fmt"
	"log"
	"path/filepath"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

const folder = "cmd/frontdesk/sample/documents"

// made is the documents' own date, so that two runs give the same bytes.
func made() time.Time { return time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC) }

func main() {
	for name, draw := range map[string]func(*page){
		"livret-accueil.pdf":         welcomeBooklet,
		"tarifs-2026.pdf":            priceList,
		"blood-test-preparation.pdf": bloodTestLeaflet,
	} {
		if err := write(name, draw); err != nil {
			log.Fatalf("sample: %s: %v", name, err)
		}
	}
}

func write(name string, draw func(*page)) error {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(made())
	pdf.SetModificationDate(made())
	pdf.SetCompression(true)
	p := &page{Fpdf: pdf, tr: pdf.UnicodeTranslatorFromDescriptor("")}
	draw(p)
	if err := pdf.OutputFileAndClose(filepath.Join(folder, name)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// page draws the few shapes that the documents consist of.
type page struct {
	*fpdf.Fpdf
	tr func(string) string
}

// running sets a header and footer that repeat on each page.
func (p *page) running(header, footer string) {
	p.SetHeaderFunc(func() {
		p.SetFont("Helvetica", "I", 9)
		p.SetTextColor(110, 110, 110)
		p.CellFormat(0, 6, p.tr(header), "B", 1, "R", false, 0, "")
		p.SetTextColor(0, 0, 0)
		p.Ln(6)
	})
	p.SetFooterFunc(func() {
		p.SetY(-15)
		p.SetFont("Helvetica", "I", 8)
		p.CellFormat(0, 8, p.tr(fmt.Sprintf("%s – %d", footer, p.PageNo())), "", 0, "C", false, 0, "")
	})
}

func (p *page) title(text string) {
	p.SetFont("Helvetica", "B", 22)
	p.MultiCell(0, 11, p.tr(text), "", "L", false)
	p.Ln(4)
}

func (p *page) heading(text string) {
	p.Ln(2)
	p.SetFont("Helvetica", "B", 14)
	p.MultiCell(0, 8, p.tr(text), "", "L", false)
	p.Ln(1)
}

func (p *page) body(text string) {
	p.SetFont("Helvetica", "", 11)
	p.MultiCell(0, 5.6, p.tr(text), "", "J", false)
	p.Ln(2)
}

func (p *page) items(texts ...string) {
	p.SetFont("Helvetica", "", 11)
	for _, text := range texts {
		p.CellFormat(6, 5.6, p.tr("•"), "", 0, "R", false, 0, "")
		p.MultiCell(0, 5.6, p.tr(text), "", "L", false)
	}
	p.Ln(2)
}

// contents draws a table of contents with leaders.
func (p *page) contents(lines map[int][2]string) {
	p.SetFont("Helvetica", "", 11)
	for i := range len(lines) {
		line := lines[i]
		width := 165.0 - p.GetStringWidth(p.tr(line[0]))
		dots := ""
		for p.GetStringWidth(dots+" .") < width {
			dots += " ."
		}
		p.CellFormat(0, 6, p.tr(line[0]+dots+" "+line[1]), "", 1, "L", false, 0, "")
	}
}

// table draws rows under a header line; widths are in millimetres.
func (p *page) table(widths []float64, header []string, rows [][]string) {
	p.SetFont("Helvetica", "B", 11)
	p.SetFillColor(232, 238, 236)
	for i, cell := range header {
		p.CellFormat(widths[i], 8, p.tr(cell), "1", 0, "L", true, 0, "")
	}
	p.Ln(-1)
	p.SetFont("Helvetica", "", 11)
	for _, row := range rows {
		for i, cell := range row {
			p.CellFormat(widths[i], 7, p.tr(cell), "1", 0, "L", false, 0, "")
		}
		p.Ln(-1)
	}
	p.Ln(3)
}
