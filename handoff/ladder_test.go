package handoff

import (
	"slices"
	"testing"
	"time"

	"frontdesk"
)

// climbAll climbs a ticket's ladder, looking each so often, and returns what was
// planned and when. A look may be missed: the process was down.
func climbAll(clinic frontdesk.Clinic, w Watched, from, to time.Time, every time.Duration, down func(time.Time) bool) (steps []string, at []time.Time) {
	for now := from; now.Before(to); now = now.Add(every) {
		if down != nil && down(now) {
			continue
		}
		plan := Climb(clinic, nil, w, now)
		w.Stage = plan.Stage
		for _, s := range plan.Steps {
			steps, at = append(steps, string(s)), append(at, now)
		}
		if plan.Patient {
			steps, at = append(steps, string(StepPatient)), append(at, now)
		}
	}
	return steps, at
}

func TestALadderIsClimbedOnceAndInOrder(t *testing.T) {
	t.Parallel()
	full := []string{"opened", "reminder", "second_line", "patient"}
	for name, c := range map[string]struct {
		priority frontdesk.Priority
		opened   string
		at       []string
	}{
		"in the morning":            {frontdesk.PriorityNormal, "2026-11-23 09:00", []string{"2026-11-23 09:00", "2026-11-23 10:00", "2026-11-23 11:00", "2026-11-23 12:00"}},
		"over the night":            {frontdesk.PriorityNormal, "2026-11-23 17:30", []string{"2026-11-23 17:30", "2026-11-24 08:30", "2026-11-24 09:30", "2026-11-24 10:30"}},
		"on a Sunday":               {frontdesk.PriorityNormal, "2026-11-22 11:00", []string{"2026-11-23 08:00", "2026-11-23 09:00", "2026-11-23 10:00", "2026-11-23 11:00"}},
		"urgent at night":           {frontdesk.PriorityUrgent, "2026-11-23 22:00", []string{"2026-11-23 22:00", "2026-11-24 08:10", "2026-11-24 08:20", "2026-11-24 08:30"}},
		"an emergency on a Sunday":  {frontdesk.PriorityEmergency, "2026-11-22 03:00", []string{"2026-11-22 03:00", "2026-11-22 03:02", "2026-11-22 03:04", "2026-11-22 03:06"}},
		"clocks go back meanwhile":  {frontdesk.PriorityNormal, "2026-10-24 12:00", []string{"2026-10-26 08:00", "2026-10-26 09:00", "2026-10-26 10:00", "2026-10-26 11:00"}},
		"clocks go forth meanwhile": {frontdesk.PriorityNormal, "2026-03-28 12:00", []string{"2026-03-30 08:00", "2026-03-30 09:00", "2026-03-30 10:00", "2026-03-30 11:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opened := paris(t, c.opened)
			steps, at := climbAll(clinic(officeHours()), Watched{Priority: c.priority, Pen: frontdesk.PenWaiting, Began: opened}, opened, opened.AddDate(0, 0, 3), 2*time.Minute, nil)
			if !slices.Equal(steps, full) {
				t.Fatalf("%v", steps)
			}
			for i, want := range c.at {
				if !at[i].Equal(paris(t, want)) {
					t.Errorf("%s at %v, want %s", steps[i], at[i], want)
				}
			}
		})
	}
}

func TestAHolidayIsNoWorkingDay(t *testing.T) {
	t.Parallel()
	hours := officeHours()
	hours.Exceptions = []frontdesk.Exception{{From: "2026-12-25", To: "2026-12-25"}}
	opened := paris(t, "2026-12-24 17:30")
	_, at := climbAll(clinic(hours), Watched{Priority: frontdesk.PriorityNormal, Pen: frontdesk.PenWaiting, Began: opened}, opened, opened.AddDate(0, 0, 5), 10*time.Minute, nil)
	if len(at) != 4 || !at[1].Equal(paris(t, "2026-12-28 08:30")) {
		t.Errorf("%v", at)
	}
}

func TestAProcessThatWasDownTellsTheLastStepOnly(t *testing.T) {
	t.Parallel()
	opened := paris(t, "2026-11-23 09:00")
	down := func(now time.Time) bool { return now.After(opened) && now.Before(opened.Add(5*time.Hour)) }
	steps, _ := climbAll(clinic(officeHours()), Watched{Priority: frontdesk.PriorityNormal, Pen: frontdesk.PenWaiting, Began: opened}, opened, opened.AddDate(0, 0, 1), time.Minute, down)
	if want := []string{"opened", "second_line", "patient"}; !slices.Equal(steps, want) {
		t.Errorf("%v, want %v", steps, want)
	}
}

func TestAClockThatGoesBackRepeatsNothing(t *testing.T) {
	t.Parallel()
	opened := paris(t, "2026-11-23 09:00")
	w := Watched{Priority: frontdesk.PriorityNormal, Pen: frontdesk.PenWaiting, Began: opened}
	w.Stage = Climb(clinic(officeHours()), nil, w, opened.Add(90*time.Minute)).Stage
	for back := range 80 {
		if plan := Climb(clinic(officeHours()), nil, w, opened.Add(time.Duration(80-back)*time.Minute)); len(plan.Steps) > 0 || plan.Patient || plan.Stage < w.Stage {
			t.Fatalf("%d minutes back: %+v", back, plan)
		}
	}
}

func TestAPatientWhoIsNotWaitingIsNotToldThatNobodyCame(t *testing.T) {
	t.Parallel()
	opened := paris(t, "2026-11-23 09:00")
	steps, _ := climbAll(clinic(officeHours()), Watched{Priority: frontdesk.PriorityNormal, Pen: frontdesk.PenBot, Began: opened}, opened, opened.AddDate(0, 0, 1), time.Minute, nil)
	if slices.Contains(steps, "patient") || !slices.Contains(steps, "second_line") {
		t.Errorf("%v", steps)
	}
}

func TestATicketThatSomebodyTook(t *testing.T) {
	t.Parallel()
	taken := paris(t, "2026-11-23 09:00")
	for name, c := range map[string]struct {
		patient, staff time.Duration // after taken
		pen            frontdesk.Pen
		at             time.Duration
		steps          int
		release        bool
	}{
		"just taken":                     {-time.Minute, 0, frontdesk.PenPerson, time.Minute, 0, false},
		"answered, then quiet":           {-time.Minute, 10 * time.Minute, frontdesk.PenPerson, 11 * time.Hour, 0, false},
		"answered, then left":            {-time.Minute, 10 * time.Minute, frontdesk.PenPerson, 13 * time.Hour, 0, true},
		"the patient waits again":        {30 * time.Minute, 10 * time.Minute, frontdesk.PenPerson, 80 * time.Minute, 0, false},
		"the patient waits too long":     {30 * time.Minute, 10 * time.Minute, frontdesk.PenPerson, 95 * time.Minute, 1, false},
		"never back to a silent patient": {30 * time.Minute, 10 * time.Minute, frontdesk.PenPerson, 40 * time.Hour, 1, false},
		"no pen to give back":            {-time.Minute, 0, frontdesk.PenBot, 20 * time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := Watched{Priority: frontdesk.PriorityNormal, Pen: c.pen, Began: taken, Taken: taken, Patient: taken.Add(c.patient), Staff: taken.Add(c.staff), Stage: 1}
			plan := Climb(clinic(officeHours()), nil, w, taken.Add(c.at))
			if len(plan.Steps) != c.steps || plan.Release != c.release || plan.Next.IsZero() || plan.Patient {
				t.Errorf("%+v", plan)
			}
			if c.steps == 1 && Climb(clinic(officeHours()), nil, w, taken.Add(c.at+time.Hour)).Key != plan.Key {
				t.Error("the same wait is told under two keys")
			}
		})
	}
}
