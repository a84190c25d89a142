-- +goose Up
-- Which migrations and grants a service role has seen, so that a command that
-- finds nothing to do finds it at once. Only the owner writes it.
CREATE TABLE directory_schema (
    role_hash   bytea PRIMARY KEY,
    fingerprint bytea NOT NULL
);

-- +goose Down
DROP TABLE directory_schema;
