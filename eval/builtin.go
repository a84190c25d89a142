package eval

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed suite
var builtin embed.FS

// Builtin returns the suites that come with the program, by name. Their cases are
// written for this project, over the sample clinic's documents.
func Builtin() ([]Suite, error) {
	names, err := fs.Glob(builtin, "suite/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("built-in suites: %w", err)
	}
	var suites []Suite
	for _, name := range names {
		data, err := builtin.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("built-in suite %s: %w", name, err)
		}
		s, err := ReadSuite(path.Base(name), data)
		if err != nil {
			return nil, fmt.Errorf("built-in suite: %w", err)
		}
		s.File = "built-in " + strings.TrimPrefix(name, "suite/")
		suites = append(suites, s)
	}
	return suites, nil
}
