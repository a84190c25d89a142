-- +goose Up

-- A second index, on the revision alone, was taken for searches too, and read every
-- term of every revision; a revision that is deleted has the key's first column.
DROP INDEX posting_revision;
-- How many passages a list of postings has, beside the lists and in the key's index:
-- counting must not read them.
ALTER TABLE posting ADD COLUMN found integer NOT NULL GENERATED ALWAYS AS (cardinality(ordinals)) STORED,
    DROP CONSTRAINT posting_pkey, ADD PRIMARY KEY (clinic_id, term, revision_id) INCLUDE (found);

-- +goose StatementBegin
-- One key serves both ways to a vector: that of a passage, and those of a revision
-- which is deleted. Beside a second index on the revision alone the planner took
-- that one for single passages too, and read the whole revision.
DO $$
DECLARE
    dimension integer;
BEGIN
    FOREACH dimension IN ARRAY ARRAY[256, 384, 512, 768, 1024, 1536] LOOP
        EXECUTE format('ALTER TABLE vector_%1$s DROP CONSTRAINT vector_%1$s_pkey, ADD PRIMARY KEY (clinic_id, revision_id, ordinal, space_id)', dimension);
        EXECUTE format('DROP INDEX vector_%s_revision', dimension);
    END LOOP;
END
$$;
-- +goose StatementEnd
ALTER TABLE sentence DROP CONSTRAINT sentence_pkey, ADD PRIMARY KEY (clinic_id, revision_id, ordinal, space_id);
DROP INDEX sentence_revision;

-- +goose Down
CREATE INDEX sentence_revision ON sentence (clinic_id, revision_id);
ALTER TABLE sentence DROP CONSTRAINT sentence_pkey, ADD PRIMARY KEY (clinic_id, space_id, revision_id, ordinal);
-- +goose StatementBegin
DO $$
DECLARE
    dimension integer;
BEGIN
    FOREACH dimension IN ARRAY ARRAY[256, 384, 512, 768, 1024, 1536] LOOP
        EXECUTE format('CREATE INDEX vector_%1$s_revision ON vector_%1$s (clinic_id, revision_id)', dimension);
        EXECUTE format('ALTER TABLE vector_%1$s DROP CONSTRAINT vector_%1$s_pkey, ADD PRIMARY KEY (clinic_id, space_id, revision_id, ordinal)', dimension);
    END LOOP;
END
$$;
-- +goose StatementEnd
ALTER TABLE posting DROP CONSTRAINT posting_pkey, DROP COLUMN found, ADD PRIMARY KEY (clinic_id, term, revision_id);
CREATE INDEX posting_revision ON posting (clinic_id, revision_id);
