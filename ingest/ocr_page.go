package ingest

import (
	"context"
	"errors"
	"image"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"frontdesk/language"
)

// pageOCR reads the pictures of a document, within its time.
type pageOCR struct {
	program *tesseract
	file    *pdfiumFile
	opts    PDFOptions
	near    string // text of the document's other pages, to tell its language
	end     time.Time
	now     func() time.Time
}

// ocrResult is what one reading of a page's picture gave.
type ocrResult struct {
	words   []ocrWord
	conf    float64 // mean over letters, 0 to 100
	letters int
	img     *image.Gray
	turned  int
	skew    float64
}

// Measures of OCR.
const (
	confWord   = 25.0  // words below are noise
	confLetter = 60.0  // the same, for what is a single letter or figure
	confGood   = 72.0  // of a page; below, other languages and directions are tried
	confLeast  = 45.0  // of a page; below, it counts as unread
	skewTurn   = 0.035 // radians of slope above which the picture is turned and read again
)

// page reads page n. The words come in points of the upright page.
func (o *pageOCR) page(ctx context.Context, p *pageLayout) ([]word, error) {
	left := min(o.opts.PageOCR, o.end.Sub(o.now()))
	if left <= 0 {
		return nil, errors.New("no time left for OCR")
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	img, dpi, err := o.file.render(p.number, p.width, p.height)
	if err != nil {
		return nil, err
	}
	best, err := o.read(ctx, img, dpi)
	if err != nil {
		return nil, err
	}
	if best.conf < confLeast || best.letters == 0 {
		return nil, errors.New("the picture has no text that can be read")
	}
	p.turned(best.turned)
	scale := pointPerInch / float64(dpi)
	return levelWords(best.words, best.skew, scale, float64(best.img.Rect.Dx()), float64(best.img.Rect.Dy())), nil
}

// read reads a picture: in the likely language, then, where that is not good, in
// the direction and script that tesseract sees, then straightened.
func (o *pageOCR) read(ctx context.Context, img *image.Gray, dpi int) (ocrResult, error) {
	best, err := o.try(ctx, img, dpi, o.likely())
	if err != nil {
		return best, err
	}
	if best.conf < confGood || best.letters < 40 || best.lying() {
		if lying, err := o.program.orient(ctx, img, dpi); err == nil {
			quarters := lying.rotate / 90
			langs := o.installed(scriptLanguages(lying.script))
			if quarters != 0 || !o.sameScript(langs) {
				best = o.better(ctx, best, turnImage(img, quarters), dpi, langs, quarters)
			}
		}
	}
	if guess := o.installed([]string{tesseractName(language.Detect(best.text()).Tag)}); best.letters > 200 && len(guess) == 1 && !slices.Contains(o.likely(), guess[0]) {
		best = o.better(ctx, best, best.img, dpi, guess, best.turned)
	}
	best.skew = skewOf(best.words)
	if math.Abs(best.skew) > skewTurn {
		straight := o.better(ctx, best, rotateImage(best.img, -best.skew), dpi, o.likely(), best.turned)
		straight.skew = skewOf(straight.words)
		best = straight
	}
	return best, nil
}

// better reads a picture once more and returns the better of the two readings.
func (o *pageOCR) better(ctx context.Context, best ocrResult, img *image.Gray, dpi int, langs []string, turned int) ocrResult {
	if len(langs) == 0 {
		langs = o.likely()
	}
	other, err := o.try(ctx, img, dpi, langs)
	if err != nil || other.worth() <= best.worth() && !(best.lying() && !other.lying() && 2*other.letters > best.letters) {
		return best
	}
	other.turned = turned
	return other
}

// worth weighs how much was read and how surely.
func (r ocrResult) worth() float64 { return r.conf * math.Sqrt(float64(r.letters)) }

// lying tells whether most words are taller than wide: tesseract reads lines that
// run up or down, but mixes them up.
func (r ocrResult) lying() bool {
	const long = 4 // letters of a word that is wider than tall when it stands upright
	tall, all := 0, 0
	for _, w := range r.words {
		if len([]rune(w.text)) < long {
			continue
		}
		all++
		if w.box.height() > w.box.width() {
			tall++
		}
	}
	return 2*tall > all
}

func isMoney(text string) bool { return strings.ContainsAny(text, "€$£₽₴₡%") }

func (r ocrResult) text() string {
	parts := make([]string, len(r.words))
	for i, w := range r.words {
		parts[i] = w.text
	}
	return strings.Join(parts, " ")
}

func (o *pageOCR) try(ctx context.Context, img *image.Gray, dpi int, langs []string) (ocrResult, error) {
	words, err := o.program.read(ctx, img, dpi, langs, psmAuto)
	if err != nil {
		return ocrResult{}, err
	}
	r := ocrResult{img: img}
	sum := 0.0
	for _, w := range words {
		n := 0
		for _, c := range w.text {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				n++
			}
		}
		if w.conf < confWord || n == 0 && !isBullet(w.text) && !isMoney(w.text) || n == 1 && w.conf < confLetter && !isBullet(w.text) {
			continue // lines, stains and pieces of stamps
		}
		r.words = append(r.words, w)
		r.letters += n
		sum += w.conf * float64(n)
	}
	if r.letters > 0 {
		r.conf = sum / float64(r.letters)
	}
	return r, nil
}

// likely returns the languages to begin with: those of the neighbouring text,
// else the clinic's, else English.
func (o *pageOCR) likely() []string {
	const enough = 200 // bytes of text that tell a language
	if len(o.near) >= enough {
		if g := language.Detect(o.near, o.opts.Language); g.Sure > 0.5 {
			if langs := o.installed([]string{tesseractName(g.Tag)}); len(langs) > 0 {
				return langs
			}
		}
	}
	if langs := o.installed([]string{tesseractName(o.opts.Language)}); len(langs) > 0 {
		return langs
	}
	if langs := o.installed([]string{"eng"}); len(langs) > 0 {
		return langs
	}
	for name := range o.program.langs {
		if name != "osd" {
			return []string{name}
		}
	}
	return nil
}

func (o *pageOCR) installed(names []string) []string {
	var out []string
	for _, n := range names {
		if n != "" && o.program.langs[n] {
			out = append(out, n)
		}
	}
	const most = 2 // each further language takes as long again
	return out[:min(len(out), most)]
}

// sameScript tells whether the likely language is already among those given.
func (o *pageOCR) sameScript(langs []string) bool {
	for _, l := range o.likely() {
		if slices.Contains(langs, l) {
			return true
		}
	}
	return len(langs) == 0
}
