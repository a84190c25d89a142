package conversation_test

import (
	"sync/atomic"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

func TestOnlyATemplateIsSentOnceTheWindowIsOver(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	b := setup(t, func(c *conversation.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	b.receive(b.engine, text("33612345678", "wamid.1", "hello"))
	key := b.key()
	b.eventually("the answer", func() bool { return len(b.sender.all()) == 1 })
	later.Store(int64(25 * time.Hour))
	template := frontdesk.Template{Name: "news", Language: "en", Variables: map[string]string{"1": "Ana"}, Text: "Hello Ana"}
	ann := conversation.Words{Author: "ann", Text: "hello"}
	if err := b.engine.SendTemplate(t.Context(), key, ann, template); frontdesk.CodeOf(err) != frontdesk.CodeConflict {
		t.Errorf("a template of somebody who does not have the conversation: %v", err)
	}
	if err := b.engine.TakePen(t.Context(), key, "ann"); err != nil {
		t.Fatal(err)
	}
	if err := b.engine.Write(t.Context(), key, ann); frontdesk.CodeOf(err) != conversation.CodeWindowClosed {
		t.Errorf("free text after 25 hours: %v", err)
	}
	if err := b.engine.SendTemplate(t.Context(), key, ann, template); err != nil {
		t.Fatal(err)
	}
	b.eventually("the template", func() bool { return len(b.sender.all()) == 2 })
	lines := b.transcript(key)
	if last := lines[len(lines)-1]; last.Text != "Hello Ana" || last.Origin != frontdesk.OriginTemplate || last.Author != "ann" {
		t.Errorf("staff see %+v", last)
	}
}
