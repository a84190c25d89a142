package handoff

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"frontdesk"
)

// keys renders a text as its key and arguments.
type keys struct{}

func (keys) Text(_, key string, args map[string]string) string {
	if strings.HasPrefix(key, "reason.") {
		return ""
	}
	return key + " " + args["reason"] + " " + args["language"]
}

func clinic(hours *frontdesk.Hours) frontdesk.Clinic {
	return frontdesk.Clinic{Language: "fr", TimeZone: "Europe/Paris", Settings: frontdesk.Settings{StaffHours: hours}}
}

func officeHours() *frontdesk.Hours {
	var h frontdesk.Hours
	for d := time.Monday; d <= time.Friday; d++ {
		h.Days[d] = []frontdesk.Span{{Start: 8 * 60, End: 18 * 60}}
	}
	return &h
}

func paris(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, clinic(nil).Location())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for reason, want := range map[Reason]Route{
		ReasonEmergency:      {TeamNurse, frontdesk.PriorityEmergency, true},
		ReasonCrisis:         {TeamNurse, frontdesk.PriorityEmergency, true},
		ReasonUrgent:         {TeamNurse, frontdesk.PriorityUrgent, true},
		ReasonAsked:          {TeamReception, frontdesk.PriorityNormal, true},
		ReasonClinical:       {TeamNurse, frontdesk.PriorityNormal, false},
		ReasonBookingRequest: {TeamReception, frontdesk.PriorityNormal, false},
		ReasonLead:           {TeamReception, frontdesk.PriorityLow, false},
		"never heard of":     {TeamReception, frontdesk.PriorityNormal, true},
	} {
		if got := RouteOf(reason); got != want {
			t.Errorf("%s: %v, want %v", reason, got, want)
		}
	}
}

func TestPromises(t *testing.T) {
	t.Parallel()
	unknown := officeHours()
	unknown.Unknown[time.Sunday] = true
	for name, c := range map[string]struct {
		staff, opening *frontdesk.Hours
		at             string
		kind           PromiseKind
		when           string
	}{
		"no hours at all: always staffed":    {nil, nil, "2026-11-22 03:00", PromiseNow, ""},
		"on duty":                            {officeHours(), nil, "2026-11-23 09:00", PromiseNow, ""},
		"at night":                           {officeHours(), nil, "2026-11-23 22:00", PromiseLater, "2026-11-24 08:00"},
		"over the weekend":                   {officeHours(), nil, "2026-11-20 19:00", PromiseLater, "2026-11-23 08:00"},
		"the opening hours stand in":         {nil, officeHours(), "2026-11-22 10:00", PromiseLater, "2026-11-23 08:00"},
		"staff hours win over opening hours": {&frontdesk.Hours{Days: [7][]frontdesk.Span{0: {{Start: 0, End: 1440}}}}, officeHours(), "2026-11-22 10:00", PromiseNow, ""},
		"a day that is not known":            {unknown, nil, "2026-11-22 10:00", PromiseUnknown, ""},
		"never staffed":                      {&frontdesk.Hours{}, nil, "2026-11-22 10:00", PromiseUnknown, ""},
		"the night when clocks change":       {officeHours(), nil, "2026-10-25 02:30", PromiseLater, "2026-10-26 08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The instant is given in UTC: the clinic's own zone must count.
			got := PromiseAt(clinic(c.staff), c.opening, paris(t, c.at).UTC())
			if got.Kind != c.kind || c.when != "" && !got.At.Equal(paris(t, c.when)) || c.when == "" && !got.At.IsZero() {
				t.Errorf("%v, want %s %s", got, c.kind, c.when)
			}
		})
	}
}

func TestATicketsClockRunsWhileStaffAreOnDuty(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		priority     frontdesk.Priority
		opened, want string
	}{
		"in the morning":            {frontdesk.PriorityNormal, "2026-11-23 09:00", "2026-11-23 10:00"},
		"across closing":            {frontdesk.PriorityNormal, "2026-11-23 17:30", "2026-11-24 08:30"},
		"across the weekend":        {frontdesk.PriorityLow, "2026-11-20 16:00", "2026-11-23 10:00"},
		"opened at night":           {frontdesk.PriorityUrgent, "2026-11-23 22:00", "2026-11-24 08:10"},
		"an emergency never pauses": {frontdesk.PriorityEmergency, "2026-11-22 03:00", "2026-11-22 03:02"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := DueAt(clinic(officeHours()), nil, c.priority, paris(t, c.opened)); !got.Equal(paris(t, c.want)) {
				t.Errorf("due %v, want %s", got, c.want)
			}
		})
	}
}

func TestWhatTheBotMaySayWhileWaiting(t *testing.T) {
	t.Parallel()
	now := paris(t, "2026-11-23 09:00")
	for name, c := range map[string]struct {
		notified time.Time
		kind     PromiseKind
		want     Speech
	}{
		"staff on duty, first message":      {time.Time{}, PromiseNow, Speech{false, "waiting.now"}},
		"staff on duty, told just now":      {now.Add(-time.Minute), PromiseNow, Speech{false, ""}},
		"staff on duty, told long ago":      {now.Add(-time.Hour), PromiseNow, Speech{false, "waiting.now"}},
		"outside hours":                     {time.Time{}, PromiseLater, Speech{true, "waiting.later"}},
		"outside hours, told just now":      {now.Add(-time.Minute), PromiseLater, Speech{true, ""}},
		"hours not known: no time promised": {time.Time{}, PromiseUnknown, Speech{true, "waiting.now"}},
	} {
		if got := Waiting(frontdesk.Ticket{Notified: c.notified}, Promise{Kind: c.kind}, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestSummaryQuotesTheLastMessagesMasked(t *testing.T) {
	t.Parallel()
	d := frontdesk.Dialogue{Clinic: clinic(nil), Language: "it"}
	for _, m := range []string{"one", "two", "three", "", "my date is ⟦dob:1⟧"} {
		d.History = append(d.History, frontdesk.Exchange{Patient: m, Reply: "never shown"})
	}
	got := Summary(ReasonRepeatedFailure, d, "a\n  person,\tplease", keys{})
	want := "summary.head repeated failure it\nsummary.asked  \n– two\n– three\n– my date is ⟦dob:1⟧\n– a person, please"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestALongMessageIsNeverCutThroughAMaskedPlace(t *testing.T) {
	t.Parallel()
	for pad := 220; pad < 245; pad++ {
		text := shorten(strings.Repeat("x", pad) + " ⟦phone:1⟧ and more words that follow it")
		if strings.Count(text, "⟦") != strings.Count(text, "⟧") {
			t.Errorf("cut through: %q", text)
		}
		if utf8.RuneCountInString(text) > summaryRunes+1 {
			t.Errorf("%d runes", utf8.RuneCountInString(text))
		}
	}
}

func TestANewReasonJoinsTheOpenTicket(t *testing.T) {
	t.Parallel()
	d := frontdesk.Dialogue{Clinic: clinic(nil), Ticket: &frontdesk.Ticket{Team: TeamBilling, Priority: frontdesk.PriorityNormal, Reason: "asked"}}
	if got := Request(ReasonMedia, d, "", keys{}); got.Team != TeamBilling || got.Reason != "asked" {
		t.Errorf("a lesser reason moved the ticket: %v", got)
	}
	if got := Request(ReasonEmergency, d, "", keys{}); got.Team != TeamNurse || got.Priority != frontdesk.PriorityEmergency || got.Reason != "emergency" {
		t.Errorf("an emergency did not raise the ticket: %v", got)
	}
}

func TestStaffedForCountsDownToTheClose(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]time.Duration{
		"2026-11-23 09:00": 9 * time.Hour, "2026-11-23 17:59": time.Minute, "2026-11-23 18:00": 0, "2026-11-22 10:00": 0,
	} {
		if left, ok := StaffedFor(clinic(officeHours()), nil, paris(t, at), 24*time.Hour); left != want || ok != (want > 0) {
			t.Errorf("%s: %s, %v; want %s", at, left, ok, want)
		}
	}
	if left, ok := StaffedFor(clinic(nil), nil, paris(t, "2026-11-23 03:00"), time.Hour); left != time.Hour || !ok {
		t.Errorf("always staffed: %s, %v", left, ok)
	}
}
