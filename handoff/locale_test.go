package handoff

import (
	"testing"

	"frontdesk/locale"
)

func TestEveryReasonAndNoticeHasATextInEveryLanguage(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range texts.Languages() {
		for _, reason := range []Reason{
			ReasonAsked, ReasonEmergency, ReasonCrisis, ReasonUrgent, ReasonClinical, ReasonDistress, ReasonComplaint,
			ReasonRepeatedFailure, ReasonLowConfidence, ReasonFlowStuck, ReasonMedia, ReasonProvider,
			ReasonPersonalRecord, ReasonBookingRequest, ReasonLead, ReasonUncertainSend, ReasonCallBack,
		} {
			if texts.Text(lang, "reason."+string(reason), nil) == "" {
				t.Errorf("%s: no text for %s", lang, reason)
			}
		}
		for _, key := range []string{"waiting.now", "waiting.later", "summary.head", "summary.asked", "callback.offer", "callback.noted", "farewell.idle",
			"staff.notice.opened", "staff.notice.reminder", "staff.notice.second_line", "staff.notice.unanswered", "staff.notice.forward", "staff.notice.body"} {
			if texts.Text(lang, key, nil) == "" {
				t.Errorf("%s: no text for %s", lang, key)
			}
		}
	}
}
