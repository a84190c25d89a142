package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// episodeSilence ends an episode.
const episodeSilence = 24 * time.Hour

// Receive implements [conversation.Inbox]. Receipts of one clinic that come while
// another is being stored share the next transaction.
func (c *Conversations) Receive(ctx context.Context, receipt conversation.Receipt) ([]conversation.Received, error) {
	received, err := c.group.do(ctx, receipt, c.receive)
	if err != nil {
		return nil, fmt.Errorf("store webhook: %w", err)
	}
	return received, nil
}

// receive stores receipts of one clinic in one transaction and returns what
// became of the arrivals of each.
func (c *Conversations) receive(ctx context.Context, receipts []conversation.Receipt) ([][]conversation.Received, error) {
	clinic := receipts[0].Account.Clinic
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	r := &reception{c: c, keys: keys, clinic: clinic, receipts: receipts}
	err = c.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		r.tx = tx
		return r.run(ctx)
	})
	return r.received, err
}

// reception is receipts on their way into the database.
type reception struct {
	c        *Conversations
	tx       pgx.Tx
	keys     *clinicKeys
	clinic   frontdesk.ClinicID
	receipts []conversation.Receipt
	received [][]conversation.Received
}

// sender is how an account knows a person.
type sender struct {
	account frontdesk.AccountID
	hash    string
}

// place is the conversation of a sender.
type place struct {
	conversation frontdesk.ConversationID
	contact      frontdesk.ContactID
	window       time.Time // the patient's last message before these receipts
	episode      string
}

func (r *reception) run(ctx context.Context) error {
	r.received = make([][]conversation.Received, len(r.receipts))
	for _, receipt := range r.receipts {
		if err := r.identities(ctx, receipt); err != nil {
			return err
		}
	}
	if err := r.arrivals(ctx); err != nil {
		return err
	}
	for _, receipt := range r.receipts {
		if err := r.statuses(ctx, receipt); err != nil {
			return err
		}
		if err := r.echoes(ctx, receipt); err != nil {
			return err
		}
		if err := r.news(ctx, receipt); err != nil {
			return err
		}
	}
	return nil
}

// arrivals stores the messages of all receipts with their wake-ups.
func (r *reception) arrivals(ctx context.Context) error {
	any := false
	for _, receipt := range r.receipts {
		any = any || len(receipt.Arrivals) > 0
	}
	if !any {
		return nil
	}
	places, err := r.places(ctx)
	if err != nil {
		return err
	}
	if err := r.messages(ctx, places); err != nil {
		return err
	}
	return r.c.queue.insert(ctx, r.tx, wakeable(slices.Concat(r.received...)))
}

// wakeable returns the conversations with something new to decide, each once.
func wakeable(received []conversation.Received) []conversation.Key {
	keys := map[conversation.Key]bool{}
	for _, r := range received {
		if !r.Duplicate && !r.Decided {
			keys[r.Key] = true
		}
	}
	return slices.SortedFunc(maps.Keys(keys), func(a, b conversation.Key) int {
		return compareText(a.Conversation, b.Conversation)
	})
}

// senderOf is the look-up value of a person on an account.
func (r *reception) senderOf(account frontdesk.AccountID, s frontdesk.Sender) sender {
	return sender{account: account, hash: string(r.keys.blind(blindIdentity, s.Key()))}
}

// senderHash is the look-up value of a person's external id.
func (r *reception) senderHash(s frontdesk.Sender) []byte {
	return r.keys.blind(blindIdentity, s.Key())
}

// arrived is what the receipts say about one sender.
type arrived struct {
	from   frontdesk.Sender
	newest time.Time // the channel's time of the newest message
	at     time.Time // when we received it
}

// places locks the conversations of all senders, in order, makes those that are
// missing, and moves their windows on.
func (r *reception) places(ctx context.Context) (map[sender]place, error) {
	senders := map[sender]arrived{}
	for _, receipt := range r.receipts {
		for _, a := range receipt.Arrivals {
			who := r.senderOf(receipt.Account.ID, a.Inbound.From)
			s := senders[who]
			s.from, s.at = a.Inbound.From, receipt.At
			if a.Inbound.At.After(s.newest) {
				s.newest = a.Inbound.At
			}
			senders[who] = s
		}
	}
	places, err := r.lock(ctx, senders)
	if err != nil {
		return nil, err
	}
	if len(places) < len(senders) {
		order := slices.SortedFunc(maps.Keys(senders), func(a, b sender) int {
			return cmp.Or(strings.Compare(a.hash, b.hash), compareText(a.account, b.account))
		})
		for _, who := range order {
			if _, ok := places[who]; ok {
				continue
			}
			if err := r.greet(ctx, who, senders[who]); err != nil {
				return nil, err
			}
		}
		if places, err = r.lock(ctx, senders); err != nil {
			return nil, err
		}
	}
	return places, r.episodes(ctx, places, senders)
}

// lock returns the conversations of senders as they were, locked until the end
// of the transaction, with their windows moved on.
func (r *reception) lock(ctx context.Context, senders map[sender]arrived) (map[sender]place, error) {
	accounts := make([]string, 0, len(senders))
	hashes := make([][]byte, 0, len(senders))
	times := make([]time.Time, 0, len(senders))
	for who, s := range senders {
		accounts, hashes, times = append(accounts, string(who.account)), append(hashes, []byte(who.hash)), append(times, s.newest)
	}
	const query = `
		WITH wanted AS (
		     SELECT * FROM unnest($2::uuid[], $3::bytea[], $4::timestamptz[]) AS w (account_id, hash, at)),
		     locked AS (
		     SELECT i.account_id, i.external_hash, c.conversation_id, c.contact_id, c.window_at, c.episode_id, w.at
		       FROM wanted w
		       JOIN identity i ON i.clinic_id = $1 AND i.account_id = w.account_id AND i.external_hash = w.hash
		       JOIN conversation c ON c.clinic_id = $1 AND c.conversation_id = i.conversation_id
		      ORDER BY c.conversation_id
		        FOR UPDATE OF c),
		     moved AS (
		     UPDATE conversation c
		        SET window_at = l.at
		       FROM locked l
		      WHERE c.clinic_id = $1 AND c.conversation_id = l.conversation_id AND c.window_at < l.at)
		SELECT account_id, external_hash, conversation_id, contact_id, window_at, episode_id FROM locked`
	rows, err := r.tx.Query(ctx, query, r.clinic, accounts, hashes, times)
	if err != nil {
		return nil, err
	}
	places := make(map[sender]place, len(senders))
	var who sender
	var hash []byte
	var p place
	_, err = pgx.ForEachRow(rows, []any{&who.account, &hash, &p.conversation, &p.contact, &p.window, &p.episode}, func() error {
		who.hash = string(hash)
		places[who] = p
		return nil
	})
	return places, err
}

// greet makes contact, conversation, episode and identity of a new sender; an
// imported contact of the same number is taken. When another process was faster
// it changes nothing.
func (r *reception) greet(ctx context.Context, who sender, s arrived) error {
	contact, err := r.c.db.newID()
	if err != nil {
		return err
	}
	conv, err := r.c.db.newID()
	if err != nil {
		return err
	}
	episode, err := r.c.db.newID()
	if err != nil {
		return err
	}
	recipient, err := r.keys.sealJSON(conversationPlace("recipient", frontdesk.ConversationID(conv)),
		conversation.Recipient{UserID: s.from.UserID, Phone: s.from.Phone})
	if err != nil {
		return err
	}
	const query = `
		WITH known AS (
		     SELECT contact_id FROM contact_phone WHERE clinic_id = $1 AND phone_hash = $4),
		     added AS (
		     INSERT INTO identity (clinic_id, account_id, external_hash, phone_hash, contact_id, conversation_id)
		     VALUES ($1, $2, $3, $4, COALESCE((SELECT contact_id FROM known), $5), $6)
		         ON CONFLICT DO NOTHING
		  RETURNING contact_id, conversation_id),
		     met AS (
		     INSERT INTO contact (clinic_id, contact_id, created_at)
		     SELECT $1, a.contact_id, $9 FROM added a WHERE a.contact_id = $5),
		     opened AS (
		     INSERT INTO conversation (clinic_id, conversation_id, account_id, contact_id, recipient, window_at, episode_id, created_at)
		     SELECT $1, a.conversation_id, $2, a.contact_id, $7, $8, $10, $9 FROM added a)
		INSERT INTO episode (clinic_id, episode_id, conversation_id, started_at)
		SELECT $1, $10, a.conversation_id, $9 FROM added a`
	_, err = r.tx.Exec(ctx, query, r.clinic, who.account, []byte(who.hash), phoneHash(r.keys, s.from.Phone),
		contact, conv, recipient, s.newest, s.at, episode)
	return err
}

// phoneHash is the look-up value of a number by its digits, nil without one.
func phoneHash(keys *clinicKeys, phone string) []byte {
	digits := phoneDigits(phone)
	if digits == "" {
		return nil
	}
	return keys.blind(blindPhone, digits)
}

// phoneDigits keeps the digits of a number.
func phoneDigits(phone string) string {
	digits := make([]byte, 0, len(phone))
	for _, c := range []byte(phone) {
		if c >= '0' && c <= '9' {
			digits = append(digits, c)
		}
	}
	return string(digits)
}

// episodes opens a new episode for each sender who was silent for a day.
func (r *reception) episodes(ctx context.Context, places map[sender]place, senders map[sender]arrived) error {
	batch := &pgx.Batch{}
	for who, p := range places {
		if senders[who].newest.Sub(p.window) < episodeSilence {
			continue
		}
		id, err := r.c.db.newID()
		if err != nil {
			return err
		}
		batch.Queue(`UPDATE episode SET ended_at = $3 WHERE clinic_id = $1 AND episode_id = $2 AND ended_at IS NULL`,
			r.clinic, p.episode, p.window.Add(episodeSilence))
		batch.Queue(`INSERT INTO episode (clinic_id, episode_id, conversation_id, started_at) VALUES ($1, $2, $3, $4)`,
			r.clinic, id, p.conversation, senders[who].at)
		batch.Queue(`UPDATE conversation SET episode_id = $3 WHERE clinic_id = $1 AND conversation_id = $2`,
			r.clinic, p.conversation, id)
	}
	if batch.Len() == 0 {
		return nil
	}
	return r.tx.SendBatch(ctx, batch).Close()
}

// undecidable tells whether a message of this kind is kept without a turn.
func undecidable(kind frontdesk.MessageKind) bool {
	switch kind {
	case frontdesk.KindReaction, frontdesk.KindRevoke, frontdesk.KindSystem:
		return true
	}
	return false
}

// columns are the messages of a receipt, a slice a column.
type columns struct {
	id, account, conversation, kind, language, labels []string
	provider, sealed, tokens, raw                     [][]byte
	at, received                                      []time.Time
	decided                                           []*time.Time
	fixed                                             []*string
	wordMessage                                       []string
	wordHash                                          [][]byte
}

// messages stores the messages that are not there yet, with their words and
// wake-ups, and the fixed texts that the emergency lane sends for them.
func (r *reception) messages(ctx context.Context, places map[sender]place) error {
	cols := &columns{}
	for n, receipt := range r.receipts {
		r.received[n] = make([]conversation.Received, len(receipt.Arrivals))
		for i, a := range receipt.Arrivals {
			p := places[r.senderOf(receipt.Account.ID, a.Inbound.From)]
			to := &r.received[n][i]
			*to = conversation.Received{
				Key: conversation.Key{Clinic: r.clinic, Conversation: p.conversation}, Message: a.ID,
				Decided: receipt.Standby || undecidable(a.Inbound.Kind),
			}
			// A microsecond apart, so that a batch keeps its order.
			at := receipt.At.Add(time.Duration(i) * time.Microsecond)
			if err := cols.add(r.keys, receipt.Account.ID, a, p, at, to.Decided); err != nil {
				return err
			}
		}
	}
	rows, err := r.tx.Query(ctx, insertMessages, r.clinic, cols.account, cols.id, cols.provider, cols.conversation,
		cols.kind, cols.language, cols.labels, cols.sealed, cols.tokens, cols.raw, cols.at, cols.received, cols.decided,
		cols.fixed, cols.wordMessage, cols.wordHash)
	if err != nil {
		return err
	}
	added, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	fresh := make(map[frontdesk.MessageID]bool, len(added))
	for _, id := range added {
		fresh[frontdesk.MessageID(id)] = true
	}
	for n := range r.received {
		for i := range r.received[n] {
			r.received[n][i].Duplicate = !fresh[r.received[n][i].Message]
		}
	}
	return r.fixed(ctx)
}

// insertMessages stores messages, words and wake-ups in one statement. labels come
// as one text a message, joined by commas.
const insertMessages = `
	WITH given AS (
	     SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::bytea[],
	                          $11::bytea[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::uuid[])
	            AS g (account_id, message_id, provider_hash, conversation_id, kind, language, labels, sealed, tokens,
	                  raw, at, received_at, decided_at, fixed_id)),
	     added AS (
	     INSERT INTO message (clinic_id, account_id, message_id, provider_hash, conversation_id, kind, language, labels,
	                          sealed, tokens, raw, at, received_at, decided_at, fixed_id)
	     SELECT $1, account_id, message_id, provider_hash, conversation_id, kind, language, string_to_array(labels, ','),
	            sealed, tokens, raw, at, received_at, decided_at, fixed_id
	       FROM given
	         ON CONFLICT (clinic_id, account_id, provider_hash) DO NOTHING
	  RETURNING message_id, conversation_id, received_at, decided_at),
	     words AS (
	     INSERT INTO message_word (clinic_id, stem_hash, message_id)
	     SELECT $1, w.stem_hash, w.message_id
	       FROM unnest($16::uuid[], $17::bytea[]) AS w (message_id, stem_hash)
	       JOIN added a ON a.message_id = w.message_id
	         ON CONFLICT DO NOTHING),
	     woken AS (
	     INSERT INTO directory_wake (clinic_id, conversation_id, ref, kind, due)
	     SELECT $1, conversation_id, conversation_id, 'turn', min(received_at)
	       FROM added
	      WHERE decided_at IS NULL
	      GROUP BY conversation_id
	         ON CONFLICT (clinic_id, conversation_id, ref) DO UPDATE SET due = EXCLUDED.due
	      WHERE directory_wake.due > EXCLUDED.due)
	SELECT message_id FROM added`

// add seals one message into the columns.
func (c *columns) add(keys *clinicKeys, account frontdesk.AccountID, a conversation.Arrival, p place, received time.Time, decided bool) error {
	in := a.Inbound
	sealed, err := keys.sealJSON(messagePlace("sealed", a.ID), sealedMessage{
		Message: frontdesk.Message{
			ID: a.ID, ProviderID: in.ProviderID, Kind: in.Kind, Text: in.Text, TapID: in.TapID, ReplyTo: in.ReplyTo,
			Media: in.Media, At: in.At, Tokens: a.Tokens,
		},
		About: in.About, Profile: in.ProfileName, Location: in.Location,
	})
	if err != nil {
		return err
	}
	var tokens, raw []byte
	if len(a.Values) > 0 {
		if tokens, err = keys.sealJSON(messagePlace("tokens", a.ID), a.Values); err != nil {
			return err
		}
	}
	if len(in.Raw) > 0 && !decided {
		if raw, err = keys.seal(messagePlace("raw", a.ID), in.Raw); err != nil {
			return err
		}
	}
	c.id, c.account = append(c.id, string(a.ID)), append(c.account, string(account))
	c.provider = append(c.provider, keys.blind(blindProvider, in.ProviderID))
	c.conversation = append(c.conversation, string(p.conversation))
	c.kind = append(c.kind, string(in.Kind))
	c.language = append(c.language, a.Lang)
	c.labels = append(c.labels, joinLabels(a.Labels))
	c.sealed, c.tokens, c.raw = append(c.sealed, sealed), append(c.tokens, tokens), append(c.raw, raw)
	c.at, c.received = append(c.at, in.At), append(c.received, received)
	var at *time.Time
	if decided {
		at = &received
	}
	c.decided = append(c.decided, at)
	var fixed *string
	if a.Fixed != nil {
		fixed = optionalID(a.Fixed.Message.Outbound().ID)
	}
	c.fixed = append(c.fixed, fixed)
	for _, w := range a.Words {
		c.wordMessage = append(c.wordMessage, string(a.ID))
		c.wordHash = append(c.wordHash, keys.blind(blindStem, w))
	}
	return nil
}

// fixed stores the texts of the emergency lane as being sent, for new messages.
func (r *reception) fixed(ctx context.Context) error {
	batch := &pgx.Batch{}
	for n, receipt := range r.receipts {
		for i, a := range receipt.Arrivals {
			if a.Fixed == nil || r.received[n][i].Duplicate {
				continue
			}
			at := receipt.At.Add(time.Millisecond) // after the message in a transcript
			row, err := outboundRow(r.keys, r.clinic, r.received[n][i].Key.Conversation, "", at, a.Fixed.Message)
			if err != nil {
				return err
			}
			if a.Fixed.State == conversation.SendSent || a.Fixed.State == conversation.SendFailed {
				row.state = string(a.Fixed.State)
			}
			row.queue(batch)
			if a.Fixed.WAMID != "" {
				batch.Queue(`UPDATE outbound SET provider_hash = $3 WHERE clinic_id = $1 AND outbound_id = $2`,
					r.clinic, row.id, r.keys.blind(blindProvider, a.Fixed.WAMID))
			}
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	return r.tx.SendBatch(ctx, batch).Close()
}

// news stores preferences and what staff must know about the account.
func (r *reception) news(ctx context.Context, receipt conversation.Receipt) error {
	batch := &pgx.Batch{}
	for _, p := range receipt.Preferences {
		id, err := r.c.db.newID()
		if err != nil {
			return err
		}
		queuePreference(batch, r.clinic, receipt.Account.ID, r.senderHash(p.From), id, p)
	}
	for _, e := range receipt.Events {
		id, err := r.c.db.newID()
		if err != nil {
			return err
		}
		batch.Queue(`INSERT INTO account_alert (clinic_id, alert_id, account_id, field, event, name, code, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, r.clinic, id, receipt.Account.ID, e.Field, e.Event, e.Name, e.Code, receipt.At)
	}
	if batch.Len() == 0 {
		return nil
	}
	return r.tx.SendBatch(ctx, batch).Close()
}

// queuePreference stops or allows what the clinic starts, for a known sender.
func queuePreference(batch *pgx.Batch, clinic frontdesk.ClinicID, account frontdesk.AccountID, sender []byte, id string, p frontdesk.Preference) {
	at := p.At
	batch.Queue(`
		WITH who AS (
		     SELECT contact_id FROM identity WHERE clinic_id = $1 AND account_id = $2 AND external_hash = $3),
		     kept AS (
		     INSERT INTO consent (clinic_id, consent_id, contact_id, scope, stop, source, at)
		     SELECT $1, $4, contact_id, $5, $6, 'channel', $7 FROM who)
		UPDATE contact SET opted_out_at = CASE WHEN $6 THEN $7::timestamptz END
		 WHERE clinic_id = $1 AND contact_id = (SELECT contact_id FROM who)`,
		clinic, account, sender, id, p.Category, p.Stop, at)
}
