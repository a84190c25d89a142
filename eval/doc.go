// Package eval proves a release and a clinic's content: it reads suites of cases
// that people write, puts them to a [Target], scores every reply with rules that
// anybody can check by hand, and compares, gates and reports what came out.
//
// The order of a run: [ReadSuite] → [Run] (asks, remembers every reply in a
// journal) → [Report.Score] (pure: replies and expectations in, figures out) →
// [Judge] by gates → the files that people and programs read. A reply is asked
// for once; scoring it again costs nothing, so a changed expectation needs no new
// run.
//
// The package knows nothing of the product's inside. What it asks is a Target;
// what may be broken on purpose is a [Fault].
package eval
