// Package load drives the whole path of a message under load: signed webhooks in
// over HTTP, turns on a real database, replies out to a recording stand-in of the
// channel. The crash test and the benchmarks share it.
package load
