-- +goose Up

-- Who added a revision ('' when nobody said so), what the person who approved,
-- rejected or withdrew it wrote about it, and the pages to compare with the paper.
ALTER TABLE revision
    ADD COLUMN added_by   text      NOT NULL DEFAULT '',
    ADD COLUMN decided_by text      NOT NULL DEFAULT '',
    ADD COLUMN comment    text      NOT NULL DEFAULT '',
    ADD COLUMN doubtful   integer[] NOT NULL DEFAULT '{}';

-- Who proposed a fact of the profile that somebody else has to approve, and the
-- entry whose place it takes.
ALTER TABLE entry
    ADD COLUMN added_by text NOT NULL DEFAULT '',
    ADD COLUMN replaces uuid;

-- +goose Down
ALTER TABLE entry DROP COLUMN added_by, DROP COLUMN replaces;
ALTER TABLE revision DROP COLUMN added_by, DROP COLUMN decided_by, DROP COLUMN comment, DROP COLUMN doubtful;
