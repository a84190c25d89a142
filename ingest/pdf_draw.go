package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"

	"frontdesk"
)

// viewDPI is the resolution of a page that people look at beside its text.
const viewDPI = 96

// Draw draws a page of a PDF as people see it, in grey, as PNG. Like [Reader.Read]
// it works in a process of its own. A page that is not there is
// [frontdesk.CodeNotFound].
func (r *Reader) Draw(ctx context.Context, data []byte, page int, opts PDFOptions) ([]byte, error) {
	if page < 1 {
		return nil, noPage(nil)
	}
	opts.Draw = page
	reply, err := r.request(ctx, data, opts)
	return reply.Picture, err
}

func noPage(cause error) error {
	return refuse(frontdesk.CodeNotFound, "The document has no such page.", cause)
}

// drawPage draws one page by the engine that start gives it.
func drawPage(data []byte, opts PDFOptions, start func() (*engine, error)) (picture []byte, err error) {
	if unfolds(data) {
		return nil, refuse(CodeTooLarge, "The PDF has a picture that unfolds to more than can be drawn.", nil)
	}
	e, err := start()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	file, err := e.open(data)
	if err != nil {
		return nil, err
	}
	if opts.Draw > file.pages {
		return nil, noPage(fmt.Errorf("page %d of %d", opts.Draw, file.pages))
	}
	page, err := file.load(opts.Draw)
	if err != nil {
		return nil, err
	}
	img, _, err := file.renderAt(opts.Draw, page.width, page.height, viewDPI)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("encode page: %w", err)
	}
	return out.Bytes(), nil
}
