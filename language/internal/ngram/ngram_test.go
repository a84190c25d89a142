package ngram

import (
	"fmt"
	"slices"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	grams := map[string][]Pair{}
	for i := range 5000 {
		key := fmt.Sprintf("g%d", i)
		for l := range i%3 + 1 {
			grams[key] = append(grams[key], Pair{Language: byte(l), Weight: byte(i)})
		}
	}
	file, err := Encode([]string{"fr", "it", "ru-Latn"}, grams)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Open(string(file))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(table.Names(), []string{"fr", "it", "ru-Latn"}) {
		t.Errorf("names %v", table.Names())
	}
	for key, want := range grams {
		var got []Pair
		if !table.Look([]byte(key), func(l, w byte) { got = append(got, Pair{l, w}) }) || !slices.Equal(got, want) {
			t.Fatalf("%s: got %v, want %v", key, got, want)
		}
	}
	found := 0
	for i := range 1000 {
		if table.Look(fmt.Appendf(nil, "unknown%d", i), func(byte, byte) {}) {
			found++
		}
	}
	if found > 3 { // fingerprints meet by chance about once in 65,536
		t.Errorf("%d of 1000 unknown n-grams are known", found)
	}
}

func TestFilesThatAreNoModelAreRefused(t *testing.T) {
	t.Parallel()
	good, err := Encode([]string{"fr"}, map[string][]Pair{"a": {{0, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"empty": "", "another kind": "PK\x03\x04", "the head alone": magic, "cut in the names": magic + "fr", "cut in the slots": string(good[:len(magic)+6]),
	} {
		if _, err := Open(file); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	var zero Table
	if zero.Look([]byte("a"), func(byte, byte) {}) {
		t.Error("an empty table knows something")
	}
}
