package whatsapp_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk/whatsapp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// waitFor waits until the stand-in's state is as wanted, looking after each change.
func waitFor(t *testing.T, s interface {
	Watch() (<-chan whatsapp.Change, func())
}, wanted func() bool) {
	t.Helper()
	changes, stop := s.Watch()
	defer stop()
	deadline := time.After(15 * time.Second)
	for !wanted() {
		select {
		case <-changes:
		case <-deadline:
			t.Fatal("the stand-in did not come to the wanted state within 15 s")
		}
	}
}

func writePNG(t *testing.T, path string) {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for y := range 200 {
		for x := range 320 {
			picture.Set(x, y, color.RGBA{R: uint8(40 + x/3), G: uint8(120 + y/3), B: 150, A: 255})
		}
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
}

// writeWAV writes two seconds of silence.
func writeWAV(t *testing.T, path string) {
	t.Helper()
	const rate, seconds = 8000, 2
	var b bytes.Buffer
	b.WriteString("RIFF")
	for _, field := range []any{
		uint32(36 + rate*seconds), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate), uint16(1), uint16(8),
		[]byte("data"), uint32(rate * seconds), bytes.Repeat([]byte{128}, rate*seconds),
	} {
		if err := binary.Write(&b, binary.LittleEndian, field); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
