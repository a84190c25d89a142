-- +goose Up

-- The look-up of a channel account by the provider's id: HMAC of channel and id.
CREATE TABLE directory_account (
    provider_hash bytea PRIMARY KEY,
    clinic_id     uuid  NOT NULL,
    account_id    uuid  NOT NULL,
    UNIQUE (clinic_id, account_id)
);

-- What is due, across clinics: conversations with something to decide ('turn') or
-- to send ('send'). The sweep of each process reads it.
CREATE TABLE directory_wake (
    clinic_id       uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    ref             uuid        NOT NULL, -- the conversation for 'turn', the message for 'send'
    kind            text        NOT NULL CHECK (kind IN ('turn', 'send')),
    due             timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, conversation_id, ref)
);
CREATE INDEX directory_wake_due ON directory_wake (due);

-- sealed: provider's id, business, phone and token.
CREATE TABLE channel_account (
    clinic_id  uuid        NOT NULL,
    account_id uuid        NOT NULL,
    channel    text        NOT NULL,
    sealed     bytea       NOT NULL,
    stopped_at timestamptz,
    stop_code  integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, account_id)
);
SELECT frontdesk_protect('channel_account');

-- News about an account or its templates that staff must see. Holds no patient data.
CREATE TABLE account_alert (
    clinic_id  uuid        NOT NULL,
    alert_id   uuid        NOT NULL,
    account_id uuid        NOT NULL,
    field      text        NOT NULL,
    event      text        NOT NULL,
    name       text        NOT NULL,
    code       integer     NOT NULL,
    at         timestamptz NOT NULL,
    seen_at    timestamptz,
    PRIMARY KEY (clinic_id, alert_id)
);
SELECT frontdesk_protect('account_alert');

-- sealed: name, patients behind the number, the channel's profile name.
CREATE TABLE contact (
    clinic_id    uuid        NOT NULL,
    contact_id   uuid        NOT NULL,
    sealed       bytea,
    language     text        NOT NULL DEFAULT '',
    opted_out_at timestamptz,
    welcomed_at  timestamptz,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, contact_id)
);
SELECT frontdesk_protect('contact');

-- A number that the clinic imported, before or after it wrote.
CREATE TABLE contact_phone (
    clinic_id  uuid  NOT NULL,
    phone_hash bytea NOT NULL,
    contact_id uuid  NOT NULL,
    PRIMARY KEY (clinic_id, phone_hash),
    FOREIGN KEY (clinic_id, contact_id) REFERENCES contact ON DELETE CASCADE
);
CREATE INDEX contact_phone_contact ON contact_phone (clinic_id, contact_id);
SELECT frontdesk_protect('contact_phone');

-- What a person allowed and stopped, and when.
CREATE TABLE consent (
    clinic_id  uuid        NOT NULL,
    consent_id uuid        NOT NULL,
    contact_id uuid        NOT NULL,
    scope      text        NOT NULL,
    stop       boolean     NOT NULL,
    source     text        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, consent_id),
    FOREIGN KEY (clinic_id, contact_id) REFERENCES contact ON DELETE CASCADE
);
CREATE INDEX consent_contact ON consent (clinic_id, contact_id);
SELECT frontdesk_protect('consent');

-- state, sealed: language, flow and the last exchanges. recipient, sealed: how the
-- channel knows the person. epoch and lease fence whoever writes.
CREATE TABLE conversation (
    clinic_id       uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    contact_id      uuid        NOT NULL,
    recipient       bytea       NOT NULL,
    pen             text        NOT NULL DEFAULT 'bot' CHECK (pen IN ('bot', 'waiting', 'person')),
    epoch           bigint      NOT NULL DEFAULT 0,
    lease_holder    uuid,
    lease_until     timestamptz,
    state           bytea,
    window_at       timestamptz NOT NULL,
    episode_id      uuid        NOT NULL,
    ticket_id       uuid,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, conversation_id),
    FOREIGN KEY (clinic_id, account_id) REFERENCES channel_account,
    FOREIGN KEY (clinic_id, contact_id) REFERENCES contact ON DELETE CASCADE
) WITH (fillfactor = 70);
CREATE INDEX conversation_contact ON conversation (clinic_id, contact_id);
SELECT frontdesk_protect('conversation');

-- A person on a channel account: HMAC of the external id, and of the number.
CREATE TABLE identity (
    clinic_id       uuid  NOT NULL,
    account_id      uuid  NOT NULL,
    external_hash   bytea NOT NULL,
    phone_hash      bytea,
    contact_id      uuid  NOT NULL,
    conversation_id uuid  NOT NULL,
    PRIMARY KEY (clinic_id, account_id, external_hash),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX identity_phone ON identity (clinic_id, phone_hash);
CREATE INDEX identity_conversation ON identity (clinic_id, conversation_id);
SELECT frontdesk_protect('identity');

-- The unit of figures: from a first message to 24 h of silence or the ticket's close.
CREATE TABLE episode (
    clinic_id       uuid        NOT NULL,
    episode_id      uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    PRIMARY KEY (clinic_id, episode_id),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX episode_conversation ON episode (clinic_id, conversation_id, started_at);
SELECT frontdesk_protect('episode');

-- What patients and, in the channel's own app, staff wrote. sealed: the message with
-- its masked text. tokens, sealed: the values of its tokens. raw, sealed: the payload
-- until the turn commits.
CREATE TABLE message (
    clinic_id       uuid        NOT NULL,
    message_id      uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    provider_hash   bytea       NOT NULL,
    conversation_id uuid        NOT NULL,
    kind            text        NOT NULL,
    staff           boolean     NOT NULL DEFAULT false,
    language        text        NOT NULL,
    labels          text[]      NOT NULL,
    sealed          bytea       NOT NULL,
    tokens          bytea,
    raw             bytea,
    at              timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    decided_at      timestamptz,
    turn_id         uuid,
    fixed_id        uuid,
    PRIMARY KEY (clinic_id, message_id),
    UNIQUE (clinic_id, account_id, provider_hash),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX message_conversation ON message (clinic_id, conversation_id, message_id);
CREATE INDEX message_undecided ON message (clinic_id, conversation_id, message_id) WHERE decided_at IS NULL;
SELECT frontdesk_protect('message');

-- Words to find a message by: HMAC of the stem.
CREATE TABLE message_word (
    clinic_id  uuid  NOT NULL,
    stem_hash  bytea NOT NULL,
    message_id uuid  NOT NULL,
    PRIMARY KEY (clinic_id, stem_hash, message_id),
    FOREIGN KEY (clinic_id, message_id) REFERENCES message ON DELETE CASCADE
);
CREATE INDEX message_word_message ON message_word (clinic_id, message_id);
SELECT frontdesk_protect('message_word');

-- What else a turn decides on: timers, results of jobs, releases by staff.
CREATE TABLE event (
    clinic_id       uuid        NOT NULL,
    event_id        uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    kind            text        NOT NULL,
    name            text        NOT NULL,
    sealed          bytea,
    due             timestamptz NOT NULL,
    turn_id         uuid,
    PRIMARY KEY (clinic_id, event_id),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX event_undecided ON event (clinic_id, conversation_id, due) WHERE turn_id IS NULL;
SELECT frontdesk_protect('event');

-- One decision. record, sealed: all that decided it.
CREATE TABLE turn (
    clinic_id       uuid        NOT NULL,
    turn_id         uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    episode_id      uuid        NOT NULL,
    at              timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    outcome         text        NOT NULL,
    mode            text        NOT NULL,
    language        text        NOT NULL,
    labels          text[]      NOT NULL,
    record          bytea       NOT NULL,
    PRIMARY KEY (clinic_id, turn_id),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX turn_conversation ON turn (clinic_id, conversation_id, turn_id);
SELECT frontdesk_protect('turn');

-- What we send. sealed: the bubble. due: of a queued message when it may start, of
-- one being sent when it becomes uncertain.
CREATE TABLE outbound (
    clinic_id       uuid        NOT NULL,
    outbound_id     uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    turn_id         uuid,
    origin          text        NOT NULL,
    author          text        NOT NULL DEFAULT '',
    sealed          bytea       NOT NULL,
    state           text        NOT NULL,
    due             timestamptz NOT NULL,
    start_by        timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    provider_hash   bytea,
    delivery        text        NOT NULL DEFAULT '',
    delivery_rank   smallint    NOT NULL DEFAULT 0,
    delivery_at     timestamptz,
    category        text        NOT NULL DEFAULT '',
    error_class     text        NOT NULL DEFAULT '',
    error_code      integer     NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    PRIMARY KEY (clinic_id, outbound_id),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX outbound_conversation ON outbound (clinic_id, conversation_id, outbound_id);
CREATE INDEX outbound_pending ON outbound (clinic_id, conversation_id, outbound_id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbound_provider ON outbound (clinic_id, provider_hash) WHERE provider_hash IS NOT NULL;
SELECT frontdesk_protect('outbound');

-- A handover to people. quiet: a delivery to look at, which leaves the pen alone.
CREATE TABLE ticket (
    clinic_id       uuid        NOT NULL,
    ticket_id       uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    episode_id      uuid        NOT NULL,
    team            text        NOT NULL,
    priority        text        NOT NULL,
    reason          text        NOT NULL,
    quiet           boolean     NOT NULL DEFAULT false,
    summary         bytea,
    outbound_id     uuid,
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    notified_at     timestamptz,
    taken_at        timestamptz,
    taken_by        text        NOT NULL DEFAULT '',
    closed_at       timestamptz,
    closed_by       text        NOT NULL DEFAULT '',
    PRIMARY KEY (clinic_id, ticket_id),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX ticket_open ON ticket (clinic_id, opened_at) WHERE closed_at IS NULL;
CREATE INDEX ticket_conversation ON ticket (clinic_id, conversation_id);
SELECT frontdesk_protect('ticket');

-- Effects on the world outside, to be done once. sealed: its details.
CREATE TABLE effect (
    clinic_id       uuid        NOT NULL,
    effect_id       uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    turn_id         uuid        NOT NULL,
    kind            text        NOT NULL,
    sealed          bytea       NOT NULL,
    created_at      timestamptz NOT NULL,
    done_at         timestamptz,
    PRIMARY KEY (clinic_id, effect_id),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX effect_undone ON effect (clinic_id, effect_id) WHERE done_at IS NULL;
SELECT frontdesk_protect('effect');

-- Files that patients sent, in sealed chunks.
CREATE TABLE media (
    clinic_id  uuid        NOT NULL,
    message_id uuid        NOT NULL,
    mime       text        NOT NULL,
    bytes      bigint      NOT NULL,
    failed     boolean     NOT NULL,
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, message_id),
    FOREIGN KEY (clinic_id, message_id) REFERENCES message ON DELETE CASCADE
);
SELECT frontdesk_protect('media');

CREATE TABLE media_chunk (
    clinic_id  uuid    NOT NULL,
    message_id uuid    NOT NULL,
    number     integer NOT NULL,
    sealed     bytea   NOT NULL,
    PRIMARY KEY (clinic_id, message_id, number),
    FOREIGN KEY (clinic_id, message_id) REFERENCES media ON DELETE CASCADE
);
SELECT frontdesk_protect('media_chunk');

-- +goose StatementBegin
-- frontdesk_refuse ends the transaction with an error of the given state, from
-- inside a statement: a pipelined commit has no other place to decide.
CREATE FUNCTION frontdesk_refuse(state text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refused' USING ERRCODE = state;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION frontdesk_refuse(text);
DROP TABLE media_chunk, media, effect, ticket, outbound, turn, event, message_word, message,
           episode, identity, conversation, consent, contact_phone, contact, account_alert, channel_account,
           directory_wake, directory_account;
