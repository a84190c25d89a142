package ingest

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"hash/adler32"
	"slices"
	"strings"
	"testing"
	"time"

	"frontdesk"
)

// zipped packs about size bytes, the pattern over and over. A piece is packed once
// and repeated, which a packed stream allows at a flushed edge.
func zipped(t testing.TB, pattern string, size int) []byte {
	t.Helper()
	piece := []byte(strings.Repeat(pattern, 1<<20/len(pattern)))
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(piece); err != nil {
		t.Fatal(err)
	}
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	out := []byte{0x78, 0xDA}
	sum := adler32.New()
	for ; size > 0; size -= len(piece) {
		out = append(out, packed.Bytes()...)
		sum.Write(piece)
	}
	return sum.Sum(append(out, 3, 0)) // an empty last block, the sum of all
}

// singlePage is a file whose only page draws object 4.
func singlePage(more func(w *pdfWriter)) []byte {
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.5\n")
	w.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	w.object(2, "<< /Type /Pages /Count 1 /Kids [3 0 R] >>")
	w.object(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << /X 5 0 R >> >> >>")
	more(w)
	return w.finish("")
}

func contentBomb(t testing.TB, pattern string, size int) []byte {
	return singlePage(func(w *pdfWriter) { w.stream(4, "/Filter /FlateDecode ", zipped(t, pattern, size)) })
}

func nestedBomb(t testing.TB) []byte {
	t.Helper()
	inner := zipped(t, "\x00", 400<<20)
	var outer bytes.Buffer
	z := zlib.NewWriter(&outer)
	if _, err := z.Write(inner); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return singlePage(func(w *pdfWriter) { w.stream(4, "/Filter [/FlateDecode /FlateDecode] ", outer.Bytes()) })
}

// recursiveForms is a form that draws itself ten times.
func recursiveForms() []byte {
	return singlePage(func(w *pdfWriter) {
		w.stream(4, "", []byte("/X Do"))
		w.stream(5, "/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X 5 0 R >> >> ", []byte(strings.Repeat("/X Do\n", 10)))
	})
}

// laughingForms are ten forms of which each draws the next ten times.
func laughingForms() []byte {
	return singlePage(func(w *pdfWriter) {
		w.stream(4, "", []byte("/X Do"))
		for n := 5; n < 15; n++ {
			w.stream(n, fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X %d 0 R >> >> ", n+1), []byte(strings.Repeat("/X Do\n", 10)))
		}
		w.stream(15, "/Type /XObject /Subtype /Form /BBox [0 0 612 792] ", []byte("0 0 m 9 9 l S"))
	})
}

// deepTree is a page below depth nodes.
func deepTree(depth int) []byte {
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.4\n")
	w.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	for n := 2; n < depth+2; n++ {
		w.object(n, fmt.Sprintf("<< /Type /Pages /Count 1 /Kids [%d 0 R] >>", n+1))
	}
	w.object(depth+2, fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] >>", depth+1))
	return w.finish("")
}

// manyPages has n pages without content.
func manyPages(n int) []byte {
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.4\n")
	w.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	w.object(2, fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", n, strings.Repeat("3 0 R ", n)))
	w.object(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>")
	return w.finish("")
}

// objectStreamBomb keeps its catalogue in an object stream of size bytes.
func objectStreamBomb(t testing.TB, size int) []byte {
	t.Helper()
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.5\n")
	w.stream(1, "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode ", zipped(t, "2 0 ", size))
	at := w.buf.Len()
	table := []byte{0, 0, 0, 0, 255, 1, 0, 0, byte(w.offsets[0]), 0, 2, 0, 0, 1, 0}
	fmt.Fprintf(&w.buf, "3 0 obj\n<< /Type /XRef /Size 3 /W [1 3 1] /Root 2 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(table), table, at)
	return w.buf.Bytes()
}

// xrefBomb declares a table of two thousand million objects in a stream of zeros.
func xrefBomb(t testing.TB, size int) []byte {
	t.Helper()
	table := zipped(t, "\x01\x00\x00\x09\x00", size)
	var out bytes.Buffer
	out.WriteString("%PDF-1.5\n")
	fmt.Fprintf(&out, "1 0 obj\n<< /Type /XRef /Size 2000000000 /W [1 3 1] /Root 2 0 R /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n", len(table), table)
	return out.Bytes()
}

func TestReadPDFSaysItsDeclaredLanguage(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"/Lang (fr-FR)": "fr-FR", "/Lang (xx nonsense)": "", "/Lang ()": "", "": "", "/Lang <FEFF00720075>": "ru", "/Lang (" + strings.Repeat("x", 500) + ")": ""} {
		data := bytes.Replace(hello(), []byte("/Pages 2 0 R >>"), []byte("/Pages 2 0 R "+lang+" >>"), 1)
		if got := readPDF(t, data, pdfOptions()).Language; got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
}

func TestReadPDFReadsOnAfterAPageThatBreaksTheSandbox(t *testing.T) {
	t.Parallel()
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.4\n")
	w.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	w.object(2, "<< /Type /Pages /Count 3 /Kids [3 0 R 4 0 R 5 0 R] /MediaBox [0 0 612 792] /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>")
	w.object(3, "<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>")
	w.object(4, "<< /Type /Page /Parent 2 0 R /Contents 7 0 R >>")
	w.object(5, "<< /Type /Page /Parent 2 0 R /Contents 8 0 R >>")
	w.stream(6, "", []byte("BT /F1 11 Tf 72 700 Td (Admission is on the ground floor.) Tj ET"))
	w.stream(7, "/Filter /FlateDecode ", zipped(t, "0 0 m 9 9 l S\n", 300<<20))
	w.stream(8, "", []byte("BT /F1 11 Tf 72 600 Td (Parking is behind the house.) Tj ET"))
	doc := readPDF(t, w.finish(""), pdfOptions())
	wantOutline(t, doc, "1 text: Admission is on the ground floor.", "3 text: Parking is behind the house.")
	if !slices.Equal(doc.Unread, []int{2}) {
		t.Errorf("unread %v", doc.Unread)
	}
}

func TestReadPDFKeepsWhatItReadInTime(t *testing.T) {
	t.Parallel()
	var pages []*madePage
	for range 6 {
		p := &madePage{}
		p.text("F1", 11, 72, 300, "Meals are served at noon in all wards of the house.")
		pages = append(pages, p)
	}
	data := makePDF(pages...)
	clock := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	read := func(each time.Duration) (Document, error) {
		opts := pdfOptions().withDefaults()
		e, err := newEngine(context.Background(), opts.CacheDir, opts.MaxMemory)
		if err != nil {
			t.Fatal(err)
		}
		now := clock
		r := &pdfReader{opts: opts, engine: e, data: data, now: func() time.Time { return now }, step: func(bool) { now = now.Add(each) }}
		doc, err := r.readAll(context.Background())
		return doc, errors.Join(err, r.engine.close())
	}
	doc, err := read(9 * time.Second)
	if err != nil || len(doc.Unread) == 0 || doc.Unread[0] < 2 || len(doc.Pages) != len(pages) || len(doc.Warnings) == 0 {
		t.Errorf("unread %v, warnings %q, %v", doc.Unread, doc.Warnings, err)
	}
	if _, err := read(time.Hour); frontdesk.CodeOf(err) != CodeTimeout {
		t.Errorf("nothing was read in time: %v", err)
	}
}

func TestPDFOptionsGiveOCRTheTimeThatIsLeft(t *testing.T) {
	t.Parallel()
	base := PDFOptions{}.withDefaults()
	for most, want := range map[time.Duration]time.Duration{time.Hour: base.TotalOCR, 50 * time.Second: 50*time.Second - base.Timeout, time.Second: time.Millisecond, -time.Second: time.Millisecond} {
		if got := base.within(most); got.TotalOCR != want || got.Timeout > max(most, time.Millisecond) {
			t.Errorf("within %s: %+v", most, got)
		}
	}
}

func TestReadPDFIsolatedRefusesBombsSoon(t *testing.T) {
	t.Parallel()
	exe := childScript(t, "")
	refused := []frontdesk.Code{CodeTooLarge, CodeTimeout, CodeNoText, CodeNotADocument, CodeTooManyPages}
	for name, data := range map[string][]byte{
		"zeros in a page":       contentBomb(t, "\x00", 400<<20),
		"operators in a page":   contentBomb(t, "0 0 m 9 9 l S\n", 300<<20),
		"letters in a page":     contentBomb(t, "BT /F1 9 Tf (aaaaaaaaaaaaaaaa) Tj ET\n", 100<<20),
		"opened brackets":       contentBomb(t, "[<<", 50<<20),
		"flate in flate":        nestedBomb(t),
		"form within itself":    recursiveForms(),
		"ten forms ten times":   laughingForms(),
		"deep tree of pages":    deepTree(5000),
		"thousands of pages":    manyPages(20_000),
		"object stream":         objectStreamBomb(t, 400<<20),
		"table of objects":      xrefBomb(t, 300<<20),
		"root that is its page": []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/Count 9>>endobj trailer<</Root 1 0 R>>"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			doc, err := ReadPDFIsolated(context.Background(), exe, data, pdfOptions())
			took := time.Since(start)
			t.Logf("%d kB: %s after %s", len(data)>>10, frontdesk.CodeOf(err), took.Round(10*time.Millisecond))
			if err == nil {
				t.Fatalf("read %d pages", len(doc.Pages))
			}
			if code := frontdesk.CodeOf(err); !slices.Contains(refused, code) {
				t.Errorf("code %s: %v", code, err)
			}
			const soon = 45 * time.Second // twice and more what it takes on a busy machine
			if took > soon {
				t.Errorf("took %s", took)
			}
		})
	}
}
