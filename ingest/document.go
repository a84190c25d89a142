package ingest

import "frontdesk"

// Kind is the kind of a source, as `source add --json` prints it.
type Kind string

// The kinds.
const (
	KindPDF  Kind = "pdf"
	KindHTML Kind = "html"
	KindFAQ  Kind = "faq"
	KindText Kind = "text"
)

// Document is a source as a reader understood it, before it is split into passages.
type Document struct {
	Kind     Kind
	Title    string
	Language string // as declared by the file, "" if it does not say
	Pages    []Page
	Unread   []int // numbers of pages whose text could not be read
	Doubtful []int // pages read from a picture, or whose words do not all look like words
	Warnings []string
	Facts    []frontdesk.Fact // from structured data (JSON-LD)
}

// Page is one page; a web page or FAQ is a single page with number 0.
type Page struct {
	Number int // from 1; 0 where the document has no pages
	Blocks []Block
}

// BlockKind is the shape of a [Block].
type BlockKind string

// The shapes.
const (
	BlockHeading  BlockKind = "heading"
	BlockText     BlockKind = "text" // a paragraph
	BlockItem     BlockKind = "item" // one list item
	BlockTable    BlockKind = "table"
	BlockAnswer   BlockKind = "answer"   // Question and its answer in Text
	BlockContents BlockKind = "contents" // a table of contents
	BlockContact  BlockKind = "contact"  // address, phones, hours
)

// Block is a piece of a page in reading order. Text is verbatim but for white
// space, ligatures and rejoined hyphenation.
type Block struct {
	Kind     BlockKind
	Level    int // of a heading, 1 is the outermost
	Text     string
	Question string     // for BlockAnswer
	Header   []string   // of a table's columns, nil if it has none
	Rows     [][]string // of a table
}
