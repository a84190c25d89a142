-- Other programs: tokens by which they read, and webhooks by which they are told.

-- +goose Up

CREATE TABLE directory_access (
    token_hash bytea PRIMARY KEY,
    clinic_id  uuid  NOT NULL,
    access_id  uuid  NOT NULL,
    UNIQUE (clinic_id, access_id)
);

CREATE TABLE access_token (
    clinic_id  uuid        NOT NULL,
    access_id  uuid        NOT NULL,
    name       text        NOT NULL,
    scopes     text[]      NOT NULL,
    made_by    text        NOT NULL,
    created_at timestamptz NOT NULL,
    until      timestamptz,
    used_at    timestamptz,
    ended_at   timestamptz,
    PRIMARY KEY (clinic_id, access_id)
);
SELECT frontdesk_protect('access_token');

-- sealed: the address.
CREATE TABLE webhook (
    clinic_id  uuid        NOT NULL,
    webhook_id uuid        NOT NULL,
    sealed     bytea       NOT NULL,
    events     text[]      NOT NULL,
    made_by    text        NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (clinic_id, webhook_id)
);
SELECT frontdesk_protect('webhook');

-- One event for one webhook, until it is delivered or given up. What it says of its
-- subject is read when it is sent.
CREATE TABLE webhook_delivery (
    clinic_id   uuid        NOT NULL,
    delivery_id uuid        NOT NULL,
    webhook_id  uuid        NOT NULL,
    event       text        NOT NULL,
    subject_id  uuid        NOT NULL, -- ticket or conversation
    at          timestamptz NOT NULL,
    attempts    integer     NOT NULL DEFAULT 0,
    status      integer     NOT NULL DEFAULT 0, -- of the last answer, 0 for none
    sent_at     timestamptz,
    failed_at   timestamptz,
    PRIMARY KEY (clinic_id, delivery_id),
    FOREIGN KEY (clinic_id, webhook_id) REFERENCES webhook ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_failed ON webhook_delivery (clinic_id, failed_at) WHERE failed_at IS NOT NULL;
CREATE INDEX webhook_delivery_webhook ON webhook_delivery (clinic_id, webhook_id);
SELECT frontdesk_protect('webhook_delivery');

CREATE TABLE directory_delivery (
    clinic_id uuid        NOT NULL,
    ref       uuid        NOT NULL,
    due       timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, ref)
);
CREATE INDEX directory_delivery_due ON directory_delivery (due);

-- The id of a delivery follows from what it tells, so that it is filed once.
-- +goose StatementBegin
CREATE FUNCTION frontdesk_tell_webhooks(clinic uuid, told text, subject uuid, instant timestamptz) RETURNS void LANGUAGE sql AS $$
    WITH filed AS (
         INSERT INTO webhook_delivery (clinic_id, delivery_id, webhook_id, event, subject_id, at)
         SELECT clinic, md5(concat_ws(' ', w.webhook_id, told, subject, instant))::uuid, w.webhook_id, told, subject, instant
           FROM webhook w
          WHERE w.clinic_id = clinic AND w.ended_at IS NULL AND told = ANY (w.events)
             ON CONFLICT DO NOTHING
      RETURNING delivery_id)
    INSERT INTO directory_delivery (clinic_id, ref, due) SELECT clinic, delivery_id, instant FROM filed;
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION frontdesk_tell_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.quiet THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM frontdesk_tell_webhooks(NEW.clinic_id, 'ticket.opened', NEW.ticket_id, NEW.opened_at);
    ELSIF NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL THEN
        PERFORM frontdesk_tell_webhooks(NEW.clinic_id, 'ticket.closed', NEW.ticket_id, NEW.closed_at);
    ELSIF NEW.taken_at IS NOT NULL AND OLD.taken_at IS NULL THEN
        PERFORM frontdesk_tell_webhooks(NEW.clinic_id, 'ticket.taken', NEW.ticket_id, NEW.taken_at);
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tell AFTER INSERT OR UPDATE OF taken_at, closed_at ON ticket FOR EACH ROW EXECUTE FUNCTION frontdesk_tell_ticket();

-- +goose Down
DROP TRIGGER tell ON ticket;
DROP FUNCTION frontdesk_tell_ticket(), frontdesk_tell_webhooks(uuid, text, uuid, timestamptz);
DROP TABLE directory_delivery, webhook_delivery, webhook, access_token, directory_access;
