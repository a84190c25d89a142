package conversation

import (
	"context"
	"errors"
	"time"

	"frontdesk"
)

// lane answers emergencies past burst, lease and queue: from the webhook's own
// goroutine to the channel, with a synced record so that a repeated webhook does
// not repeat the answer. It needs no database.
type lane struct {
	e       *Engine
	journal *journal
}

func openLane(e *Engine, path string) (*lane, error) {
	j, err := openJournal(path, e.c.Now())
	if err != nil {
		return nil, err
	}
	return &lane{e: e, journal: j}, nil
}

func (l *lane) close() {
	if err := l.journal.close(); err != nil {
		l.e.c.Log.Warn("close lane record", "error", err)
	}
}

// errand is one fixed text under way. The sender waits for where before it
// records the result in the database, since the row has to be there first.
type errand struct {
	where  chan Key // gets the conversation when the message is stored, is closed when not
	posted Posted
	key    string
}

// answer starts sending the fixed text for a message that the screens call an
// emergency or a crisis. It returns nil for any other message. The errand is nil
// when an earlier webhook's errand sent the text.
func (l *lane) answer(ctx context.Context, line Line, m frontdesk.Inbound, v frontdesk.Verdict, at time.Time) (*Fixed, *errand) {
	crisis := v.Has(frontdesk.LabelCrisis)
	if !crisis && !v.Has(frontdesk.LabelEmergency) {
		return nil, nil
	}
	language := v.Language
	if language == "" {
		language = line.Clinic.Language
	}
	posted, err := l.e.Post(ctx, Draft{
		Origin: frontdesk.OriginFixed, Clinic: line.Clinic, Account: line.Account.ID,
		To:      Recipient{UserID: m.From.UserID, Phone: m.From.Phone},
		Replies: []frontdesk.Reply{l.e.c.Texts.Emergency(line.Clinic, language, crisis)},
		At:      at,
	})
	if err != nil || len(posted) == 0 {
		l.e.c.Log.ErrorContext(ctx, "emergency text could not be made", "account", string(line.Account.ID), "error", err)
		return nil, nil // the turn answers it
	}
	p := posted[0]
	p.state, p.startBy, p.due = SendSending, at.Add(l.e.c.Limits.Start), at.Add(l.e.c.Limits.Uncertain)
	p.out.Attempt, p.out.StartBy = 1, p.startBy
	key := laneKey(line.Account.ID, m.ProviderID)
	earlier, fresh, err := l.journal.claim(key, p.out.ID, at)
	if err != nil { // a repeated text is better than none
		l.e.c.Log.ErrorContext(ctx, "lane record", "account", string(line.Account.ID), "error", err)
		fresh = true
	}
	if !fresh {
		p.out.ID = earlier.Message
		return &Fixed{Message: p, State: earlier.State, WAMID: earlier.WAMID}, nil
	}
	task := &errand{where: make(chan Key, 1), posted: p, key: key}
	l.start(line, task)
	return &Fixed{Message: p, State: SendSending}, task
}

// start posts the text beside the webhook. Nothing bounds how many run: an
// emergency never waits for another.
func (l *lane) start(line Line, task *errand) {
	l.e.wg.Add(1)
	go func() {
		defer l.e.wg.Done()
		ctx, cancel := context.WithTimeoutCause(l.e.base, l.e.c.Limits.Send, errors.New("emergency send timed out"))
		wamid, err := l.e.c.Sender.Send(ctx, line.Account, task.posted.out)
		cancel()
		state := SendSent
		if err != nil {
			failure := classOf(err)
			state = SendFailed
			if failure.Class == ClassUncertain {
				state = SendUncertain
			}
			l.e.c.Log.Error("emergency text not sent", "account", string(line.Account.ID), "class", string(failure.Class), "code", failure.Code)
		}
		if err := l.journal.settle(task.key, state, wamid); err != nil {
			l.e.c.Log.Error("lane record", "error", err)
		}
		l.record(task, state, wamid)
	}()
}

// record writes the result once the message is stored. Without a row, the
// journal tells the next webhook of the same message.
func (l *lane) record(task *errand, state SendState, wamid string) {
	select {
	case key, ok := <-task.where:
		if !ok || state == SendUncertain {
			return
		}
		r := Result{Key: key, Message: task.posted.out.ID, State: state, WAMID: wamid, Attempt: 1, At: l.e.c.Now()}
		if state == SendFailed {
			giveUp(&r, ClassUndeliverable, "undeliverable")
		}
		l.e.result(l.e.base, r)
	case <-l.e.base.Done():
	}
}

// stored tells the errand where its message went; ok is false when it was not stored.
func (t *errand) stored(key Key, ok bool) {
	if t == nil {
		return
	}
	if ok {
		t.where <- key
	}
	close(t.where)
}
