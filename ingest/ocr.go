package ingest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// ocrWord is a word that tesseract read, in pixels of the picture.
type ocrWord struct {
	text string
	box  box
	conf float64 // 0 to 100
	line [3]int  // tesseract's block, paragraph and line
}

// tesseract runs the program of that name, which is not linked but called: its
// crash or hang is not ours.
type tesseract struct {
	path  string
	langs map[string]bool // installed
}

// Page segmentation modes of tesseract.
const (
	psmOrientation = "0" // orientation and script only
	psmAuto        = "3"
	psmBlock       = "6" // one block of lines
)

const (
	ocrOutput  = 8 << 20 // bytes of tesseract's answer
	ocrListing = 5 * time.Second
	ocrGrace   = 2 * time.Second
)

// errNoOCR tells that no usable tesseract is installed.
var errNoOCR = errors.New("tesseract is not installed")

// newTesseract looks for the program and its languages.
func newTesseract(ctx context.Context, path string) (*tesseract, error) {
	found, err := exec.LookPath(cmp.Or(path, "tesseract"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoOCR, err)
	}
	t := &tesseract{path: found, langs: make(map[string]bool)}
	ctx, cancel := context.WithTimeout(ctx, ocrListing)
	defer cancel()
	out, err := t.run(ctx, nil, "--list-langs")
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Split(string(out), "\n")[1:] {
		if name = strings.TrimSpace(name); name != "" {
			t.langs[name] = true
		}
	}
	if len(t.langs) == 0 {
		return nil, fmt.Errorf("%w: it has no languages", errNoOCR)
	}
	return t, nil
}

func (t *tesseract) run(ctx context.Context, in []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.WaitDelay = ocrGrace
	cmd.Stdin = bytes.NewReader(in)
	out := &boundedBuffer{most: ocrOutput, stop: cancel}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("tesseract: %w", err)
	}
	return out.buffer.Bytes(), nil
}

// read reads a picture in the given languages.
func (t *tesseract) read(ctx context.Context, img *image.Gray, dpi int, langs []string, psm string) ([]ocrWord, error) {
	out, err := t.run(ctx, encodePGM(img), "stdin", "stdout", "-l", strings.Join(langs, "+"),
		"--psm", psm, "--dpi", strconv.Itoa(dpi), "-c", "tessedit_create_tsv=1", "-c", "tessedit_create_txt=0")
	if err != nil {
		return nil, err
	}
	return parseTSV(string(out)), nil
}

// orientation is how a picture lies.
type orientation struct {
	rotate int    // degrees clockwise by which it has to be turned to stand upright
	script string // "Cyrillic", "Latin", "Arabic", …
	sure   float64
}

// orient asks how a picture lies and in which script it is written.
func (t *tesseract) orient(ctx context.Context, img *image.Gray, dpi int) (orientation, error) {
	if !t.langs["osd"] {
		return orientation{}, errors.New("tesseract cannot tell orientation: osd is not installed")
	}
	out, err := t.run(ctx, encodePGM(img), "stdin", "stdout", "-l", "osd", "--psm", psmOrientation, "--dpi", strconv.Itoa(dpi))
	if err != nil {
		return orientation{}, err
	}
	var o orientation
	for _, line := range strings.Split(string(out), "\n") {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Rotate":
			o.rotate, _ = strconv.Atoi(value)
		case "Script":
			o.script = value
		case "Orientation confidence":
			o.sure, _ = strconv.ParseFloat(value, 64)
		}
	}
	return o, nil
}

// parseTSV reads tesseract's table of words.
func parseTSV(out string) []ocrWord {
	const (
		columns   = 12
		levelWord = "5"
	)
	var words []ocrWord
	for _, row := range strings.Split(out, "\n") {
		f := strings.SplitN(strings.TrimRight(row, "\r"), "\t", columns)
		if len(f) < columns || f[0] != levelWord || strings.TrimSpace(f[11]) == "" {
			continue
		}
		var n [10]float64
		ok := true
		for i := range n {
			v, err := strconv.ParseFloat(f[i+1], 64)
			n[i], ok = v, ok && err == nil
		}
		if !ok {
			continue
		}
		words = append(words, ocrWord{
			text: strings.TrimSpace(f[11]),
			box:  box{n[5], n[6], n[5] + n[7], n[6] + n[8]},
			conf: n[9],
			line: [3]int{int(n[1]), int(n[2]), int(n[3])},
		})
	}
	return words
}

// tesseractName returns tesseract's name of a language by its BCP-47 tag, ""
// where it has none here.
func tesseractName(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch base {
	case "fr":
		return "fra"
	case "it":
		return "ita"
	case "ru":
		return "rus"
	case "en":
		return "eng"
	case "es":
		return "spa"
	case "de":
		return "deu"
	case "pt":
		return "por"
	case "ar":
		return "ara"
	case "uk":
		return "ukr"
	case "ro":
		return "ron"
	case "pl":
		return "pol"
	case "nl":
		return "nld"
	case "tr":
		return "tur"
	case "el":
		return "ell"
	case "he":
		return "heb"
	case "ko":
		return "kor"
	case "ja":
		return "jpn"
	case "zh":
		return "chi_sim"
	}
	return ""
}

// scriptLanguages are the languages to try for a script that tesseract saw.
func scriptLanguages(script string) []string {
	switch script {
	case "Cyrillic":
		return []string{"rus", "ukr"}
	case "Arabic":
		return []string{"ara"}
	case "Latin":
		return []string{"eng", "fra", "deu", "ita", "spa", "por"}
	case "Greek":
		return []string{"ell"}
	case "Hebrew":
		return []string{"heb"}
	case "Hangul", "Korean":
		return []string{"kor"}
	case "Japanese":
		return []string{"jpn"}
	case "Han":
		return []string{"chi_sim"}
	}
	return nil
}

// boundedBuffer takes most bytes; what comes after stops the writer, who would
// else wait for ever to be rid of it.
type boundedBuffer struct {
	// A field, not embedded: io.Copy would find the buffer's ReadFrom and pass the
	// bound by.
	buffer    bytes.Buffer
	most      int
	stop      func()
	overflown bool
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.buffer.Len()+len(p) > b.most {
		b.overflown = true
		b.stop()
		return 0, errors.New("the answer is too long")
	}
	return b.buffer.Write(p)
}
