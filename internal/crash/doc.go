// Package crash kills a running service at random moments and shows that no
// accepted message is lost and none is answered twice. It holds tests only.
package crash
