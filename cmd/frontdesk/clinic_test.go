package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestWrongUsageExitsWithTwoAndSaysWhat(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		says string
	}{
		"unknown command":            {[]string{"clinics"}, `unknown command "clinics"`},
		"unknown flag":               {[]string{"clinic", "list", "--jsn"}, "--jsn"},
		"group without its command":  {[]string{"clinic"}, "which one?"},
		"unknown command of a group": {[]string{"source", "ad"}, `"ad"`},
		"clinic without name":        {[]string{"clinic", "add"}, "NAME"},
		"clinic with two names":      {[]string{"clinic", "add", "A", "B"}, `"B"`},
		"no language tag":            {[]string{"clinic", "add", "A", "--lang", "no such tag"}, "BCP-47"},
		"setting without value":      {[]string{"clinic", "set", "A"}, "KEY=VALUE"},
		"source without path":        {[]string{"source", "add", "--clinic", "A"}, "PATH or URL"},
		"screen with argument":       {[]string{"screen", "hello"}, `"hello"`},
		"version with argument":      {[]string{"version", "now"}, `"now"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := command(t, "", test.args...)
			if got.code != exitUsage {
				t.Errorf("exit %d, want %d", got.code, exitUsage)
			}
			if got.stdout != "" {
				t.Errorf("standard output holds %q", got.stdout)
			}
			if !strings.Contains(got.stderr, test.says) || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("standard error %q is not one line with %q", got.stderr, test.says)
			}
		})
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	t.Parallel()
	p := &program{}
	queue := p.command().Commands()
	for len(queue) > 0 {
		c := queue[0]
		queue = append(queue[1:], c.Commands()...)
		if c.Hidden || c.Name() == "help" {
			continue
		}
		path := strings.Fields(c.CommandPath())[1:]
		t.Run(strings.Join(path, " "), func(t *testing.T) {
			t.Parallel()
			got := command(t, "", append(path, "--help")...)
			if got.code != exitOK || !strings.Contains(got.stdout, "Examples:") {
				t.Errorf("exit %d, help without example:\n%s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
}

type shownClinic struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Lang     string         `json:"lang"`
	Country  string         `json:"country"`
	TimeZone string         `json:"timezone"`
	Settings map[string]any `json:"settings"`
}

func TestClinicIsAddedListedAndChanged(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	name := "Cabinet « Été »; DROP TABLE clinic"
	added := decodeLines[shownClinic](t, succeed(t, "", "clinic", "add", name, "--lang", "pt-BR", "--country", "BR", "--timezone", "America/Recife", "--json"))[0]
	if added.Name != name || added.Lang != "pt-BR" || added.Country != "BR" || added.TimeZone != "America/Recife" || added.ID == "" {
		t.Errorf("added %+v", added)
	}
	changed := decodeLines[shownClinic](t, succeed(t, "", "clinic", "set", name, "lang=fr", "booking_url=https://example.org/rdv", "phone=+33 1 23 45 67 89"))[0]
	if changed.Lang != "fr" || changed.Settings["booking_url"] != "https://example.org/rdv" || changed.Settings["phone"] != "+33 1 23 45 67 89" {
		t.Errorf("changed %+v", changed)
	}
	cleared := decodeLines[shownClinic](t, succeed(t, "", "clinic", "set", name, "booking_url="))[0]
	if _, there := cleared.Settings["booking_url"]; there {
		t.Errorf("an empty value does not clear: %+v", cleared.Settings)
	}
	found := false
	for _, c := range decodeLines[shownClinic](t, succeed(t, "", "clinic", "list", "--json")) {
		found = found || c.ID == added.ID && c.Lang == "fr"
	}
	if !found {
		t.Error("the list lacks the clinic")
	}
}

// A home that several commands enter at once is made once.
func TestCommandsMayStartAtOnceInANewHome(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	dir, err := os.MkdirTemp("", "frontdesk-new-") // the test's own folder has a parent that is closed to PostgreSQL's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			got := commandIn(t, map[string]string{"FRONTDESK_HOME": dir}, "", "clinic", "add", fmt.Sprintf("Clinic %d", i), "--country", "FR")
			if got.code != exitOK {
				t.Errorf("exit %d: %s", got.code, got.stderr)
			}
		})
	}
	wg.Wait()
	listed := commandIn(t, map[string]string{"FRONTDESK_HOME": dir}, "", "clinic", "list")
	if listed.code != exitOK || strings.Count(listed.stdout, "\n") != 4 {
		t.Errorf("exit %d, not four clinics: %s%s", listed.code, listed.stdout, listed.stderr)
	}
	held, err := filepath.Glob(filepath.Join(dir, "pg", "postmaster.pid"))
	if err != nil || len(held) > 0 {
		t.Errorf("the last command out left the database running: %v %v", held, err)
	}
}

func TestClinicCommandsRefuse(t *testing.T) {
	t.Parallel()
	name := addClinic(t, "--lang", "fr", "--country", "FR")
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"same name again":     {[]string{"clinic", "add", name}, exitFail, "exists already"},
		"empty name":          {[]string{"clinic", "add", ""}, exitFail, "name"},
		"no such time zone":   {[]string{"clinic", "add", "X of " + name, "--timezone", "Europe/Atlantis"}, exitFail, "IANA"},
		"no such country":     {[]string{"clinic", "add", "Y of " + name, "--country", "France"}, exitFail, "ISO 3166"},
		"unknown clinic":      {[]string{"clinic", "set", "no such clinic", "phone=1"}, exitFail, "clinic list"},
		"unknown setting":     {[]string{"clinic", "set", name, "fone=1"}, exitUsage, `"fone"`},
		"value without key":   {[]string{"clinic", "set", name, "phone"}, exitUsage, `"phone"`},
		"no truth value":      {[]string{"clinic", "set", name, "paused=perhaps"}, exitUsage, "paused"},
		"no clinic named":     {[]string{"ask", "hello"}, exitUsage, "--clinic"},
		"unknown in ask":      {[]string{"ask", "--clinic", "no such clinic", "hello"}, exitFail, "clinic list"},
		"unknown in ticket":   {[]string{"ticket", "list", "--clinic", "no such clinic"}, exitFail, "clinic list"},
		"wrong zone in set":   {[]string{"clinic", "set", name, "timezone=Mars/Base"}, exitFail, "IANA"},
		"wrong staff hours":   {[]string{"clinic", "set", name, "staff_hours={"}, exitUsage, "staff_hours"},
		"nothing half stored": {[]string{"clinic", "set", name, "phone=+331", "fone=1"}, exitUsage, `"fone"`},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			got := command(t, "", test.args...)
			if got.code != test.code || !strings.Contains(got.stderr, test.says) || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("exit %d, want %d; standard error %q, want one line with %q", got.code, test.code, got.stderr, test.says)
			}
		})
	}
	t.Cleanup(func() {
		var stored json.RawMessage
		for _, c := range decodeLines[shownClinic](t, commandAfter(t, "clinic", "list", "--json")) {
			if c.Name == name {
				stored, _ = json.Marshal(c.Settings)
			}
		}
		if strings.Contains(string(stored), "+331") {
			t.Errorf("a refused change was stored: %s", stored)
		}
	})
}
