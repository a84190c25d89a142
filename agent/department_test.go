package agent_test

import (
	"errors"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/handoff"
)

// signedTable is a table that a medical lead might approve.
func signedTable() []frontdesk.Department {
	return []frontdesk.Department{
		{Name: "Orthopaedics", Note: "2nd floor", Complaints: map[string][]string{
			"en": {"back pain", "knee hurts", "sore shoulder"}, "fr": {"mal de dos", "douleur au genou"}, "de": {"Rückenschmerzen"}}},
		{Name: "Dermatology", Complaints: map[string][]string{"en": {"skin rash", "itchy skin"}, "es": {"picor en la piel"}}},
	}
}

func TestWhichDoctorIsAnsweredFromTheApprovedTableAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *agent.Options, c *frontdesk.Clinic) {
		wordsOnly(o, c)
		o.Knowledge = knowledge{profile: testProfile(), table: signedTable()}
	})
	for _, c := range []struct{ question, language, department string }{
		{"which doctor should I see for back pain?", "en", "Orthopaedics, 2nd floor"},
		{"my knee hurts a lot when I walk, which department is that", "en", "Orthopaedics, 2nd floor"},
		{"what specialist is for an itchy skin", "en", "Dermatology"},
		{"Quel médecin dois-je voir pour un mal de dos ?", "fr", "Orthopaedics, 2nd floor"},
		{"zu wem soll ich mit Rückenschmerzen", "de", "Orthopaedics, 2nd floor"},
		{"¿a qué especialista voy por un picor en la piel?", "es", "Dermatology"},
	} {
		got := d.respond(t, d.dialogue(), says(c.question))
		if got.Outcome != frontdesk.OutcomeAnswered || got.Mode != frontdesk.ModeProfile || !strings.Contains(textOf(got), c.department) {
			t.Errorf("%q: %s %s %q by %v", c.question, got.Outcome, got.Mode, textOf(got), got.Labels)
			continue
		}
		if got.Language != c.language || len(got.Citations) != 1 || got.Citations[0].Quote != c.department {
			t.Errorf("%q: in %s, cites %+v", c.question, got.Language, got.Citations)
		}
	}
}

func TestComplaintOutsideTheTableGoesToTheNurseLine(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]knowledge{
		"not in the table":   {profile: testProfile(), table: signedTable()},
		"no table approved":  {profile: testProfile()},
		"table out of reach": {profile: testProfile(), table: signedTable(), err: errors.New("away")},
	} {
		d := newDesk(t, func(o *agent.Options, _ *frontdesk.Clinic) { o.Knowledge = k })
		got := d.respond(t, d.dialogue(), says("which doctor should I see for dizziness and a headache?"))
		if got.Outcome != frontdesk.OutcomeClinical || got.Ticket == nil || got.Ticket.Team != handoff.TeamNurse || len(got.Citations) > 0 {
			t.Errorf("%s: %s %q ticket %+v", name, got.Outcome, textOf(got), got.Ticket)
		}
	}
}

func TestEmergencyAndUrgencyComeBeforeTheTable(t *testing.T) {
	t.Parallel()
	table := append(signedTable(), frontdesk.Department{Name: "Cardiology", Complaints: map[string][]string{"en": {"chest pain"}}})
	d := newDesk(t, func(o *agent.Options, c *frontdesk.Clinic) {
		wordsOnly(o, c)
		o.Knowledge = knowledge{profile: testProfile(), table: table}
	})
	got := d.respond(t, d.dialogue(), says("I have crushing chest pain right now, which doctor should I see?"))
	if got.Outcome != frontdesk.OutcomeEmergency || strings.Contains(textOf(got), "Cardiology") {
		t.Errorf("%s: %q", got.Outcome, textOf(got))
	}
}
