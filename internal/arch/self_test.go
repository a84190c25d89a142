package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// The rules have to catch what they forbid: these are examples of it.

func TestTheSQLRuleCatchesClocks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"SELECT now()": true, "INSERT … VALUES (NOW ( ))": true, "CURRENT_TIMESTAMP": true, "x < Current_Date": true,
		"clock_timestamp()": true, "localtime": true, "gen_random_uuid()": true, "uuidv7()": true, "random()": true,
		"SELECT known FROM t": false, "now_serving()": false, "current_setting('x')": false, "current_user": false,
	} {
		if got := sqlClock.MatchString(text); got != want {
			t.Errorf("%q: caught %t, want %t", text, got, want)
		}
	}
}

func TestTheOutboundRuleCatchesInserts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"INSERT INTO outbound (a)": true, "insert\n into outbound": true, "COPY outbound FROM": true,
		"UPDATE outbound SET": false, "INSERT INTO outbound_note": false,
	} {
		if got := outboundInsert.MatchString(text); got != want {
			t.Errorf("%q: caught %t, want %t", text, got, want)
		}
	}
}

func TestTheStateRuleCatchesChanges(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		"table[1] = 2": true, "table = nil": true, "count++": true, "p := &count; _ = p": true, "delete(byName, 1)": true, "pair.x = 1": true,
		"table := []int{1}; table[0] = 2": false, "x := table[1]; x++": false, "_ = count": false,
	} {
		code := "package p\nvar table = []int{1}\nvar count = 1\nvar byName = map[int]int{}\nvar pair = struct{ x int }{}\nfunc f() { " + body + " }"
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "p.go", code, 0)
		if err != nil {
			t.Fatal(err)
		}
		vars := packageVars([]source{{file: file, fset: fset}})
		caught := false
		ast.Inspect(file, func(n ast.Node) bool {
			caught = caught || slices.ContainsFunc(written(n), func(name *ast.Ident) bool {
				spec, ok := vars[name.Name]
				return ok && refersToPackage(name, spec)
			})
			return true
		})
		if caught != want {
			t.Errorf("%q: caught %t, want %t", body, caught, want)
		}
	}
}
