package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// root is the module's folder as seen from this test.
const root = "../.."

// source is one parsed Go file.
type source struct {
	path    string // from the module's folder, with slashes
	pkg     string // the package's folder, "." for the root package
	test    bool
	lines   int
	file    *ast.File
	fset    *token.FileSet
	imports []string
}

// at says where a node is, for a failure.
func (s source) at(node ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(node.Pos()).Line)
}

// readOnce reads the module for all tests.
var readOnce = sync.OnceValues(readModule)

// parseModule returns every Go file of the module, whether or not it compiles.
func parseModule(t *testing.T) []source {
	t.Helper()
	sources, err := readOnce()
	if err != nil {
		t.Fatalf("read the module: %v", err)
	}
	if len(sources) < 20 {
		t.Fatalf("only %d files were found below %s", len(sources), root)
	}
	return sources
}

func readModule() ([]source, error) {
	var sources []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") {
			return nil
		}
		s, err := parseFile(name)
		sources = append(sources, s)
		return err
	})
	return sources, err
}

func parseFile(name string) (source, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return source{}, err
	}
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return source{}, err
	}
	s := source{path: filepath.ToSlash(relative), fset: token.NewFileSet(), lines: strings.Count(string(raw), "\n")}
	s.pkg, s.test = path.Dir(s.path), strings.HasSuffix(name, "_test.go")
	s.file, err = parser.ParseFile(s.fset, name, raw, parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, imported)
	}
	return s, nil
}

// binary is the one package that is built into a program; other main packages
// are generators, run by hand.
const binary = "cmd/frontdesk"

// product returns the files that are built into the binary.
func product(sources []source) []source {
	var out []source
	for _, s := range sources {
		generator := s.file.Name.Name == "main" && s.pkg != binary
		if !s.test && !generator && !strings.HasPrefix(s.pkg, "internal/") {
			out = append(out, s)
		}
	}
	return out
}

// capability returns the top-level folder that a package belongs to.
func capability(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}
