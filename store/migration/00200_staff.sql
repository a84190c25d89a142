-- +goose Up

-- The look-up of a user by the address that they sign in with: HMAC of it.
CREATE TABLE directory_login (
    login_hash bytea PRIMARY KEY,
    clinic_id  uuid  NOT NULL,
    user_id    uuid  NOT NULL,
    UNIQUE (clinic_id, user_id)
);

-- Sessions and invitations: HMAC of the secret.
CREATE TABLE directory_token (
    token_hash bytea       PRIMARY KEY,
    clinic_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('session', 'invite')),
    until      timestamptz NOT NULL
);
CREATE INDEX directory_token_user ON directory_token (clinic_id, user_id, kind);
CREATE INDEX directory_token_until ON directory_token (until);

-- Who works at a clinic. sealed: address, name, language and teams. proof, sealed:
-- hash of the password and the second factor.
CREATE TABLE staff_user (
    clinic_id     uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    role          text        NOT NULL,
    sealed        bytea       NOT NULL,
    proof         bytea,
    proof_version integer     NOT NULL DEFAULT 0,
    ready         boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz,
    PRIMARY KEY (clinic_id, user_id)
);
SELECT frontdesk_protect('staff_user');

-- +goose Down
DROP TABLE staff_user, directory_token, directory_login;
