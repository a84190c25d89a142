package whatsapp_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/whatsapp"
)

const anaContact = `{"profile":{"name":"Ana","username":"ana.p"},"wa_id":"15557770001","user_id":"US.1001","parent_user_id":"US.ENT.9"}`

// messageHook is a webhook with one message of Ana; rest follows its head.
func messageHook(rest string) []byte {
	return valueHook("messages", `"contacts":[`+anaContact+`],"messages":[{"from":"15557770001","from_user_id":"US.1001","id":"wamid.A1","timestamp":"1790000001",`+rest+`}]`)
}

func valueHook(field, value string) []byte {
	return []byte(`{"object":"whatsapp_business_account","entry":[{"id":"WABA1","time":1790000000,"changes":[{"field":"` + field + `","value":{` +
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":"PN1"},` + value + `}}]}]}`)
}

func parseOne(t *testing.T, body []byte) frontdesk.InboundBatch {
	t.Helper()
	batches, err := whatsapp.ParseWebhook(body)
	if err != nil || len(batches) != 1 {
		t.Fatalf("ParseWebhook: %d batches, %v; want one", len(batches), err)
	}
	return batches[0]
}

func TestParseReadsEveryMessageType(t *testing.T) {
	t.Parallel()
	ana := frontdesk.Sender{UserID: "US.1001", Phone: "15557770001"}
	tests := []struct {
		name, rest string
		want       frontdesk.Inbound // of what differs from Ana's plain message
	}{
		{"text", `"type":"text","text":{"body":"Hi"}`, frontdesk.Inbound{Kind: frontdesk.KindText, Text: "Hi"}},
		{"text that answers ours", `"type":"text","context":{"from":"15550001111","id":"wamid.OUT"},"text":{"body":"Hi"}`,
			frontdesk.Inbound{Kind: frontdesk.KindText, Text: "Hi", ReplyTo: "wamid.OUT"}},
		{"forwarded text", `"type":"text","context":{"frequently_forwarded":true},"text":{"body":"Hi"}`,
			frontdesk.Inbound{Kind: frontdesk.KindText, Text: "Hi", Forwarded: true}},
		{"text from an advertisement", `"type":"text","referral":{"source_id":"AD1","source_type":"ad","source_url":"https://x"},"text":{"body":"Hi"}`,
			frontdesk.Inbound{Kind: frontdesk.KindText, Text: "Hi", Referral: "AD1"}},
		{"reply button", `"type":"interactive","context":{"id":"wamid.OUT"},"interactive":{"type":"button_reply","button_reply":{"id":"book","title":"Book"}}`,
			frontdesk.Inbound{Kind: frontdesk.KindTap, Text: "Book", TapID: "book", ReplyTo: "wamid.OUT"}},
		{"list row", `"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"slot_1","title":"Mon 9:00","description":"Dr B"}}`,
			frontdesk.Inbound{Kind: frontdesk.KindTap, Text: "Mon 9:00", TapID: "slot_1"}},
		{"template button", `"type":"button","context":{"id":"wamid.TPL"},"button":{"payload":"CONFIRM_42","text":"Confirm"}`,
			frontdesk.Inbound{Kind: frontdesk.KindTap, Text: "Confirm", TapID: "CONFIRM_42", ReplyTo: "wamid.TPL"}},
		{"flow answer", `"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"[1]"}}`,
			frontdesk.Inbound{Kind: frontdesk.KindUnsupported, Text: "Sent"}},
		{"call permission", `"type":"interactive","interactive":{"type":"call_permission_reply","call_permission_reply":{"response":"accept"}}`,
			frontdesk.Inbound{Kind: frontdesk.KindUnsupported}},
		{"image", `"type":"image","image":{"caption":"c","mime_type":"image/jpeg","sha256":"b64","id":"M1","url":"https://lookaside"}`,
			frontdesk.Inbound{Kind: frontdesk.KindImage, Text: "c", Media: &frontdesk.Media{ProviderID: "M1", MIME: "image/jpeg"}}},
		{"document", `"type":"document","document":{"caption":"c","filename":"a.pdf","mime_type":"application/pdf","id":"M2","file_size":"123"}`,
			frontdesk.Inbound{Kind: frontdesk.KindDocument, Text: "c", Media: &frontdesk.Media{ProviderID: "M2", MIME: "application/pdf", FileName: "a.pdf", Bytes: 123}}},
		{"voice note", `"type":"audio","audio":{"mime_type":"audio/ogg; codecs=opus","id":"M3","voice":true}`,
			frontdesk.Inbound{Kind: frontdesk.KindVoice, Media: &frontdesk.Media{ProviderID: "M3", MIME: "audio/ogg; codecs=opus"}}},
		{"audio file", `"type":"audio","audio":{"mime_type":"audio/mpeg","id":3}`,
			frontdesk.Inbound{Kind: frontdesk.KindAudio, Media: &frontdesk.Media{ProviderID: "3", MIME: "audio/mpeg"}}},
		{"video", `"type":"video","video":{"mime_type":"video/mp4","id":"M4"}`,
			frontdesk.Inbound{Kind: frontdesk.KindVideo, Media: &frontdesk.Media{ProviderID: "M4", MIME: "video/mp4"}}},
		{"sticker", `"type":"sticker","sticker":{"mime_type":"image/webp","id":"M5","animated":false}`,
			frontdesk.Inbound{Kind: frontdesk.KindSticker, Media: &frontdesk.Media{ProviderID: "M5", MIME: "image/webp"}}},
		{"location in numbers", `"type":"location","location":{"latitude":1.5,"longitude":-2.5,"name":"n","address":"a"}`,
			frontdesk.Inbound{Kind: frontdesk.KindLocation, Text: "n, a", Location: &frontdesk.Location{Point: frontdesk.Point{Latitude: 1.5, Longitude: -2.5}, Name: "n", Address: "a"}}},
		{"location in strings", `"type":"location","location":{"latitude":"1.5","longitude":"2"}`,
			frontdesk.Inbound{Kind: frontdesk.KindLocation, Location: &frontdesk.Location{Point: frontdesk.Point{Latitude: 1.5, Longitude: 2}}}},
		{"location without a place", `"type":"location","location":{"latitude":"north"}`, frontdesk.Inbound{Kind: frontdesk.KindLocation}},
		{"contact cards", `"type":"contacts","contacts":[{"name":{"formatted_name":"Al B"},"phones":[{"phone":"+1555"},{"phone":"+1666"}]},{"name":{"formatted_name":"C"}}]`,
			frontdesk.Inbound{Kind: frontdesk.KindContacts, Text: "Al B +1555 +1666\nC"}},
		{"reaction", `"type":"reaction","reaction":{"message_id":"wamid.OUT","emoji":"👍"}`,
			frontdesk.Inbound{Kind: frontdesk.KindReaction, Text: "👍", About: "wamid.OUT"}},
		{"reaction taken back", `"type":"reaction","reaction":{"message_id":"wamid.OUT"}`, frontdesk.Inbound{Kind: frontdesk.KindReaction, About: "wamid.OUT"}},
		{"order", `"type":"order","order":{"catalog_id":"C1","text":"t"}`, frontdesk.Inbound{Kind: frontdesk.KindUnsupported, Text: "t"}},
		{"edit", `"type":"edit","edit":{"original_message_id":"wamid.A0","message":{"type":"text","text":{"body":"x"}}}`,
			frontdesk.Inbound{Kind: frontdesk.KindEdit, Text: "x", About: "wamid.A0"}},
		{"edited caption", `"type":"edit","edit":{"original_message_id":"wamid.A0","message":{"type":"image","image":{"caption":"y"}}}`,
			frontdesk.Inbound{Kind: frontdesk.KindEdit, Text: "y", About: "wamid.A0"}},
		{"revoke", `"type":"revoke","revoke":{"original_message_id":"wamid.A0"}`, frontdesk.Inbound{Kind: frontdesk.KindRevoke, About: "wamid.A0"}},
		{"unsupported", `"type":"unsupported","errors":[{"code":131051,"title":"Message type unknown"}],"unsupported":{"type":"poll"}`,
			frontdesk.Inbound{Kind: frontdesk.KindUnsupported, ErrorCode: 131051}},
		{"file that Meta lost", `"type":"video","errors":[{"code":"131052"}],"video":{}`,
			frontdesk.Inbound{Kind: frontdesk.KindVideo, Media: &frontdesk.Media{}, ErrorCode: 131052}},
		{"a type of next year", `"type":"hologram","hologram":{"shape":7}`, frontdesk.Inbound{Kind: frontdesk.KindUnsupported}},
		{"no type", `"text":{"body":"Hi"}`, frontdesk.Inbound{Kind: frontdesk.KindUnsupported}},
		{"text of the wrong shape", `"type":"text","text":["Hi"]`, frontdesk.Inbound{Kind: frontdesk.KindText}},
		{"text with NUL", `"type":"text","text":{"body":"a\u0000b"}`, frontdesk.Inbound{Kind: frontdesk.KindText, Text: "ab"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := parseOne(t, messageHook(tt.rest))
			if b.Account != "PN1" || b.Business != "WABA1" || b.Standby {
				t.Errorf("batch of %q/%q standby %v", b.Business, b.Account, b.Standby)
			}
			if len(b.Messages) != 1 {
				t.Fatalf("%d messages, want 1", len(b.Messages))
			}
			got := b.Messages[0]
			if !strings.Contains(string(got.Raw), `"wamid.A1"`) || !strings.Contains(string(got.Raw), `"Ana"`) {
				t.Errorf("raw lacks the message or its sender: %s", got.Raw)
			}
			got.Raw = nil
			want := tt.want
			want.ProviderID, want.From, want.ProfileName, want.At = "wamid.A1", ana, "Ana", time.Unix(1790000001, 0).UTC()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestParseFindsTheSender(t *testing.T) {
	t.Parallel()
	text := `"id":"wamid.1","type":"text","text":{"body":"x"}`
	tests := []struct {
		name, value string
		want        frontdesk.Sender
		profile     string
	}{
		{"phone only, as before 2026", `"contacts":[{"profile":{"name":"Bo"},"wa_id":"1555"}],"messages":[{"from":"1555",` + text + `}]`, frontdesk.Sender{Phone: "1555"}, "Bo"},
		{"user id only", `"contacts":[{"profile":{"name":"Bo"},"user_id":"FR.a1"}],"messages":[{"from_user_id":"FR.a1",` + text + `}]`, frontdesk.Sender{UserID: "FR.a1"}, "Bo"},
		{"username for want of a name", `"contacts":[{"profile":{"username":"bo"},"user_id":"FR.a1"}],"messages":[{"from_user_id":"FR.a1",` + text + `}]`, frontdesk.Sender{UserID: "FR.a1"}, "bo"},
		{"user id in place of the number", `"contacts":[{"wa_id":"FR.a1"}],"messages":[{"from":"FR.a1",` + text + `}]`, frontdesk.Sender{UserID: "FR.a1"}, ""},
		{"number as a number", `"messages":[{"from":1555,` + text + `}]`, frontdesk.Sender{Phone: "1555"}, ""},
		{"user id from the contact", `"contacts":[{"wa_id":"1555","user_id":"FR.a1"}],"messages":[{"from":"1555",` + text + `}]`, frontdesk.Sender{UserID: "FR.a1", Phone: "1555"}, ""},
		{"the only contact", `"contacts":[{"profile":{"name":"Bo"},"user_id":"FR.a1"}],"messages":[{` + text + `}]`, frontdesk.Sender{UserID: "FR.a1"}, "Bo"},
		{"never a neighbour's contact", `"contacts":[{"profile":{"name":"Bo"},"wa_id":"1666","user_id":"FR.b2"}],"messages":[{"from":"1555",` + text + `}]`, frontdesk.Sender{Phone: "1555"}, ""},
		{"nobody", `"messages":[{` + text + `}]`, frontdesk.Sender{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := parseOne(t, valueHook("messages", tt.value)).Messages[0]
			if m.From != tt.want || m.ProfileName != tt.profile {
				t.Errorf("from %+v (%q), want %+v (%q)", m.From, m.ProfileName, tt.want, tt.profile)
			}
		})
	}
}

func TestParseToleratesOddTimes(t *testing.T) {
	t.Parallel()
	for stamp, want := range map[string]bool{`"1790000001"`: true, `1790000001`: true, `1.790000001e9`: true, `"soon"`: false, `-5`: false, `null`: false, `1790000001000`: false, `1e400`: false} {
		m := parseOne(t, valueHook("messages", `"messages":[{"id":"wamid.1","type":"text","text":{"body":"x"},"timestamp":`+stamp+`}]`)).Messages[0]
		if m.At.IsZero() == want {
			t.Errorf("timestamp %s gave %v", stamp, m.At)
		}
	}
}

func TestParseReadsStatuses(t *testing.T) {
	t.Parallel()
	at := time.Unix(1790000009, 0).UTC()
	tests := []struct {
		name, status string
		want         []frontdesk.Status
	}{
		{"sent with a price", `{"id":"w","status":"sent","timestamp":"1790000009","recipient_id":"1555","recipient_user_id":"US.1","biz_opaque_callback_data":"m1","pricing":{"billable":true,"category":"service"},"conversation":{"id":"c"}}`,
			[]frontdesk.Status{{ProviderID: "w", Callback: "m1", State: frontdesk.DeliverySent, Recipient: frontdesk.Sender{UserID: "US.1", Phone: "1555"}, Category: "service", At: at}}},
		{"delivered without a price", `{"id":"w","status":"delivered","timestamp":1790000009,"recipient_user_id":"US.1"}`,
			[]frontdesk.Status{{ProviderID: "w", State: frontdesk.DeliveryDelivered, Recipient: frontdesk.Sender{UserID: "US.1"}, At: at}}},
		{"read", `{"id":"w","status":"read"}`, []frontdesk.Status{{ProviderID: "w", State: frontdesk.DeliveryRead}}},
		{"played", `{"id":"w","status":"played"}`, []frontdesk.Status{{ProviderID: "w", State: frontdesk.DeliveryPlayed}}},
		{"failed, window closed", `{"id":"w","status":"failed","errors":[{"code":131047,"title":"Re-engagement message","error_data":{"details":"x"}}]}`,
			[]frontdesk.Status{{ProviderID: "w", State: frontdesk.DeliveryFailed, ErrorCode: 131047, ErrorText: "Re-engagement message"}}},
		{"failed, code as text", `{"id":"w","status":"failed","errors":[{"code":"131026","message":"Undeliverable"}]}`,
			[]frontdesk.Status{{ProviderID: "w", State: frontdesk.DeliveryFailed, ErrorCode: 131026, ErrorText: "Undeliverable"}}},
		{"failed without a reason", `{"id":"w","status":"failed","errors":[]}`, []frontdesk.Status{{ProviderID: "w", State: frontdesk.DeliveryFailed}}},
		{"a state of next year ranks lowest", `{"id":"w","status":"deleted"}`, []frontdesk.Status{{ProviderID: "w", State: "deleted"}}},
		{"no id", `{"status":"sent"}`, nil},
		{"no object", `"sent"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := parseOne(t, valueHook("messages", `"statuses":[`+tt.status+`]`)).Statuses
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestParseReadsEverythingElse(t *testing.T) {
	t.Parallel()
	t.Run("standby is kept apart", func(t *testing.T) {
		t.Parallel()
		b := parseOne(t, valueHook("standby", `"messages":[{"from":"1555","id":"w","type":"text","text":{"body":"x"}}]`))
		if !b.Standby || len(b.Messages) != 1 {
			t.Errorf("standby %v with %d messages", b.Standby, len(b.Messages))
		}
	})
	t.Run("standby beside messages makes two batches", func(t *testing.T) {
		t.Parallel()
		change := func(field, id string) string {
			return `{"field":"` + field + `","value":{"metadata":{"phone_number_id":"PN1"},"messages":[{"id":"` + id + `","from":"1","type":"text","text":{"body":"x"}}]}}`
		}
		batches, err := whatsapp.ParseWebhook([]byte(`{"entry":[{"id":"W","changes":[` + change("messages", "a") + `,` + change("standby", "b") + `]}]}`))
		if err != nil || len(batches) != 2 || batches[0].Standby || !batches[1].Standby {
			t.Errorf("batches %+v, %v", batches, err)
		}
	})
	t.Run("echo", func(t *testing.T) {
		t.Parallel()
		b := parseOne(t, valueHook("smb_message_echoes", `"message_echoes":[{"from":"15550001111","to":"1555","id":"w","timestamp":"1790000001","type":"text","text":{"body":"from the desk"}}]`))
		if len(b.Echoes) != 1 || b.Echoes[0].To.Phone != "1555" || b.Echoes[0].Text != "from the desk" || len(b.Messages) != 0 {
			t.Errorf("echoes %+v", b.Echoes)
		}
	})
	t.Run("preferences", func(t *testing.T) {
		t.Parallel()
		b := parseOne(t, valueHook("user_preferences", `"user_preferences":[
			{"wa_id":"1555","user_id":"US.1","category":"marketing_messages","value":"stop","timestamp":1790000100},
			{"wa_id":"1555","category":"marketing_messages","value":"resume","timestamp":1790000200},
			{"wa_id":"1555","category":"marketing_messages","value":"maybe"}]`))
		if len(b.Preferences) != 2 || !b.Preferences[0].Stop || b.Preferences[1].Stop || b.Preferences[0].From.UserID != "US.1" {
			t.Errorf("preferences %+v", b.Preferences)
		}
	})
	t.Run("changed user id", func(t *testing.T) {
		t.Parallel()
		b := parseOne(t, valueHook("user_id_update", `"user_id_update":[{"user_id":{"previous":"US.1","current":"US.2"},"wa_id":"1555","timestamp":1790000100},{"user_id":{}}]`))
		if len(b.Identities) != 1 || b.Identities[0].Previous.UserID != "US.1" || b.Identities[0].Current != (frontdesk.Sender{UserID: "US.2", Phone: "1555"}) {
			t.Errorf("identities %+v", b.Identities)
		}
	})
	t.Run("changed number", func(t *testing.T) {
		t.Parallel()
		b := parseOne(t, valueHook("messages", `"messages":[{"from":"1555","id":"w","type":"system","system":{"type":"user_changed_number","wa_id":"1999","body":"User changed from 1555 to 1999"}}]`))
		if len(b.Identities) != 1 || b.Identities[0].Previous.Phone != "1555" || b.Identities[0].Current.Phone != "1999" || b.Messages[0].Kind != frontdesk.KindSystem || b.Messages[0].Text != "" {
			t.Errorf("identities %+v, messages %+v", b.Identities, b.Messages)
		}
	})
	t.Run("group message is not taken for a patient's", func(t *testing.T) {
		t.Parallel()
		b := parseOne(t, valueHook("messages", `"messages":[{"from":"1555","id":"w","group_id":"G","type":"text","text":{"body":"x"}}]`))
		if len(b.Messages) != 0 || len(b.Events) != 1 {
			t.Errorf("messages %+v, events %+v", b.Messages, b.Events)
		}
	})
	t.Run("message without an id", func(t *testing.T) {
		t.Parallel()
		if b := parseOne(t, valueHook("messages", `"messages":[{"from":"1555","type":"text","text":{"body":"x"}}]`)); len(b.Messages) != 0 {
			t.Errorf("messages %+v", b.Messages)
		}
	})
	t.Run("template approved", func(t *testing.T) {
		t.Parallel()
		b := parseOne(t, valueHook("message_template_status_update", `"event":"APPROVED","message_template_id":1,"message_template_name":"n","message_template_language":"en-US"`))
		if e := b.Events[0]; e.Event != "APPROVED" || e.Name != "n" || e.Lang != "en-US" || len(e.Raw) == 0 {
			t.Errorf("event %+v", e)
		}
	})
	t.Run("account restricted", func(t *testing.T) {
		t.Parallel()
		if e := parseOne(t, valueHook("account_update", `"event":"ACCOUNT_RESTRICTION","restriction_info":[]`)).Events[0]; e.Event != "ACCOUNT_RESTRICTION" || e.At.IsZero() {
			t.Errorf("event %+v", e)
		}
	})
	t.Run("error of the account", func(t *testing.T) {
		t.Parallel()
		if e := parseOne(t, valueHook("messages", `"errors":[{"code":130429,"title":"Rate limit hit"}]`)).Events[0]; e.Code != 130429 || e.Event != "error" {
			t.Errorf("event %+v", e)
		}
	})
	t.Run("call and unknown field keep no caller", func(t *testing.T) {
		t.Parallel()
		for _, body := range [][]byte{
			valueHook("calls", `"calls":[{"id":"wacid.1","from":"15557770001","event":"terminate","status":["COMPLETED"],"timestamp":"1790000000"}]`),
			valueHook("novelty", `"who":"15557770001"`),
		} {
			b := parseOne(t, body)
			if len(b.Events) != 1 || strings.Contains(string(b.Events[0].Raw), "15557770001") {
				t.Errorf("events %+v", b.Events)
			}
		}
	})
}

func TestParseRefusesOnlyWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{``: false, `[]`: false, `"x"`: false, `{"entry":`: false, `{}`: true, `{"entry":7}`: true, `{"entry":[7,{"changes":[7,{"value":7}]}]}`: true, `null`: false} {
		if _, err := whatsapp.ParseWebhook([]byte(body)); (err == nil) != ok {
			t.Errorf("ParseWebhook(%s): %v", body, err)
		}
	}
}

func FuzzParseWebhook(f *testing.F) {
	f.Add(messageHook(`"type":"text","text":{"body":"Hi"}`))
	f.Add(messageHook(`"type":"location","location":{"latitude":"1.5"}`))
	f.Add(valueHook("messages", `"statuses":[{"id":"w","status":"failed","errors":[{"code":131047}]}]`))
	f.Add([]byte(`{"entry":[{"changes":[{"field":"user_id_update","value":{"user_id_update":{"user_id":{"previous":"US.1","current":"US.2"}}}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		batches, err := whatsapp.ParseWebhook(body)
		if err != nil && batches != nil {
			t.Error("batches beside an error")
		}
		for _, b := range batches {
			for _, m := range b.Messages {
				if m.ProviderID == "" || m.Kind == "" || strings.Contains(m.Text, "\x00") {
					t.Errorf("message %+v", m)
				}
			}
		}
	})
}
