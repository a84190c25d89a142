// Package flow is the small state machine that every deterministic dialogue
// runs on: a definition with named steps, a state that is data, and [Advance],
// which takes one event. It is pure: it reads no clock, sends nothing and writes
// nothing; what a flow gathered stands in its state until the turn commits.
package flow
