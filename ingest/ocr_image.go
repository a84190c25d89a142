package ingest

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"unicode"
)

// encodePGM writes a picture in the simplest format that tesseract reads.
func encodePGM(img *image.Gray) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := fmt.Appendf(make([]byte, 0, w*h+32), "P5\n%d %d\n255\n", w, h)
	for y := range h {
		out = append(out, img.Pix[y*img.Stride:y*img.Stride+w]...)
	}
	return out
}

// turnImage turns a picture clockwise by quarter turns.
func turnImage(img *image.Gray, quarters int) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := image.Rect(0, 0, h, w)
	if quarters &= 3; quarters%2 == 0 {
		size = image.Rect(0, 0, w, h)
	}
	if quarters == 0 {
		return img
	}
	out := image.NewGray(size)
	for y := range h {
		for x := range w {
			tx, ty := h-1-y, x
			switch quarters {
			case 2:
				tx, ty = w-1-x, h-1-y
			case 3:
				tx, ty = y, w-1-x
			}
			out.Pix[ty*out.Stride+tx] = img.Pix[y*img.Stride+x]
		}
	}
	return out
}

// rotateImage turns a picture by a small angle, in radians clockwise, about its
// middle; what comes in from outside is white.
func rotateImage(img *image.Gray, angle float64) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	sin, cos := math.Sincos(-angle)
	cx, cy := float64(w)/2, float64(h)/2
	for y := range h {
		for x := range w {
			dx, dy := float64(x)-cx, float64(y)-cy
			sx, sy := int(math.Round(cx+dx*cos-dy*sin)), int(math.Round(cy+dx*sin+dy*cos))
			v := byte(255)
			if sx >= 0 && sx < w && sy >= 0 && sy < h {
				v = img.Pix[sy*img.Stride+sx]
			}
			out.Pix[y*out.Stride+x] = v
		}
	}
	return out
}

// skewOf returns the angle, in radians clockwise, by which the lines of words
// slope; 0 where too few lines tell.
func skewOf(words []ocrWord) float64 {
	const (
		leastWords = 4
		leastLines = 3
	)
	var slopes []float64
	for _, l := range ocrLines(words) {
		if len(l) < leastWords {
			continue
		}
		if slope, _, ok := baselineOf(l); ok {
			slopes = append(slopes, slope)
		}
	}
	if len(slopes) < leastLines {
		return 0
	}
	slices.Sort(slopes)
	return math.Atan(slopes[len(slopes)/2])
}

// baselineOf fits a straight line below the words.
func baselineOf(words []ocrWord) (slope, at float64, ok bool) {
	var n, sx, sy, sxx, sxy float64
	for _, w := range words {
		x, y := w.box.midX(), w.baseline()
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	d := n*sxx - sx*sx
	if d < 1 {
		return 0, sy / max(n, 1), false
	}
	slope = (n*sxy - sx*sy) / d
	return slope, (sy - slope*sx) / n, true
}

// ocrLines gathers words by tesseract's lines.
func ocrLines(words []ocrWord) [][]ocrWord {
	var out [][]ocrWord
	for i, w := range words {
		if i == 0 || words[i-1].line != w.line {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], w)
	}
	return out
}

// levelWords gives the words of each of tesseract's lines one height and one
// baseline, and undoes a slope, so that lines come out as printed text has them.
// scale is points per pixel.
func levelWords(words []ocrWord, skew, scale, width, height float64) []word {
	sin, cos := math.Sincos(-skew)
	cx, cy := width/2, height/2
	var out []word
	for _, l := range ocrLines(words) {
		em := emOf(l)
		slope, at, ok := baselineOf(l)
		if !ok || len(l) < 4 || math.Abs(math.Atan(slope)-skew) > 0.02 {
			slope, at = math.Tan(skew), 0
			for _, w := range l {
				at += w.baseline() - slope*w.box.midX()
			}
			at /= float64(len(l))
		}
		for _, w := range l {
			x, y := w.box.midX(), at+slope*w.box.midX()
			mx, my := cx+(x-cx)*cos-(y-cy)*sin, cy+(x-cx)*sin+(y-cy)*cos
			half := w.box.width() / 2
			b := box{(mx - half) * scale, (my - 0.95*em) * scale, (mx + half) * scale, (my + 0.25*em) * scale}
			text := cleanText(w.text)
			out = append(out, word{text: text, box: b, size: em * scale, rtl: isRightToLeft(text)})
		}
	}
	evenSizes(out)
	return out
}

// evenSizes gives words of about the usual size just that size: the height of a
// line as it was seen depends on its letters.
func evenSizes(words []word) {
	const about = 1.25
	if len(words) == 0 {
		return
	}
	sizes := make([]float64, len(words))
	for i, w := range words {
		sizes[i] = w.size
	}
	slices.Sort(sizes)
	usual := sizes[len(sizes)/2]
	for i := range words {
		if s := words[i].size; s < usual*about && s > usual/about {
			words[i].size = usual
		}
	}
}

// Parts of an em that letters take, as in most typefaces.
const (
	emTall = 0.72 // above the baseline: capitals, figures, "b"
	emLow  = 0.50 // above the baseline: "a"
	emDeep = 0.21 // below the baseline: "p"
)

// shape returns how much of an em the word's letters take above and below the
// baseline.
func (w ocrWord) shape() (above, below float64) {
	above = emLow
	for _, r := range w.text {
		if unicode.IsUpper(r) || unicode.IsDigit(r) || strings.ContainsRune("bdfhkltißйё€$()/", r) {
			above = emTall
		}
		if strings.ContainsRune("gjpqyQ,;()/рудцщфЦЩД", r) {
			below = emDeep
		}
	}
	return above, below
}

// baseline returns where the word stands.
func (w ocrWord) baseline() float64 {
	above, below := w.shape()
	return w.box.y1 - w.box.height()*below/(above+below)
}

// emOf returns the size of a line's type in pixels.
func emOf(words []ocrWord) float64 {
	ems := make([]float64, len(words))
	for i, w := range words {
		above, below := w.shape()
		ems[i] = w.box.height() / (above + below)
	}
	slices.Sort(ems)
	return ems[len(ems)/2]
}
