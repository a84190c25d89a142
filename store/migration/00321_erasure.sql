-- +goose Up

-- When a person's data was erased; what is left of the contact serves figures only.
ALTER TABLE contact ADD COLUMN erased_at timestamptz;

-- +goose Down
ALTER TABLE contact DROP COLUMN erased_at;
