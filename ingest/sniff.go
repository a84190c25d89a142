package ingest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// markup finds tags by which a text is a page even without a doctype.
var markup = regexp.MustCompile(`(?i)<(!doctype\s+html|html|head|body|title|meta|table|div|p|h[1-6]|ul|ol|section|article|main|br|font|span|a\s+href)\b[^<>]*>`)

// Sniff tells what a file is by its bytes; its name and declared type only decide
// between kinds of text. A file of another kind is refused with not_a_document.
func Sniff(data []byte, name, contentType string) (Kind, string, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return "", "", refuse(CodeNotADocument, "The file is empty.", nil)
	}
	if bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) {
		return KindPDF, "application/pdf", nil
	}
	detected, _, _ := strings.Cut(http.DetectContentType(data), ";")
	wide, _ := byMark(data)
	isWide := wide != nil || wideWithoutMark(data) != ""
	if binaryType(detected) || !isWide && looksBinary(data) {
		return "", "", refuse(CodeNotADocument, "This is not a PDF, a web page, a FAQ or a text file ("+detected+").", nil)
	}
	head := decode(data[:min(len(data), 256<<10)]).text
	ext := strings.ToLower(path.Ext(name))
	declared, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	declared = strings.TrimSpace(declared)
	trimmed := strings.TrimSpace(head)
	switch {
	case notText(trimmed):
		return "", "", refuse(CodeNotADocument, "This is a data or program file, not a document for readers.", nil)
	case isPage(trimmed, ext, declared):
		return KindHTML, "text/html", nil
	case ext == ".csv" || ext == ".tsv" || declared == "text/csv" || declared == "text/tab-separated-values":
		return KindFAQ, "text/csv", nil
	case looksFAQ(head):
		return KindFAQ, "text/markdown", nil
	}
	return KindText, "text/plain", nil
}

// isPage tells whether text is HTML. A name or declared type alone makes a page
// of plain text only where a page was promised.
func isPage(text, ext, declared string) bool {
	tags := len(markup.FindAllStringIndex(text[:min(len(text), 64<<10)], 8))
	switch {
	case declared == "text/html", declared == "application/xhtml+xml", ext == ".html", ext == ".htm", ext == ".xhtml":
		return true
	case strings.HasPrefix(text, "<"):
		return tags >= 1
	}
	return tags >= 6 && ext != ".md" && ext != ".csv" && ext != ".txt"
}

// notText recognises text formats that are no documents.
func notText(text string) bool {
	switch {
	case strings.HasPrefix(text, `{\rtf`), strings.HasPrefix(text, "%!PS"), strings.HasPrefix(text, "#!/"):
		return true
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "[{"):
		return json.Valid([]byte(text)) || strings.HasPrefix(text, `{"`)
	}
	return false
}

func binaryType(detected string) bool {
	for _, prefix := range []string{"image/", "audio/", "video/", "font/", "application/"} {
		if strings.HasPrefix(detected, prefix) {
			return detected != "application/octet-stream" // decided by its bytes
		}
	}
	return false
}

// looksBinary tells whether the bytes hold what no charset's text holds.
func looksBinary(data []byte) bool {
	sample := data[:min(len(data), 64<<10)]
	control := 0
	for _, b := range sample {
		if b == 0 {
			control += 4
		}
		if b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != 0x1B || b == 0x7F {
			control++
		}
	}
	if control*100 > len(sample) {
		return true
	}
	return control > 0 && !utf8.Valid(sample) && control*1000 > len(sample)
}
