package ingest

import (
	"math"
	"strings"
	"unicode/utf16"
)

// Stage one of reading a page: glyphs, rules and pictures with their places, in a
// frame where the page is upright, x runs right and y runs down, in points.

// box is a rectangle.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) width() float64  { return b.x1 - b.x0 }
func (b box) height() float64 { return b.y1 - b.y0 }
func (b box) midX() float64   { return (b.x0 + b.x1) / 2 }
func (b box) midY() float64   { return (b.y0 + b.y1) / 2 }

func (b box) union(o box) box {
	return box{min(b.x0, o.x0), min(b.y0, o.y0), max(b.x1, o.x1), max(b.y1, o.y1)}
}

func (b box) contains(x, y float64) bool {
	return x >= b.x0 && x <= b.x1 && y >= b.y0 && y <= b.y1
}

// glyph is one character of the page's text, in the order of the text layer.
type glyph struct {
	r      rune
	box    box     // of the em, not of the ink
	size   float64 // of the font as rendered
	bold   bool
	hidden bool // drawn invisibly, as the layer over a scan is
	space  bool
	turn   int  // quarter turns anticlockwise that the character is rotated by
	joined bool // a hyphen that pdfium takes for a word broken at the line's end
}

// rule is a straight line drawn on the page.
type rule struct {
	box      box
	vertical bool
	leader   bool // a row of dots, not a line
}

// rawPage is a page as its file describes it.
type rawPage struct {
	number   int
	width    float64
	height   float64
	glyphs   []glyph
	rules    []rule
	pictures []box
}

// Bounds of what is read from one page; what is beyond is not a page for reading.
const (
	maxGlyphs  = 200_000
	maxObjects = 20_000
	maxForms   = 8 // depth of forms in forms
)

// load reads page number n, from 1.
func (f *pdfiumFile) load(n int) (*rawPage, error) {
	page, err := f.e.call("FPDF_LoadPage", f.handle, uint64(n-1))
	if err != nil {
		return nil, err
	}
	raw := &rawPage{number: n}
	if page == 0 {
		return raw, nil
	}
	if err := f.read(page, raw); err != nil {
		return nil, err
	}
	_, err = f.e.call("FPDF_ClosePage", page)
	return raw, err
}

func (f *pdfiumFile) read(page uint64, raw *rawPage) error {
	frame, err := f.frame(page)
	if err != nil {
		return err
	}
	raw.width, raw.height = frame.size()
	text, err := f.e.call("FPDFText_LoadPage", page)
	if err != nil {
		return err
	}
	if text != 0 {
		g := glyphReader{e: f.e, text: text, frame: frame}
		if raw.glyphs, err = g.read(); err != nil {
			return err
		}
		if _, err := f.e.call("FPDFText_ClosePage", text); err != nil {
			return err
		}
	}
	o := objectReader{e: f.e, frame: frame, raw: raw}
	return o.page(page)
}

// frame turns the coordinates of a page's content into those of the upright page.
type frame struct {
	crop  box // in page coordinates, y running up
	turns int // quarter turns clockwise by which the page is shown
}

func (f *pdfiumFile) frame(page uint64) (frame, error) {
	turns, err := f.e.number("FPDFPage_GetRotation", page)
	if err != nil {
		return frame{}, err
	}
	var crop box
	for _, name := range []string{"FPDFPage_GetCropBox", "FPDFPage_GetMediaBox"} {
		ok, err := f.e.number(name, page, f.e.out(0), f.e.out(4), f.e.out(8), f.e.out(12))
		if err != nil {
			return frame{}, err
		}
		crop = box{f.e.float32At(0), f.e.float32At(4), f.e.float32At(8), f.e.float32At(12)}
		if ok != 0 && crop.width() > 0 && crop.height() > 0 {
			return frame{crop: crop, turns: turns & 3}, nil
		}
	}
	return frame{crop: box{0, 0, 612, 792}, turns: turns & 3}, nil
}

func (f frame) size() (width, height float64) {
	if f.turns%2 == 1 {
		return f.crop.height(), f.crop.width()
	}
	return f.crop.width(), f.crop.height()
}

func (f frame) point(x, y float64) (float64, float64) {
	switch f.turns {
	case 1:
		return y - f.crop.y0, x - f.crop.x0
	case 2:
		return f.crop.x1 - x, y - f.crop.y0
	case 3:
		return f.crop.y1 - y, f.crop.x1 - x
	}
	return x - f.crop.x0, f.crop.y1 - y
}

func (f frame) box(l, b, r, t float64) box {
	x0, y0 := f.point(l, b)
	x1, y1 := f.point(r, t)
	return box{min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)}
}

// glyphReader reads the characters of one text page.
type glyphReader struct {
	e     *engine
	text  uint64
	frame frame
	style glyphStyle
	last  uint64 // the text object whose style is in style
}

type glyphStyle struct {
	size   float64
	bold   bool
	hidden bool
	turn   int
}

const (
	boldWeight          = 600
	renderModeInvisible = 3
)

func (g *glyphReader) read() ([]glyph, error) {
	n, err := g.e.number("FPDFText_CountChars", g.text)
	if err != nil {
		return nil, err
	}
	n = min(n, maxGlyphs)
	out := make([]glyph, 0, max(n, 0))
	for i := range n {
		one, err := g.glyph(uint64(i))
		if err != nil {
			return nil, err
		}
		if k := len(out) - 1; k >= 0 && utf16.IsSurrogate(one.r) && utf16.IsSurrogate(out[k].r) {
			out[k].r = utf16.DecodeRune(out[k].r, one.r) // pdfium hands out halves
			continue
		}
		if one.r != 0 {
			out = append(out, one)
		}
	}
	orderLigatures(out)
	return out, nil
}

func (g *glyphReader) glyph(i uint64) (glyph, error) {
	code, err := g.e.number("FPDFText_GetUnicode", g.text, i)
	if err != nil {
		return glyph{}, err
	}
	r := rune(code)
	switch {
	case r == 0:
		return glyph{}, nil
	case isSpace(r):
		return glyph{r: ' ', space: true}, nil
	}
	object, err := g.e.call("FPDFText_GetTextObject", g.text, i)
	if err != nil {
		return glyph{}, err
	}
	if object != g.last || object == 0 {
		if err := g.readStyle(i, object); err != nil {
			return glyph{}, err
		}
	}
	if _, err := g.e.call("FPDFText_GetLooseCharBox", g.text, i, g.e.out(0)); err != nil {
		return glyph{}, err
	}
	// FS_RECTF is left, top, right, bottom.
	b := g.frame.box(g.e.float32At(0), g.e.float32At(12), g.e.float32At(8), g.e.float32At(4))
	out := glyph{r: r, box: b, size: g.style.size, bold: g.style.bold, hidden: g.style.hidden, turn: g.style.turn}
	if r == 0x02 || r == 0xFFFE {
		out.r, out.joined = '-', true
	}
	return out, nil
}

// readStyle reads what all characters of one text object share.
func (g *glyphReader) readStyle(i, object uint64) error {
	raw, err := g.e.call("FPDFText_GetFontSize", g.text, i)
	if err != nil {
		return err
	}
	size := math.Float64frombits(raw)
	if _, err := g.e.call("FPDFText_GetMatrix", g.text, i, g.e.out(64)); err != nil {
		return err
	}
	a, b, c, d := g.e.float32At(64), g.e.float32At(68), g.e.float32At(72), g.e.float32At(76)
	if scale := math.Hypot(c, d); scale > 0 {
		size *= scale
	}
	weight, err := g.e.number("FPDFText_GetFontWeight", g.text, i)
	if err != nil {
		return err
	}
	bold := weight >= boldWeight
	if !bold {
		if bold, err = g.namedBold(i); err != nil {
			return err
		}
	}
	mode := 0
	if object != 0 {
		if mode, err = g.e.number("FPDFTextObj_GetTextRenderMode", object); err != nil {
			return err
		}
	}
	turn := int(math.Round(math.Atan2(b, a)/(math.Pi/2))) - g.frame.turns
	g.last = object
	g.style = glyphStyle{size: math.Abs(size), bold: bold, hidden: mode == renderModeInvisible, turn: turn & 3}
	return nil
}

// namedBold tells whether the font's name says that it is bold; its weight often
// does not.
func (g *glyphReader) namedBold(i uint64) (bool, error) {
	const (
		at   = 96 // in the scratch memory
		room = scratchSize - at
	)
	n, err := g.e.number("FPDFText_GetFontInfo", g.text, i, g.e.out(at), room, 0)
	if err != nil || n <= 0 || n > room {
		return false, err
	}
	name, ok := g.e.module.Memory().Read(g.e.scratch+at, uint32(n))
	lower := strings.ToLower(string(name))
	return ok && (strings.Contains(lower, "bold") || strings.Contains(lower, "black") || strings.Contains(lower, "heavy")), nil
}

func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', 0xA0, 0x1680, 0x202F, 0x205F, 0x3000, 0x200B, 0xFEFF, 0x2028, 0x2029:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}
