package ingest

import "math"

// The kinds of page objects and path segments that pdfium tells apart.
const (
	objectPath  = 2
	objectImage = 3
	objectForm  = 5

	segmentLine = 0
	segmentMove = 2
)

// ruleThick is how thick a filled shape may be, in points, to count as a line.
const ruleThick = 3.0

// objectReader collects ruling lines and pictures.
type objectReader struct {
	e     *engine
	frame frame
	raw   *rawPage
	seen  int
}

func (o *objectReader) page(page uint64) error {
	n, err := o.e.number("FPDFPage_CountObjects", page)
	if err != nil {
		return err
	}
	for i := range n {
		object, err := o.e.call("FPDFPage_GetObject", page, uint64(i))
		if err != nil {
			return err
		}
		if err := o.object(object, identity, 0); err != nil {
			return err
		}
	}
	return nil
}

func (o *objectReader) object(object uint64, m matrix, depth int) error {
	if o.seen++; o.seen > maxObjects || object == 0 {
		return nil
	}
	kind, err := o.e.number("FPDFPageObj_GetType", object)
	if err != nil {
		return err
	}
	switch kind {
	case objectPath:
		return o.path(object, m)
	case objectImage:
		b, err := o.bounds(object, m)
		if err == nil && b.width() > 0 && b.height() > 0 {
			o.raw.pictures = append(o.raw.pictures, b)
		}
		return err
	case objectForm:
		if depth < maxForms {
			return o.form(object, m, depth+1)
		}
	}
	return nil
}

func (o *objectReader) form(object uint64, m matrix, depth int) error {
	inner, err := o.matrix(object)
	if err != nil {
		return err
	}
	n, err := o.e.number("FPDFFormObj_CountObjects", object)
	if err != nil {
		return err
	}
	for i := range n {
		child, err := o.e.call("FPDFFormObj_GetObject", object, uint64(i))
		if err != nil {
			return err
		}
		if err := o.object(child, inner.then(m), depth); err != nil {
			return err
		}
	}
	return nil
}

func (o *objectReader) bounds(object uint64, m matrix) (box, error) {
	ok, err := o.e.number("FPDFPageObj_GetBounds", object, o.e.out(0), o.e.out(4), o.e.out(8), o.e.out(12))
	if err != nil || ok == 0 {
		return box{}, err
	}
	x0, y0 := m.apply(o.e.float32At(0), o.e.float32At(4))
	x1, y1 := m.apply(o.e.float32At(8), o.e.float32At(12))
	return o.frame.box(x0, y0, x1, y1), nil
}

func (o *objectReader) matrix(object uint64) (matrix, error) {
	ok, err := o.e.number("FPDFPageObj_GetMatrix", object, o.e.out(0))
	if err != nil || ok == 0 {
		return identity, err
	}
	var m matrix
	for i := range m {
		m[i] = o.e.float32At(uint32(i) * 4)
	}
	return m, nil
}

// path keeps the straight lines of a drawing: strokes, thin filled shapes, and
// the edges of stroked rectangles.
func (o *objectReader) path(object uint64, m matrix) error {
	if _, err := o.e.call("FPDFPath_GetDrawMode", object, o.e.out(0), o.e.out(4)); err != nil {
		return err
	}
	filled, stroked := o.e.intAt(0) != 0, o.e.intAt(4) != 0
	b, err := o.bounds(object, m)
	if err != nil || !filled && !stroked {
		return err
	}
	if b.width() <= ruleThick || b.height() <= ruleThick {
		o.add(b)
		return nil
	}
	inner, err := o.matrix(object)
	if err != nil {
		return err
	}
	return o.segments(object, inner.then(m), stroked)
}

func (o *objectReader) segments(object uint64, m matrix, stroked bool) error {
	n, err := o.e.number("FPDFPath_CountSegments", object)
	if err != nil {
		return err
	}
	var px, py, sx, sy float64
	sub := box{}
	for i := range min(n, maxObjects) {
		s, err := o.e.call("FPDFPath_GetPathSegment", object, uint64(i))
		if err != nil {
			return err
		}
		kind, err := o.e.number("FPDFPathSegment_GetType", s)
		if err != nil {
			return err
		}
		if _, err := o.e.call("FPDFPathSegment_GetPoint", s, o.e.out(0), o.e.out(4)); err != nil {
			return err
		}
		x, y := o.frame.point(m.apply(o.e.float32At(0), o.e.float32At(4)))
		closed, err := o.e.number("FPDFPathSegment_GetClose", s)
		if err != nil {
			return err
		}
		switch {
		case kind == segmentMove:
			o.thin(sub, stroked)
			sx, sy, sub = x, y, box{x, y, x, y}
		case kind == segmentLine && stroked:
			o.line(px, py, x, y)
		}
		sub = sub.union(box{x, y, x, y})
		if closed != 0 && stroked {
			o.line(x, y, sx, sy)
		}
		px, py = x, y
	}
	o.thin(sub, stroked)
	return nil
}

// thin keeps a filled part of a path that is as thin as a line.
func (o *objectReader) thin(b box, stroked bool) {
	if !stroked && (b.width() <= ruleThick || b.height() <= ruleThick) {
		o.add(b)
	}
}

func (o *objectReader) line(x0, y0, x1, y1 float64) {
	o.add(box{min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)})
}

func (o *objectReader) add(b box) {
	const short = 5.0 // shorter marks are ticks, bullets and parts of drawings
	switch {
	case b.width() <= ruleThick && b.height() > short:
		o.raw.rules = append(o.raw.rules, rule{box: b, vertical: true})
	case b.height() <= ruleThick && b.width() > short:
		o.raw.rules = append(o.raw.rules, rule{box: b})
	}
}

// matrix is a PDF transformation: a b c d e f.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// then returns the transformation that applies m first.
func (m matrix) then(n matrix) matrix {
	out := matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
	}
	out[4], out[5] = n.apply(m[4], m[5])
	for i, v := range out {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			out[i] = 0
		}
	}
	return out
}
