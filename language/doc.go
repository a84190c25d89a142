// Package language reads human text without a model: which language it is in,
// where its words and sentences are, and which terms stand for it in an index.
// [Terms] is the one function for ingest and for queries, so both sides always
// agree. Everything is pure, deterministic and linear in the length of the text;
// nothing is loaded at start.
package language
