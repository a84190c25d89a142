package conversation

import (
	"testing"

	"frontdesk"
)

func TestPilotsAreKnownByTheirNumberHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pilots  []string
		phone   string
		channel frontdesk.Channel
		want    bool
	}{
		{nil, "+33612345678", frontdesk.ChannelWhatsApp, false},
		{[]string{"+33 6 12 34 56 78"}, "+33612345678", frontdesk.ChannelWhatsApp, false},
		{[]string{"+33 6 12 34 56 78"}, "+33612345679", frontdesk.ChannelWhatsApp, true},
		{[]string{"+33 6 12 34 56 78"}, "", frontdesk.ChannelWhatsApp, true},
		{[]string{"+33 6 12 34 56 78"}, "", frontdesk.ChannelTry, false},
		{[]string{""}, "", frontdesk.ChannelWhatsApp, true},
	} {
		work := Work{Channel: test.channel, To: Recipient{Phone: test.phone}, Clinic: frontdesk.Clinic{Settings: frontdesk.Settings{Pilots: test.pilots}}}
		if got := outside(work); got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}
