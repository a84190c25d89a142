-- +goose Up

-- What staff keep about a ticket, and how far its ladder of notices came: stage is
-- the last step that was taken, ladder counts how often it began again.
ALTER TABLE ticket
    ADD COLUMN assigned_to  text        NOT NULL DEFAULT '',
    ADD COLUMN close_reason text        NOT NULL DEFAULT '',
    ADD COLUMN stage        smallint    NOT NULL DEFAULT 0,
    ADD COLUMN ladder       integer     NOT NULL DEFAULT 0,
    ADD COLUMN ladder_at    timestamptz,
    ADD COLUMN due_at       timestamptz;
CREATE INDEX ticket_closed ON ticket (clinic_id, closed_at DESC) WHERE closed_at IS NOT NULL;
CREATE INDEX conversation_latest ON conversation (clinic_id, window_at DESC);

-- Notes of staff, which patients never see.
CREATE TABLE note (
    clinic_id       uuid        NOT NULL,
    note_id         uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    kind            text        NOT NULL DEFAULT 'note',
    author          text        NOT NULL,
    sealed          bytea       NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, note_id),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX note_conversation ON note (clinic_id, conversation_id, note_id);
SELECT frontdesk_protect('note');

CREATE TABLE conversation_tag (
    clinic_id       uuid NOT NULL,
    conversation_id uuid NOT NULL,
    tag             text NOT NULL,
    PRIMARY KEY (clinic_id, conversation_id, tag),
    FOREIGN KEY (clinic_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
);
CREATE INDEX conversation_tag_tag ON conversation_tag (clinic_id, tag);
SELECT frontdesk_protect('conversation_tag');

-- What staff often write, by name and language.
CREATE TABLE saved_reply (
    clinic_id uuid        NOT NULL,
    reply_id  uuid        NOT NULL,
    name      text        NOT NULL,
    language  text        NOT NULL,
    text      text        NOT NULL,
    author    text        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, reply_id),
    UNIQUE (clinic_id, name, language)
);
SELECT frontdesk_protect('saved_reply');

-- Forms that were sent: the same form twice is one message.
CREATE TABLE written_once (
    clinic_id uuid        NOT NULL,
    form_id   uuid        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, form_id)
);
SELECT frontdesk_protect('written_once');

-- What is due for people, across clinics: tickets on their ladder, effects to tell
-- staff, notices to deliver.
CREATE TABLE directory_alarm (
    clinic_id uuid        NOT NULL,
    ref       uuid        NOT NULL,
    kind      text        NOT NULL CHECK (kind IN ('ticket', 'effect', 'notice')),
    due       timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, ref)
);
CREATE INDEX directory_alarm_due ON directory_alarm (due);

-- Notices to staff beside the console: to whom and what, sealed. One for each step
-- of a ladder, way and address: none is made twice.
CREATE TABLE staff_notice (
    clinic_id   uuid        NOT NULL,
    notice_id   uuid        NOT NULL,
    subject_id  uuid        NOT NULL,
    ladder      integer     NOT NULL,
    step        text        NOT NULL,
    way         text        NOT NULL CHECK (way IN ('email', 'webhook')),
    address     bytea       NOT NULL,
    sealed      bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    attempts    integer     NOT NULL DEFAULT 0,
    sent_at     timestamptz,
    failed_at   timestamptz,
    PRIMARY KEY (clinic_id, notice_id),
    UNIQUE (clinic_id, subject_id, ladder, step, way, address)
);
SELECT frontdesk_protect('staff_notice');

-- +goose StatementBegin
-- Whoever makes or moves a ticket arms its alarm: none is left without. A priority
-- that rises, and a ticket that is open to all again, begin the ladder anew.
CREATE FUNCTION frontdesk_arm_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.closed_at IS NOT NULL THEN
        DELETE FROM directory_alarm WHERE clinic_id = NEW.clinic_id AND ref = NEW.ticket_id;
        RETURN NULL;
    END IF;
    INSERT INTO directory_alarm (clinic_id, ref, kind, due) VALUES (NEW.clinic_id, NEW.ticket_id, 'ticket', NEW.updated_at)
        ON CONFLICT (clinic_id, ref) DO UPDATE SET due = LEAST(directory_alarm.due, EXCLUDED.due);
    RETURN NULL;
END
$$;
CREATE FUNCTION frontdesk_begin_ladder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.ladder_at := NEW.opened_at;
    ELSIF NEW.taken_at IS NULL AND (OLD.taken_at IS NOT NULL OR NEW.team <> OLD.team
          OR array_position(ARRAY['emergency', 'urgent', 'normal', 'low'], NEW.priority) < array_position(ARRAY['emergency', 'urgent', 'normal', 'low'], OLD.priority)) THEN
        NEW.ladder := OLD.ladder + 1;
        NEW.ladder_at := NEW.updated_at;
        NEW.stage := 0;
        NEW.due_at := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION frontdesk_arm_effect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO directory_alarm (clinic_id, ref, kind, due) VALUES (NEW.clinic_id, NEW.effect_id, 'effect', NEW.created_at);
    RETURN NULL;
END
$$;
CREATE FUNCTION frontdesk_arm_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO directory_alarm (clinic_id, ref, kind, due) VALUES (NEW.clinic_id, NEW.notice_id, 'notice', NEW.created_at);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER begin_ladder BEFORE INSERT OR UPDATE OF priority, team, taken_at ON ticket FOR EACH ROW EXECUTE FUNCTION frontdesk_begin_ladder();
CREATE TRIGGER arm AFTER INSERT OR UPDATE OF priority, team, taken_at, closed_at ON ticket FOR EACH ROW EXECUTE FUNCTION frontdesk_arm_ticket();
CREATE TRIGGER arm AFTER INSERT ON effect FOR EACH ROW EXECUTE FUNCTION frontdesk_arm_effect();
CREATE TRIGGER arm AFTER INSERT ON staff_notice FOR EACH ROW EXECUTE FUNCTION frontdesk_arm_notice();

-- Tickets that were open before.
UPDATE ticket SET ladder_at = opened_at WHERE closed_at IS NULL;
INSERT INTO directory_alarm (clinic_id, ref, kind, due)
SELECT clinic_id, ticket_id, 'ticket', updated_at FROM ticket WHERE closed_at IS NULL
    ON CONFLICT DO NOTHING;

-- +goose Down
DROP TRIGGER arm ON effect;
DROP TRIGGER arm ON ticket;
DROP TRIGGER begin_ladder ON ticket;
DROP TABLE staff_notice, directory_alarm, written_once, saved_reply, conversation_tag, note;
DROP FUNCTION frontdesk_arm_ticket(), frontdesk_begin_ladder(), frontdesk_arm_effect(), frontdesk_arm_notice();
DROP INDEX conversation_latest, ticket_closed;
ALTER TABLE ticket DROP COLUMN assigned_to, DROP COLUMN close_reason, DROP COLUMN stage, DROP COLUMN ladder, DROP COLUMN ladder_at, DROP COLUMN due_at;
