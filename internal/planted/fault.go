package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
)

// fault is one change of the product's source that makes it worse.
type fault struct {
	name string // says what the product does wrong then
	file string // under the module's root
	old  string // stands there exactly once
	new  string
}

// apply returns the file's text with the fault in it. The error says that the
// source has moved on and the fault with it, or that the change is no Go.
func (f fault) apply(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.file)))
	if err != nil {
		return nil, fmt.Errorf("fault %q: %w", f.name, err)
	}
	if n := bytes.Count(text, []byte(f.old)); n != 1 {
		return nil, fmt.Errorf("fault %q: %s holds %q %d times, not once", f.name, f.file, f.old, n)
	}
	changed := bytes.Replace(text, []byte(f.old), []byte(f.new), 1)
	if filepath.Ext(f.file) == ".go" {
		if _, err := format.Source(changed); err != nil {
			return nil, fmt.Errorf("fault %q makes no Go of %s: %w", f.name, f.file, err)
		}
	}
	return changed, nil
}
