// Package ingest turns what a clinic gives (PDFs, web pages, FAQ and text files)
// into passages that may be cited: a reader makes a [Document] of bytes, the
// document is split into passages, a [Service] stores them as a draft revision,
// and a named person makes the revision live. Nothing here ever answers a
// patient, and no draft does.
package ingest
