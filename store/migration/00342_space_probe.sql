-- +goose Up

-- What an embedding space makes of a fixed text, as the server did that was used
-- first: another server of the same name shows by it.
CREATE TABLE directory_space (
    space_id bigint      PRIMARY KEY,
    probe    bytea       NOT NULL,
    at       timestamptz NOT NULL
);

-- +goose Down
DROP TABLE directory_space;
