package httpd

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/staff"
)

func TestHoursAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]frontdesk.Span{
		"":                         nil,
		"8-12":                     {{Start: 480, End: 720}},
		"08:00-12:30, 14:00-18:00": {{Start: 480, End: 750}, {Start: 840, End: 1080}},
		"8h30 – 12h; 14h-18h15":    {{Start: 510, End: 720}, {Start: 840, End: 1095}},
		"22:00-06:00":              {{Start: 1320, End: 1800}},
		"0-24":                     {{Start: 0, End: 1440}},
	} {
		if got, ok := parseSpans(text); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"early", "8", "8-", "25:00-26:00", "8:75-9", "24-8", "8-12-14", "1-2,3-4,5-6,7-8,9-10"} {
		if got, ok := parseSpans(text); ok {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	for _, text := range []string{"08:00-12:30, 14:00-18:00", "22:00-06:00", "00:00-24:00"} {
		if spans, _ := parseSpans(text); spansText(spans) != text {
			t.Errorf("%q is shown as %q", text, spansText(spans))
		}
	}
}

func TestPricesAreReadToTheHundredth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"25": 2500, "25,5": 2550, "25.50": 2550, " 0 ": 0, "1000000": 100000000} {
		if got, ok := moneyOf(text, "", false, "eur"); !ok || got.Amount != want || got.Currency != "EUR" {
			t.Errorf("%q: %+v, %t", text, got, ok)
		}
	}
	for _, test := range [][3]string{{"", "", "EUR"}, {"-1", "", "EUR"}, {"25.505", "", "EUR"}, {"25", "20", "EUR"}, {"25", "", "euros"}, {"a", "", "EUR"}, {"25.-1", "", "EUR"}} {
		if got, ok := moneyOf(test[0], test[1], false, test[2]); ok {
			t.Errorf("%v was read as %+v", test, got)
		}
	}
}

// TestManagersFormsAreRefusedWhole asks with forms that a page would not send.
func TestManagersFormsAreRefusedWhole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path string
		form url.Values
		want int
	}{
		{"/console/profile/fact", url.Values{"kind": {"phone"}, "value": {"call us"}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"phone"}, "value": {"+33 1 23 45 67 89"}, "label": {strings.Repeat("a", maxFactLabel+1)}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"email"}, "value": {"Ann <ann@example.org>"}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"address"}, "value": {"1 High Street"}, "lat": {"91"}, "lon": {"0"}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"address"}, "value": {"1 High Street"}, "lat": {"NaN"}, "lon": {"0"}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"address"}, "value": {"1 High Street"}, "lat": {"45,5"}, "lon": {"0"}}, 303},
		{"/console/profile/fact", url.Values{"kind": {"diagnosis"}, "value": {"flu"}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"hours"}, "day_1": {"8-12"}}, 303},
		{"/console/profile/fact", url.Values{"kind": {"hours"}, "day_1": {"late"}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"hours"}, "day_1": {"8-12"}, "except_from": {"2026-12-24"}, "except_to": {"2026-12-01"}, "except_times": {""}, "except_note": {""}}, 400},
		{"/console/profile/fact", url.Values{"kind": {"hours"}, "day_1": {"8-12"}, "except_from": {"12-24"}, "except_to": {"01-02"}, "except_times": {""}, "except_note": {"holidays"}}, 303},
		{"/console/profile/fact", url.Values{"kind": {"hours"}, "day_1": {"8-12"}, "except_from": {"02-30"}, "except_to": {""}, "except_times": {""}, "except_note": {""}}, 400},
		{"/console/profile/links", url.Values{"booking_url": {"javascript:alert(1)"}}, 400},
		{"/console/profile/links", url.Values{"portal_url": {"https://user:pass@example.org"}}, 400},
		{"/console/knowledge/faq", url.Values{"name": {"../a"}, "question": {"q"}, "answer": {"a"}}, 400},
		{"/console/knowledge/faq", url.Values{"name": {"a"}, "question": {"q"}, "answer": {""}}, 400},
		{"/console/knowledge/faq", url.Values{"name": {"a"}, "question": {"q", "r"}, "answer": {"a"}}, 400},
		{"/console/knowledge/section", url.Values{"url": {"https://example.org"}, "depth": {"99"}}, 400},
		{"/console/knowledge/section", url.Values{"url": {"https://example.org"}, "pages": {"9999"}}, 400},
		{"/console/settings/content", url.Values{"reread_hours": {"-1"}}, 400},
		{"/console/settings/control", url.Values{"pilots": {"Ann"}}, 400},
		{"/console/settings/control", url.Values{"forbidden": {strings.Repeat("a", maxLine+1)}}, 400},
		{"/console/settings/pinned", url.Values{"questions": {"why?"}, "answer": {""}}, 400},
		{"/console/settings/pinned", url.Values{"questions": {"why?\nhow?"}, "answer": {"so"}}, 303},
		{"/console/departments", url.Values{"name": {"Orthopaedics"}, "note": {""}, "complaints": {"en: back pain, knee hurts\nfr: mal de dos"}}, 303},
		{"/console/departments", url.Values{"name": {"Orthopaedics"}, "note": {""}, "complaints": {"back pain"}}, 400},
		{"/console/departments", url.Values{"name": {"Orthopaedics"}, "note": {"", ""}, "complaints": {"en: back pain"}}, 400},
		{"/console/settings/texts", url.Values{"monthly_cap": {"-5"}}, 400},
		{"/console/settings/texts", url.Values{"monthly_cap": {"NaN"}}, 400},
		{"/console/settings/texts", url.Values{"monthly_cap": {"12,5"}, "emergency_add": {"Or the night desk."}}, 303},
	} {
		e := newEdge(t, nil)
		w := e.request(http.MethodPost, test.path, test.form.Encode(), e.session(t, staff.RoleOwner))
		if w.Code != test.want || test.want == 400 && len(e.desk.did) > 0 {
			t.Errorf("%s %v: %d, want %d; done %v", test.path, test.form, w.Code, test.want, e.desk.did)
		}
	}
}

func TestAPagesPictureRunsNothing(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	w := e.request(http.MethodGet, "/console/knowledge/page?name=a.pdf&revision=1&page=1", "", e.session(t, staff.RoleQA))
	h := w.Header()
	if w.Code != http.StatusOK || h.Get("Content-Type") != "image/png" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", w.Code, h)
	}
}

func TestTheCalendarNamesEachDayRight(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil) // 22 November 2026 is a Sunday
	body := e.request(http.MethodGet, "/console/profile", "", e.session(t, staff.RoleOwner)).Body.String()
	for _, day := range []string{`<time datetime="2026-11-16">Monday 16/11`, `<time datetime="2026-11-22">Sunday 22/11`, `<time datetime="2026-12-13">Sunday 13/12`} {
		if !strings.Contains(body, day) {
			t.Errorf("the calendar lacks %s", day)
		}
	}
}
