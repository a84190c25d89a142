package ingest

import (
	"image"
	"math"
)

// Resolution of pages for OCR.
const (
	renderDPI    = 240
	renderMost   = 12_000_000  // pixels of one page; larger pages get fewer dots
	renderFlags  = 0x01 | 0x10 // annotations, for printing
	pointPerInch = 72
)

// render draws page n in grey for OCR and returns it with its resolution.
func (f *pdfiumFile) render(n int, width, height float64) (*image.Gray, int, error) {
	return f.renderAt(n, width, height, renderDPI)
}

// renderAt draws page n in grey with so many dots an inch, fewer where the page is
// large, and returns it with its resolution.
func (f *pdfiumFile) renderAt(n int, width, height, dpi float64) (*image.Gray, int, error) {
	if pixels := width * height * dpi * dpi / (pointPerInch * pointPerInch); pixels > renderMost {
		dpi *= math.Sqrt(renderMost / pixels)
	}
	w, h := int(width*dpi/pointPerInch), int(height*dpi/pointPerInch)
	if w < 1 || h < 1 {
		return nil, 0, errNoMemory
	}
	bitmap, err := f.e.call("FPDFBitmap_Create", uint64(w), uint64(h), 0)
	if err != nil {
		return nil, 0, err
	}
	if bitmap == 0 {
		return nil, 0, errNoMemory
	}
	img, err := f.draw(n, bitmap, w, h)
	if err != nil {
		return nil, 0, err
	}
	_, err = f.e.call("FPDFBitmap_Destroy", bitmap)
	return img, int(dpi), err
}

func (f *pdfiumFile) draw(n int, bitmap uint64, w, h int) (*image.Gray, error) {
	const white = 0xFFFFFFFF
	if _, err := f.e.call("FPDFBitmap_FillRect", bitmap, 0, 0, uint64(w), uint64(h), white); err != nil {
		return nil, err
	}
	page, err := f.e.call("FPDF_LoadPage", f.handle, uint64(n-1))
	if err != nil {
		return nil, err
	}
	if page == 0 {
		return nil, errNoMemory
	}
	if _, err := f.e.call("FPDF_RenderPageBitmap", bitmap, page, 0, 0, uint64(w), uint64(h), 0, renderFlags); err != nil {
		return nil, err
	}
	at, err := f.e.call("FPDFBitmap_GetBuffer", bitmap)
	if err != nil {
		return nil, err
	}
	stride, err := f.e.number("FPDFBitmap_GetStride", bitmap)
	if err != nil {
		return nil, err
	}
	pixels, ok := f.e.module.Memory().Read(uint32(at), uint32(stride*h))
	if !ok {
		return nil, errNoMemory
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		row := pixels[y*stride:]
		for x := range w {
			b, g, r := uint32(row[4*x]), uint32(row[4*x+1]), uint32(row[4*x+2])
			img.Pix[y*img.Stride+x] = byte((114*b + 587*g + 299*r) / 1000)
		}
	}
	_, err = f.e.call("FPDF_ClosePage", page)
	return img, err
}
