-- +goose Up
CREATE EXTENSION IF NOT EXISTS vector;

-- +goose StatementBegin
-- frontdesk_protect closes a clinic's table: without a clinic set, and for any
-- other clinic's rows, it is empty to read and refuses to be written, also for
-- its owner.
CREATE FUNCTION frontdesk_protect(protected regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', protected);
    EXECUTE format('CREATE POLICY clinic ON %s USING (clinic_id = NULLIF(current_setting(''frontdesk.clinic'', true), '''')::uuid)', protected);
END
$$;
-- +goose StatementEnd

CREATE TABLE clinic (
    clinic_id  uuid        PRIMARY KEY,
    name       text        NOT NULL,
    language   text        NOT NULL,
    country    text        NOT NULL,
    time_zone  text        NOT NULL,
    settings   jsonb       NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
SELECT frontdesk_protect('clinic');

-- The keys of a clinic, wrapped by FRONTDESK_KEY. sealing is a Tink keyset, whose
-- primary key seals and whose older keys still open.
CREATE TABLE clinic_key (
    clinic_id uuid  PRIMARY KEY REFERENCES clinic ON DELETE CASCADE,
    sealing   bytea NOT NULL,
    lookup    bytea NOT NULL
);
SELECT frontdesk_protect('clinic_key');

-- The look-up of a clinic by its name: HMAC of the folded name.
CREATE TABLE directory_clinic (
    name_hash bytea PRIMARY KEY,
    clinic_id uuid  NOT NULL UNIQUE
);

-- What people did, chained per clinic: hash is an HMAC of the entry and the hash
-- before it. The service role may only append.
CREATE TABLE audit (
    clinic_id uuid        NOT NULL,
    seq       bigint      NOT NULL,
    at        timestamptz NOT NULL,
    actor     text        NOT NULL,
    action    text        NOT NULL,
    target    text        NOT NULL,
    detail    text        NOT NULL,
    hash      bytea       NOT NULL,
    PRIMARY KEY (clinic_id, seq)
);
SELECT frontdesk_protect('audit');

-- The end of each chain: its lock while an entry is added, and what shows that
-- the last entries are missing.
CREATE TABLE audit_head (
    clinic_id uuid   PRIMARY KEY REFERENCES clinic ON DELETE CASCADE,
    seq       bigint NOT NULL,
    hash      bytea  NOT NULL
);
SELECT frontdesk_protect('audit_head');

-- +goose Down
DROP TABLE audit;
DROP TABLE audit_head;
DROP TABLE directory_clinic;
DROP TABLE clinic_key;
DROP TABLE clinic;
DROP FUNCTION frontdesk_protect(regclass);
