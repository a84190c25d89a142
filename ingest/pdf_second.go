package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ledongthuc/pdf"
)

// secondTime bounds the second reader, which has no bounds of its own.
const secondTime = 3 * time.Second

// secondGlyphs reads page n with the other library: it decodes some fonts that
// pdfium does not. Its places are rougher, so it is asked only where pdfium's text
// of a page is doubtful. It gives up, and leaves a goroutine behind until it ends,
// when the library takes too long.
func secondGlyphs(ctx context.Context, data []byte, n int, height float64) ([]glyph, error) {
	type result struct {
		glyphs []glyph
		err    error
	}
	done := make(chan result, 1)
	go func() {
		glyphs, err := readSecond(data, n, height)
		done <- result{glyphs, err}
	}()
	timer := time.NewTimer(secondTime)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.glyphs, r.err
	case <-timer.C:
		return nil, errors.New("second reader took too long")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func readSecond(data []byte, n int, height float64) (glyphs []glyph, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("second reader: %v", v) // the library panics on broken files
		}
	}()
	r, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("second reader: %w", err)
	}
	page := r.Page(n)
	if page.V.IsNull() || page.V.Key("Rotate").Int64() != 0 {
		return nil, errors.New("second reader: no such page, or a turned one")
	}
	for _, t := range page.Content().Text {
		count := len([]rune(t.S))
		if count == 0 {
			continue
		}
		size := max(t.FontSize, 1)
		step := t.W / float64(count)
		for i, c := range []rune(t.S) {
			if len(glyphs) >= maxGlyphs {
				return glyphs, nil
			}
			if isSpace(c) {
				glyphs = append(glyphs, glyph{r: ' ', space: true})
				continue
			}
			x := t.X + step*float64(i)
			y := height - t.Y
			glyphs = append(glyphs, glyph{r: c, size: size, box: box{x, y - 0.95*size, x + step, y + 0.25*size}})
		}
	}
	return glyphs, nil
}
