// Package frontdesk is the vocabulary of the receptionist: the values that two
// or more packages share. It imports the standard library only, does no I/O and
// decides nothing; every other package of the module speaks in these words.
//
// A patient's message becomes an [Event]; the agent turns a [Dialogue] and its
// events into a [Decision]; the decision's replies, effects, ticket and record
// are committed together by the conversation. What an answer rests on is a
// [Passage] of an approved revision, shown to the patient as a [Citation].
package frontdesk
