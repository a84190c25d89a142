-- +goose Up

-- The key of the directory's look-up values, wrapped by FRONTDESK_KEY, so that this
-- one can change while the values stay. One row; the service makes it when it first
-- opens the database.
CREATE TABLE directory_key (
    key_id  uuid  PRIMARY KEY CHECK (key_id = '00000000-0000-0000-0000-000000000000'),
    wrapped bytea NOT NULL
);

-- +goose Down
DROP TABLE directory_key;
