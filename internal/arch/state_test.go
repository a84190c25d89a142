package arch

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

func TestNoInit(t *testing.T) {
	t.Parallel()
	for _, s := range product(parseModule(t)) {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init() runs behind everybody's back; wire it in cmd", s.at(f))
			}
		}
	}
}

// packageVars returns the package-level variables of a package's files.
func packageVars(sources []source) map[string]*ast.ValueSpec {
	vars := map[string]*ast.ValueSpec{}
	for _, s := range sources {
		for _, decl := range s.file.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					vars[name.Name] = spec.(*ast.ValueSpec)
				}
			}
		}
	}
	return vars
}

func TestNoMutableStateAtPackageLevel(t *testing.T) {
	t.Parallel()
	byPackage := map[string][]source{}
	for _, s := range product(parseModule(t)) {
		byPackage[s.pkg] = append(byPackage[s.pkg], s)
	}
	for _, files := range byPackage {
		vars := packageVars(files)
		for _, s := range files {
			checkDeclarations(t, s)
			ast.Inspect(s.file, func(n ast.Node) bool {
				for _, name := range written(n) {
					if spec, ok := vars[name.Name]; ok && refersToPackage(name, spec) {
						t.Errorf("%s: package-level variable %s is changed; state belongs to a value that is passed", s.at(n), name.Name)
					}
				}
				return true
			})
		}
	}
}

// checkDeclarations refuses variables that can only be meant to change: those
// without a value, and those of a type that exists to change.
func checkDeclarations(t *testing.T, s source) {
	t.Helper()
	for _, decl := range s.file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		embeds := g.Doc != nil && slices.ContainsFunc(g.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			embedded := embeds || v.Doc != nil && slices.ContainsFunc(v.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
			if len(v.Values) == 0 && !embedded {
				t.Errorf("%s: package-level variable %s has no value, so it waits to be changed; state belongs to a value that is passed", s.at(v), v.Names[0].Name)
			}
			for _, value := range v.Values {
				ast.Inspect(value, func(n ast.Node) bool {
					if changes(n) {
						t.Errorf("%s: package-level variable %s holds something that exists to change", s.at(v), v.Names[0].Name)
					}
					_, inFunction := n.(*ast.FuncLit)
					return !inFunction
				})
			}
		}
	}
}

// changes tells whether an expression makes a map, a channel or a value of sync.
func changes(n ast.Node) bool {
	switch e := n.(type) {
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.Ident); ok && (f.Name == "make" || f.Name == "new") {
			return true
		}
	case *ast.SelectorExpr:
		if p, ok := e.X.(*ast.Ident); ok && (p.Name == "sync" || p.Name == "atomic") {
			return true
		}
	}
	return false
}

// written returns the identifiers whose value, or a part of it, a node changes or
// gives away for changing.
func written(n ast.Node) []*ast.Ident {
	var out []*ast.Ident
	add := func(e ast.Expr) {
		if base := baseOf(e); base != nil {
			out = append(out, base)
		}
	}
	switch x := n.(type) {
	case *ast.AssignStmt:
		if x.Tok != token.DEFINE {
			for _, left := range x.Lhs {
				add(left)
			}
		}
	case *ast.IncDecStmt:
		add(x.X)
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			add(x.X)
		}
	case *ast.CallExpr:
		if f, ok := x.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") && len(x.Args) > 0 {
			add(x.Args[0])
		}
	}
	return out
}

// baseOf returns the variable at the root of a selector, index or dereference.
func baseOf(e ast.Expr) *ast.Ident {
	switch x := e.(type) {
	case *ast.Ident:
		if x.Name == "_" {
			return nil
		}
		return x
	case *ast.SelectorExpr:
		return baseOf(x.X)
	case *ast.IndexExpr:
		return baseOf(x.X)
	case *ast.StarExpr:
		return baseOf(x.X)
	case *ast.ParenExpr:
		return baseOf(x.X)
	}
	return nil
}

// refersToPackage tells whether an identifier means the package's variable: the
// parser resolves it to the variable, or to nothing in this file.
func refersToPackage(name *ast.Ident, spec *ast.ValueSpec) bool {
	return name.Obj == nil || name.Obj.Decl == spec
}
