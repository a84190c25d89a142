package arch

import (
	"slices"
	"strings"
	"testing"
)

const module = "frontdesk"

// The rings of design.md: an import goes inward only.
var (
	leaves       = []string{"language", "locale", "calendar", "flow", "staff"}
	capabilities = []string{"guardrails", "ingest", "retrieval", "booking", "handoff", "outreach", "agent", "conversation", "eval"}
)

// allowed says what a package of ours may import of ours, beside the root package.
func allowed() map[string][]string {
	inner := func(more ...string) []string { return append(slices.Clone(leaves), more...) }
	all := append(inner(), capabilities...)
	return map[string][]string{
		".":        nil,
		"language": nil, "locale": nil, "calendar": nil, "staff": nil,
		"flow":         {"language", "locale", "calendar", "staff"},
		"guardrails":   inner(),
		"ingest":       inner("retrieval"),
		"retrieval":    inner(),
		"booking":      inner(),
		"handoff":      inner(),
		"outreach":     inner("booking"),
		"agent":        inner("guardrails", "retrieval", "booking", "handoff"),
		"conversation": inner("handoff"),
		"eval":         inner(),
		"whatsapp":     nil,
		"llm":          {"agent", "retrieval", "guardrails", "conversation"}, // those that declare its interfaces
		"httpd":        all,
		"store":        all,
	}
}

func TestImportsGoInward(t *testing.T) {
	t.Parallel()
	table := allowed()
	for _, s := range product(parseModule(t)) {
		own := capability(s.pkg)
		if own == "cmd" {
			continue // wires everything
		}
		inward := table[own]
		for _, imported := range s.imports {
			inside, ours := strings.CutPrefix(imported, module+"/")
			if !ours || capability(inside) == own {
				continue
			}
			if !slices.Contains(inward, capability(inside)) {
				t.Errorf("%s imports %s: the design lets %q import only the root package and %v, so that rings stay rings", s.path, imported, own, inward)
			}
		}
	}
}

func TestEveryFolderIsOfTheDesign(t *testing.T) {
	t.Parallel()
	table := allowed()
	for _, s := range parseModule(t) {
		own := capability(s.pkg)
		if _, known := table[own]; !known && own != "cmd" && own != "internal" {
			t.Errorf("%s: folder %q is no package of the design; a top-level folder is a capability, named as a clinic would name it", s.path, own)
		}
	}
}

func TestTheTableHasNoCycle(t *testing.T) {
	t.Parallel()
	table := allowed()
	var visit func(pkg string, path []string)
	visit = func(pkg string, path []string) {
		if slices.Contains(path, pkg) {
			t.Errorf("the allowed imports go in a circle: %v", append(path, pkg))
			return
		}
		for _, next := range table[pkg] {
			visit(next, append(slices.Clone(path), pkg))
		}
	}
	for pkg := range table {
		visit(pkg, nil)
	}
}

func TestTheRootPackageImportsTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	for _, s := range parseModule(t) {
		if s.pkg != "." || s.test {
			continue
		}
		for _, imported := range s.imports {
			if thirdParty(imported) || strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s: the vocabulary depends on nothing, because everything depends on it", s.path, imported)
			}
		}
	}
}

// home is the one place of a third-party module.
type home struct {
	prefix string
	pkgs   []string
	reason string
}

func homes() []home {
	return []home{
		{"github.com/gin-gonic/", []string{"httpd"}, "all routes are in one package; the rest of us does not know HTTP's framework"},
		{"github.com/jackc/pgx", []string{"store"}, "rows of a clinic are reached through store.InClinic only"},
		{"github.com/pgvector/", []string{"store"}, "vectors are searched in one place"},
		{"github.com/riverqueue/", []string{"store"}, "jobs are filed in the transaction of the fact"},
		{"github.com/pressly/goose", []string{"store"}, "one place changes the schema"},
		{"github.com/tink-crypto/", []string{"store"}, "sealing has one implementation"},
		{"github.com/tmc/langchaingo", []string{"llm"}, "providers change; what we ask of a model does not"},
		{"github.com/spf13/cobra", []string{"cmd"}, "commands are wiring"},
		{"github.com/prometheus/", []string{"cmd", "httpd"}, "metrics are read at the edge"},
		{"github.com/klippa-app/", []string{"ingest"}, "documents of strangers are opened in one place"},
		{"github.com/ledongthuc/pdf", []string{"ingest"}, "documents of strangers are opened in one place"},
		{"github.com/tetratelabs/wazero", []string{"ingest"}, "the sandbox belongs to what runs in it"},
		{"github.com/markusmobius/", []string{"ingest"}, "pages of strangers are read in one place"},
		{"github.com/temoto/robotstxt", []string{"ingest"}, "pages are fetched in one place"},
		{"github.com/nyaruka/phonenumbers", []string{"guardrails", "ingest"}, "phone numbers are recognised in patients' words and clinics' documents"},
		{"github.com/blevesearch/snowballstem", []string{"language"}, "questions and passages are stemmed by one function"},
		{"github.com/rickar/cal", []string{"calendar"}, "holidays are the calendar's"},
		{"github.com/pquerna/otp", []string{"staff"}, "who may come in is decided in one place"},
		{"golang.org/x/crypto/argon2", []string{"staff"}, "passwords are hashed in one place"},
		{"database/sql", []string{"store"}, "rows of a clinic are reached through store.InClinic only"},
		{"os/exec", []string{"ingest", "cmd"}, "other programs are started to read hostile files, and by commands"},
		{"unsafe", nil, "nothing here is worth memory unsafety"},
		{"C", nil, "no cgo: one static binary"},
		{"log", nil, "logs are structured and carry ids only: log/slog"},
		{"math/rand", nil, "randomness is injected; secrets and ids come from crypto/rand"},
	}
}

func TestEachThirdPartyPackageHasOneHome(t *testing.T) {
	t.Parallel()
	for _, s := range product(parseModule(t)) {
		for _, imported := range s.imports {
			for _, h := range homes() {
				inPrefix := imported == strings.TrimSuffix(h.prefix, "/") || strings.HasPrefix(imported, strings.TrimSuffix(h.prefix, "/")+"/")
				exact := !strings.Contains(h.prefix, "/") || h.prefix == "database/sql" || h.prefix == "os/exec" || h.prefix == "math/rand"
				if exact && imported != h.prefix || !inPrefix {
					continue
				}
				if !slices.Contains(h.pkgs, capability(s.pkg)) {
					t.Errorf("%s imports %s, whose home is %v: %s", s.path, imported, h.pkgs, h.reason)
				}
			}
		}
	}
}

// TestTestCodeStaysOutOfTheBinary keeps what only tests need out of the product.
func TestTestCodeStaysOutOfTheBinary(t *testing.T) {
	t.Parallel()
	for _, s := range product(parseModule(t)) {
		for _, imported := range s.imports {
			if imported == "testing" || strings.Contains(imported, "goleak") || strings.Contains(imported, "chromedp") || strings.HasSuffix(imported, "internal/testdb") {
				t.Errorf("%s imports %s: test code has no place in the binary", s.path, imported)
			}
			if strings.HasPrefix(imported, module+"/internal/") && capability(s.pkg) != "cmd" {
				t.Errorf("%s imports %s: the lifecycle of private programs is the command's", s.path, imported)
			}
		}
	}
}

// thirdParty tells whether an import is neither ours nor of the standard library.
func thirdParty(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return strings.Contains(first, ".")
}
