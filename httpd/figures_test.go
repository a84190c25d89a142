package httpd

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"frontdesk/staff"
)

func TestFiguresTakeDaysOfTheClinicsTimeZone(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	session := e.session(t, staff.RoleQA)
	for query, want := range map[string]int{
		"": 200, "?from=2026-10-19&to=2026-10-25": 200, "?from=2026-11-22&to=2026-11-22": 200, "?from=2026-01-01&to=2026-12-31&channel=whatsapp": 200,
		"?from=yesterday": 400, "?from=2026-11-22&to=2026-11-21": 400, "?from=2024-01-01&to=2026-01-01": 400, "?channel=fax": 400, "?to=9999-12-31": 400,
	} {
		for _, page := range []string{"/console/figures", "/console/figures.csv"} {
			if w := e.request(http.MethodGet, page+query, "", session); w.Code != want {
				t.Errorf("%s%s: %d, want %d", page, query, w.Code, want)
			}
		}
	}
	body := e.request(http.MethodGet, "/console/figures", "", session).Body.String()
	for _, part := range []string{`value="2026-10-24"`, `value="2026-11-22"`, "75 %", `class="level-5"`} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func TestFiguresOpenInASpreadsheetAsTextAndNumbers(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	w := e.request(http.MethodGet, "/console/figures.csv?from=2026-11-22&to=2026-11-22", "", e.session(t, staff.RoleAuditor))
	if h := w.Header(); h.Get("Content-Type") != "text/csv; charset=utf-8" || h.Get("Content-Disposition") != `attachment; filename="figures-2026-11-22-2026-11-22.csv"` {
		t.Errorf("%v", h)
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, row := range rows {
		found[row[0]+"|"+row[1]] = row[2]
		if strings.ContainsAny(row[1][:min(1, len(row[1]))], "=+-@") {
			t.Errorf("a spreadsheet takes %q for a formula", row[1])
		}
	}
	if found["episodes|"] != "4" || found["messages by hour|Sunday 9"] != "9" || found["episodes by day|2026-11-22"] != "4" || found["handovers by reason|'=1+1"] != "1" {
		t.Errorf("%v", found)
	}
	if len(e.desk.audited) == 0 || e.desk.audited[len(e.desk.audited)-1] != "figures.export" {
		t.Errorf("the export is not in the audit log: %v", e.desk.audited)
	}
}
