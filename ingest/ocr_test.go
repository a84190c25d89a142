package ingest

import (
	"context"
	"image"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// needTesseract skips, loudly, where the program is not installed; CI has it.
func needTesseract(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tesseract"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tesseract is not installed")
		}
		t.Skip("SKIPPED: tesseract is not installed, reading pictures is not tested")
	}
}

// photograph draws a page as a scanner would see it.
func photograph(t *testing.T, data []byte) *image.Gray {
	t.Helper()
	e, err := newEngine(context.Background(), pdfOptions().CacheDir, 256<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.close(); err != nil {
			t.Error(err)
		}
	}()
	f, err := e.open(data)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := f.render(1, 612, 792)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func priceSheet() *madePage {
	p := &madePage{}
	p.text("F2", 20, 72, 90, "Laboratory price list")
	for i, row := range [][2]string{{"Blood count with differential", "1200"}, {"Fasting glucose in serum", "500"}, {"Total cholesterol in serum", "800"}, {"Urine culture with antibiogram", "1800"}} {
		p.text("F1", 14, 72, 140+26*float64(i), row[0])
		p.text("F1", 14, 450, 140+26*float64(i), row[1])
	}
	return p
}

func TestReadPDFReadsAPageThatIsAPicture(t *testing.T) {
	t.Parallel()
	needTesseract(t)
	upright := photograph(t, makePDF(priceSheet()))
	for name, img := range map[string]*image.Gray{"straight": upright, "skewed": rotateImage(upright, 0.03)} {
		t.Run(name, func(t *testing.T) {
			opts := pdfOptions()
			opts.NoOCR, opts.Language = false, "en"
			doc := readPDF(t, makePDF(&madePage{picture: img}), opts)
			got := strings.Join(pdfOutline(doc), "\n")
			for _, want := range []string{"row: Fasting glucose in serum | 500", "row: Urine culture with antibiogram | 1800"} {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			if len(doc.Unread) > 0 {
				t.Errorf("unread %v", doc.Unread)
			}
		})
	}
}

func TestReadPDFDoesNotTrustGarbageOverAPicture(t *testing.T) {
	t.Parallel()
	needTesseract(t)
	p := &madePage{picture: photograph(t, makePDF(priceSheet()))}
	p.content.WriteString("3 Tr\n") // invisible, as layers over scans are
	for i, noise := range []string{"Mecro Haxox([eHr,fl r'le6oKcapbr 9yeautcKae BcooTBeTcTB14I4 c3aKoHoM", "ynuUa flpocnaBcKafl Pecny6nnKa oCyu{ecrBneHr4fl npeAocTaBneHa4a HacTo9uqa", "nr4qeH3npyeMoro BVIAa ,qerreJrbHocrr4 npoAn5IeTc91"} {
		p.text("F1", 12, 72, 150+30*float64(i), noise)
	}
	opts := pdfOptions()
	opts.NoOCR, opts.Language = false, "en"
	got := strings.Join(pdfOutline(readPDF(t, makePDF(p), opts)), "\n")
	if strings.Contains(got, "Haxox") || !strings.Contains(got, "Fasting glucose") {
		t.Errorf("blocks:\n%s", got)
	}
}

func TestParseTSVSkipsWhatIsNoWord(t *testing.T) {
	t.Parallel()
	table := strings.Join([]string{
		"level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
		"4\t1\t1\t1\t1\t0\t10\t20\t300\t30\t-1\t",
		"5\t1\t1\t1\t1\t1\t10\t20\t100\t30\t96.5\tBlood",
		"5\t1\t1\t1\t1\t2\t120\t20\t100\t30\t91\t ",
		"5\t1\t1\t1\t1\t3\tx\t20\t100\t30\t91\tcount",
		"5\t1\t1",
	}, "\n")
	words := parseTSV(table)
	if len(words) != 1 || words[0].text != "Blood" || words[0].box != (box{10, 20, 110, 50}) || words[0].conf != 96.5 {
		t.Errorf("got %+v", words)
	}
}

func TestTurnImageTurnsClockwise(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 3, 2))
	img.Pix[0] = 9 // top left
	for quarters, want := range map[int][2]int{0: {0, 0}, 1: {1, 0}, 2: {2, 1}, 3: {0, 2}} {
		if got := turnImage(img, quarters); got.GrayAt(want[0], want[1]).Y != 9 {
			t.Errorf("%d quarters: corner is not at %v", quarters, want)
		}
	}
}

func TestSkewIsMeasuredAndUndone(t *testing.T) {
	t.Parallel()
	const angle = 0.02
	var words []ocrWord
	for l := range 5 {
		for i := range 6 {
			x := 100 + 120*float64(i)
			y := 200 + 60*float64(l) + x*math.Tan(angle)
			words = append(words, ocrWord{text: "word", box: box{x, y, x + 90, y + 30}, line: [3]int{1, 1, l}})
		}
	}
	skew := skewOf(words)
	if math.Abs(skew-angle) > 0.002 {
		t.Fatalf("skew %v, want %v", skew, angle)
	}
	level := levelWords(words, skew, 1, 1000, 1000)
	if lines := toLines(level); len(lines) != 5 || math.Abs(level[0].box.midY()-level[5].box.midY()) > 1 {
		t.Errorf("%d lines after levelling", len(lines))
	}
}
