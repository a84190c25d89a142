// Package guardrails holds the screens that every text passes: what a patient
// writes before anything else looks at it, and what goes out before it is sent.
//
// [Screens.Inbound] turns a text into a verdict: labels, masked text, evidence.
// Its rules need nothing but the binary; an embedding layer adds recall where an
// embedding server answers in time, and its failure changes nothing else. The
// order of the screens and their precedence are written once, in screens.go.
//
// The rules live in rules/, one file a language, written to be read by a
// clinician. What is learned lives in learned/, rebuilt from examples/ by
// `go run ./guardrails/train`. docs/safety.md says what is caught, what is not,
// and how a clinic's medical lead signs the lists off.
package guardrails
