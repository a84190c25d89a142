package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tableOfDepartments = `departments:
  - name: Rhumatologie
    note: 2e étage
    complaints: {fr: ["mal de dos", "douleur au genou"], en: ["back pain"]}
`

func TestDepartmentsAreInForceOnceANamedPersonApproves(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	clinic := addClinic(t, "--lang", "fr", "--country", "FR")
	file := filepath.Join(t.TempDir(), "departments.yaml")
	if err := os.WriteFile(file, []byte(tableOfDepartments), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := succeed(t, "", "departments", "import", "--clinic", clinic, file); !strings.Contains(out, "nothing kept") {
		t.Errorf("a table without approval: %q", out)
	}
	if out := succeed(t, "", "departments", "show", "--clinic", clinic); !strings.Contains(out, "No table is in force") {
		t.Errorf("after a mere check: %q", out)
	}
	if out := succeed(t, "", "departments", "import", "--clinic", clinic, "--approve-as", "Dr Martin", file); !strings.Contains(out, "Dr Martin") || !strings.Contains(out, "Rhumatologie") {
		t.Errorf("approved: %q", out)
	}
	if out := succeed(t, "", "ask", "--clinic", clinic, "--json", "quel médecin pour un mal de dos ?"); !strings.Contains(out, "Rhumatologie, 2e étage") || !strings.Contains(out, `"outcome":"answered"`) {
		t.Errorf("asked: %s", out)
	}
	succeed(t, "", "departments", "withdraw", "--clinic", clinic, "--as", "Dr Martin")
	if out := succeed(t, "", "ask", "--clinic", clinic, "--json", "quel médecin pour un mal de dos ?"); strings.Contains(out, "Rhumatologie") {
		t.Errorf("asked after the withdrawal: %s", out)
	}
}

func TestTableThatMustNotSpeakIsRefused(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	clinic := addClinic(t, "--lang", "fr", "--country", "FR")
	for name, text := range map[string]string{
		"no table":                 "departments: []\n",
		"unknown field":            "departments:\n  - {name: A, conditions: [flu]}\n",
		"no complaint":             "departments:\n  - {name: A, complaints: {}}\n",
		"one complaint, two doors": "departments:\n  - {name: A, complaints: {fr: [mal de dos]}}\n  - {name: B, complaints: {fr: [Mal de  dos]}}\n",
		"advice":                   "departments:\n  - {name: Pharmacie, note: prenez deux comprimés de paracétamol, complaints: {fr: [mal de dos]}}\n",
	} {
		file := filepath.Join(t.TempDir(), "departments.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := command(t, "", "departments", "import", "--clinic", clinic, "--approve-as", "Dr Martin", file); got.code != exitFail || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %q %q", name, got.code, got.stdout, got.stderr)
		}
	}
}
