package arch

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// maxLines keeps files readable in one sitting.
const maxLines = 600

// maxMethods keeps interfaces at what one consumer needs.
const maxMethods = 3

// sqlClock finds SQL that asks the database for time or chance.
var sqlClock = regexp.MustCompile(`(?i)\b(now\s*\(\s*\)|current_(date|time|timestamp)\b|localtime(stamp)?\b|(clock|statement|transaction)_timestamp\b|timeofday\b|random\s*\(\s*\)|gen_random_uuid\b|uuidv[47]\s*\()`)

func TestSQLHasNoClock(t *testing.T) {
	t.Parallel()
	const why = "time and chance are parameters, so that a turn can be replayed at its own instant"
	for _, s := range product(parseModule(t)) {
		if capability(s.pkg) != "store" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if found := sqlClock.FindString(literal.Value); found != "" {
					t.Errorf("%s: SQL uses %s; %s", s.at(literal), found, why)
				}
			}
			return true
		})
	}
	for name, text := range migrationTexts(t) {
		if found := sqlClock.FindString(text); found != "" {
			t.Errorf("%s uses %s; %s", name, found, why)
		}
	}
}

// migrationTexts returns the migrations without their comments.
func migrationTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, "store", "migration"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		texts[name] = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(string(raw), "")
		return err
	})
	if err != nil || len(texts) == 0 {
		t.Fatalf("read migrations: %d, %v", len(texts), err)
	}
	return texts
}

// outboundInsert finds what makes an outbound message in SQL.
var outboundInsert = regexp.MustCompile(`(?i)\b(INSERT\s+INTO|MERGE\s+INTO|COPY)\s+outbound\b`)

// onlyOutboundInsert is the one place that may: it writes what Post made.
const onlyOutboundInsert = "store/conversation_outbox.go"

// filledOutbound fills a benchmark's own database with messages that were sent long
// ago; no channel is there to send anything.
const filledOutbound = "cmd/frontdesk/bench_desk.go"

func TestOnlyPostMakesOutboundMessages(t *testing.T) {
	t.Parallel()
	places := 0
	for _, s := range product(parseModule(t)) {
		if s.path == filledOutbound {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING || !outboundInsert.MatchString(literal.Value) {
				return true
			}
			places++
			if s.path != onlyOutboundInsert {
				t.Errorf("%s inserts an outbound message: only what passed Post reaches a patient, through %s", s.at(literal), onlyOutboundInsert)
			}
			return true
		})
	}
	if places > 1 {
		t.Errorf("%d statements insert outbound messages; one is enough", places)
	}
}

// postedType is what Post returns; nobody else may make one.
const postedType = "Posted"

func TestPostedIsMadeByPostOnly(t *testing.T) {
	t.Parallel()
	for _, s := range product(parseModule(t)) {
		if s.path == "conversation/post.go" || capability(s.pkg) == "store" {
			continue // store reads back what was posted
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok || len(literal.Elts) == 0 {
				return true
			}
			name := ""
			switch x := literal.Type.(type) {
			case *ast.Ident:
				name = x.Name
			case *ast.SelectorExpr:
				name = x.Sel.Name
			}
			if name == postedType {
				t.Errorf("%s makes a %s: screen, window, consent and pen are checked in Post and nowhere else", s.at(literal), postedType)
			}
			return true
		})
	}
}

func TestClockIsInjected(t *testing.T) {
	t.Parallel()
	measures := map[string]string{
		"guardrails/line.go": "measures how long the screens took",
	}
	for _, s := range product(parseModule(t)) {
		if _, may := measures[s.path]; may || capability(s.pkg) == "cmd" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if p, ok := f.X.(*ast.Ident); ok && p.Name == "time" && p.Obj == nil && (f.Sel.Name == "Now" || f.Sel.Name == "Since" || f.Sel.Name == "Until") {
				t.Errorf("%s asks the system for the time: the clock is injected", s.at(call))
			}
			return true
		})
	}
}

func TestInterfacesAreSmall(t *testing.T) {
	t.Parallel()
	for _, s := range product(parseModule(t)) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			declared, ok := spec.Type.(*ast.InterfaceType)
			if !ok {
				return true
			}
			methods := 0
			for _, field := range declared.Methods.List {
				methods += len(field.Names) // an embedded interface has its own count
			}
			if methods > maxMethods {
				t.Errorf("%s: interface %s has %d methods; a consumer declares the few that it calls", s.at(spec), spec.Name.Name, methods)
			}
			return true
		})
	}
}

func TestNothingPanics(t *testing.T) {
	t.Parallel()
	again := map[string]string{
		"httpd/middleware.go": "passes on net/http's own ErrAbortHandler",
	}
	for _, s := range product(parseModule(t)) {
		if _, may := again[s.path]; may {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "panic" && f.Obj == nil {
				t.Errorf("%s panics: a failure is an error, and one patient's message never takes the others down", s.at(call))
			}
			return true
		})
	}
}

func TestEachPackageHasOneComment(t *testing.T) {
	t.Parallel()
	comments, files := map[string]int{}, map[string]int{}
	for _, s := range parseModule(t) {
		if s.test {
			continue
		}
		files[s.pkg]++
		if s.file.Doc != nil {
			comments[s.pkg]++
			want := "Package " + s.file.Name.Name
			if s.file.Name.Name != "main" && !strings.HasPrefix(s.file.Doc.Text(), want) {
				t.Errorf("%s: the package comment begins with %q", s.path, want)
			}
		}
	}
	for pkg := range files {
		if comments[pkg] != 1 {
			t.Errorf("package %s has %d package comments; one says what it is for", pkg, comments[pkg])
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, s := range parseModule(t) {
		if s.lines >= maxLines {
			t.Errorf("%s has %d lines; below %d a file is read in one sitting", s.path, s.lines, maxLines)
		}
	}
}
