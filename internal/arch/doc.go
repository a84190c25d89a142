// Package arch holds the architecture test: what design decided about packages,
// imports and state, enforced on the source of the whole module. Each rule carries
// its reason, which is what a failure prints.
package arch
