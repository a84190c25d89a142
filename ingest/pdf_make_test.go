package ingest

import (
	"bytes"
	"fmt"
	"image"
	"strings"
)

// The PDFs of these tests are written here, byte by byte.

// madePage is one page of a PDF: content operators, and what they need.
type madePage struct {
	content strings.Builder
	rotate  int
	picture *image.Gray // drawn over the whole page when set
}

// text writes a line with its baseline at (x, y) from the top left, in points.
// Fonts: F1 Helvetica, F2 Helvetica-Bold.
func (p *madePage) text(font string, size, x, y float64, text string) {
	fmt.Fprintf(&p.content, "BT /%s %.1f Tf 1 0 0 1 %.1f %.1f Tm (%s) Tj ET\n", font, size, x, 792-y, escapePDF(text))
}

// turned writes a line that runs upwards from (x, y).
func (p *madePage) turned(size, x, y float64, text string) {
	fmt.Fprintf(&p.content, "BT /F1 %.1f Tf 0 1 -1 0 %.1f %.1f Tm (%s) Tj ET\n", size, x, 792-y, escapePDF(text))
}

// right writes a line that ends about x: Helvetica's figures are 0.556 em wide.
func (p *madePage) right(size, x, y float64, text string) {
	p.text("F1", size, x-0.53*size*float64(len(text)), y, text)
}

func (p *madePage) line(x0, y0, x1, y1 float64) {
	fmt.Fprintf(&p.content, "%.1f %.1f m %.1f %.1f l S\n", x0, 792-y0, x1, 792-y1)
}

func escapePDF(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune(`()\`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '€':
			b.WriteString(`\200`)
		case r == '•':
			b.WriteString(`\225`)
		case r >= 0xA0 && r <= 0xFF:
			fmt.Fprintf(&b, `\%03o`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// makePDF writes pages of 612 by 792 points into a file.
func makePDF(pages ...*madePage) []byte {
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.4\n")
	var kids []string
	const first = 5
	at := first
	for range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", at))
		at += 3
	}
	w.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	w.object(2, fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(pages), strings.Join(kids, " ")))
	w.object(3, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	w.object(4, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
	for i, p := range pages {
		n := first + 3*i
		content := p.content.String()
		if p.picture != nil {
			content = "q 612 0 0 792 0 0 cm /P Do Q\n" + content
		}
		w.object(n, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate %d /Contents %d 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> /XObject << /P %d 0 R >> >> >>", p.rotate, n+1, n+2))
		w.stream(n+1, "", []byte(content))
		picture := p.picture
		if picture == nil {
			picture = image.NewGray(image.Rect(0, 0, 1, 1))
		}
		w.stream(n+2, fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 ", picture.Rect.Dx(), picture.Rect.Dy()), picture.Pix)
	}
	return w.finish("")
}

type pdfWriter struct {
	buf     bytes.Buffer
	offsets []int
}

func (w *pdfWriter) object(n int, body string) {
	w.offsets = append(w.offsets, w.buf.Len())
	fmt.Fprintf(&w.buf, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (w *pdfWriter) stream(n int, dict string, data []byte) {
	w.offsets = append(w.offsets, w.buf.Len())
	fmt.Fprintf(&w.buf, "%d 0 obj\n<< %s/Length %d >>\nstream\n", n, dict, len(data))
	w.buf.Write(data)
	w.buf.WriteString("\nendstream\nendobj\n")
}

func (w *pdfWriter) finish(trailer string) []byte {
	at := w.buf.Len()
	fmt.Fprintf(&w.buf, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, o := range w.offsets {
		fmt.Fprintf(&w.buf, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&w.buf, "trailer\n<< /Root 1 0 R /Size %d %s>>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, trailer, at)
	return w.buf.Bytes()
}

// lockedPDF is a file that no empty password opens.
func lockedPDF() []byte {
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.4\n")
	w.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	w.object(2, "<< /Type /Pages /Count 1 /Kids [3 0 R] >>")
	w.object(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>")
	key := strings.Repeat("5a", 32)
	w.object(4, fmt.Sprintf("<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>", key, key))
	return w.finish("/Encrypt 4 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] ")
}

func greyPicture(width, height int, value byte) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = value
	}
	return img
}
