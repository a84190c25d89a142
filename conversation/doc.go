// Package conversation keeps each conversation in order: the inbox, the one
// writer at a time, the window, the pen and the commit. [Engine.Receive] stores
// what a webhook delivered; a wake-up takes the conversation by a lease, lets the
// [Responder] decide, and commits everything that the decision causes in one
// transaction while its epoch stands; sends follow from what was committed.
//
// [Post] is the only function that makes an outbound message, whatever its
// origin. An emergency goes by a lane of its own, past burst, lease and queue.
package conversation
