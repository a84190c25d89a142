package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/store"
)

func TestAPersonsArchiveIsReadable(t *testing.T) {
	t.Parallel()
	row := func(id, clear string, sealed map[string]string) store.PersonRow {
		r := store.PersonRow{ID: id, Clear: json.RawMessage(clear), Opened: map[string]json.RawMessage{}}
		for column, value := range sealed {
			r.Opened[column] = json.RawMessage(value)
		}
		return r
	}
	data := store.PersonData{Tables: map[string][]store.PersonRow{
		"contact":          {row("c1", `{"language":"fr"}`, map[string]string{"sealed": `{"name":"Ada Lune","patients":["Bob Lune"]}`})},
		"conversation":     {row("v1", `{}`, map[string]string{"recipient": `{"Phone":"33612345678"}`})},
		"conversation_tag": {row("v1", `{"tag":"vip"}`, nil)},
		"message": {
			row("m2", `{"received_at":"2026-03-02T11:02:00Z"}`, map[string]string{"sealed": `{"message":{"Text":"<b>second</b>"}}`}),
			row("m1", `{"received_at":"2026-03-02T11:00:00Z"}`, map[string]string{
				"sealed": `{"message":{"Text":"born ⟦dob:1⟧","Tokens":[{"Place":"⟦dob:1⟧","Type":"dob"}]}}`, "tokens": `["12.04.1980"]`}),
		},
		"outbound":    {row("o1", `{"created_at":"2026-03-02T11:01:00Z","author":"ann"}`, map[string]string{"sealed": `{"reply":{"Text":"thank you"}}`})},
		"media":       {row("m1", `{"mime":"image/png"}`, nil)},
		"media_chunk": {row("m1/10", `{"number":10}`, map[string]string{"sealed": `"d28="`}), row("m1/2", `{"number":2}`, map[string]string{"sealed": `"dHc="`})},
		"consent":     {row("k1", `{"scope":"all","stop":true,"at":"2026-03-02T11:03:00Z"}`, nil)},
	}}
	clinic := frontdesk.Clinic{Name: "Clinique du Lac", Language: "fr", TimeZone: "Europe/Paris"}
	raw, err := personArchive(data, clinic, "fr", time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	if files["files/m1.png"] != "twwo" {
		t.Errorf("the file's pieces: %q", files)
	}
	page := files["data.html"]
	for _, want := range []string{"Ada Lune", "Bob Lune", "33612345678", "vip", "born 12.04.1980", "thank you", "– all", `href="files/m1.png"`, "&lt;b&gt;second", "2026-03-02 12:00"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Index(page, "born") > strings.Index(page, "thank you") || strings.Index(page, "thank you") > strings.Index(page, "second") {
		t.Error("the messages are not in order")
	}
	if !json.Valid([]byte(files["data.json"])) {
		t.Error("data.json is no JSON")
	}
}
