-- +goose Up

-- What a clinic reads from.
CREATE TABLE source (
    clinic_id     uuid        NOT NULL,
    source_id     uuid        NOT NULL,
    kind          text        NOT NULL,
    name          text        NOT NULL,
    location      text        NOT NULL,
    location_hash bytea       NOT NULL, -- SHA-256: a URL may be longer than a key may be
    url           text        NOT NULL,
    site          text        NOT NULL,
    version       integer     NOT NULL,
    created_at    timestamptz NOT NULL,
    checked_at    timestamptz,
    check_next    timestamptz,
    etag          text        NOT NULL,
    last_modified text        NOT NULL,
    check_code    text        NOT NULL,
    PRIMARY KEY (clinic_id, source_id),
    UNIQUE (clinic_id, location_hash)
);
SELECT frontdesk_protect('source');

-- The versions of sources. A status at an instant follows from the instants.
CREATE TABLE revision (
    clinic_id   uuid        NOT NULL,
    revision_id uuid        NOT NULL,
    source_id   uuid        NOT NULL,
    number      integer     NOT NULL,
    hash        text        NOT NULL,
    title       text        NOT NULL,
    language    text        NOT NULL,
    pages       integer     NOT NULL,
    passages    integer     NOT NULL,
    terms       bigint      NOT NULL, -- sum of the lengths of its passages
    unread      integer[]   NOT NULL,
    warnings    text[]      NOT NULL,
    created_at  timestamptz NOT NULL,
    effective   timestamptz,
    expires     timestamptz,
    approved    timestamptz,
    approved_by text        NOT NULL,
    released    timestamptz,
    superseded  timestamptz,
    withdrawn   timestamptz,
    PRIMARY KEY (clinic_id, revision_id),
    UNIQUE (clinic_id, source_id, number),
    FOREIGN KEY (clinic_id, source_id) REFERENCES source ON DELETE CASCADE
);
SELECT frontdesk_protect('revision');

-- Published words are in clear: they are what the clinic tells everybody.
CREATE TABLE passage (
    clinic_id   uuid    NOT NULL,
    revision_id uuid    NOT NULL,
    ordinal     integer NOT NULL,
    passage_id  uuid    NOT NULL,
    page        integer NOT NULL,
    kind        text    NOT NULL,
    headings    text[]  NOT NULL,
    text        text    NOT NULL,
    question    text    NOT NULL,
    language    text    NOT NULL,
    site        text    NOT NULL,
    general     boolean NOT NULL,
    hash        text    NOT NULL,
    facts       jsonb   NOT NULL,
    PRIMARY KEY (clinic_id, revision_id, ordinal),
    UNIQUE (clinic_id, passage_id),
    FOREIGN KEY (clinic_id, revision_id) REFERENCES revision ON DELETE CASCADE
);
CREATE INDEX passage_hash ON passage (clinic_id, hash);
SELECT frontdesk_protect('passage');

-- The postings of a term in one revision: passages by ordinal, how often it is in
-- each, and how long each is. One row holds a list, so its document frequency is
-- the list's length and old revisions weigh nothing.
CREATE TABLE posting (
    clinic_id   uuid       NOT NULL,
    term        text       NOT NULL COLLATE "C",
    revision_id uuid       NOT NULL,
    ordinals    integer[]  NOT NULL,
    times       integer[]  NOT NULL,
    lengths     integer[]  NOT NULL,
    PRIMARY KEY (clinic_id, term, revision_id),
    FOREIGN KEY (clinic_id, revision_id) REFERENCES revision ON DELETE CASCADE
);
CREATE INDEX posting_revision ON posting (clinic_id, revision_id);
SELECT frontdesk_protect('posting');

-- The embedding spaces of a clinic. space_id is a hash of the space; large says
-- that the clinic's vectors of this space are in the approximate index.
CREATE TABLE space (
    clinic_id uuid    NOT NULL,
    space_id  bigint  NOT NULL,
    space     jsonb   NOT NULL,
    passages  bigint  NOT NULL,
    large     boolean NOT NULL,
    PRIMARY KEY (clinic_id, space_id)
);
SELECT frontdesk_protect('space');

-- +goose StatementBegin
-- One table of passage vectors for each dimension. Vectors stay in the row, so
-- that an exact scan reads pages in order; the approximate index holds those of
-- large clinics only.
DO $$
DECLARE
    dimension integer;
BEGIN
    FOREACH dimension IN ARRAY ARRAY[256, 384, 512, 768, 1024, 1536] LOOP
        EXECUTE format('CREATE TABLE vector_%s (
            clinic_id   uuid        NOT NULL,
            space_id    bigint      NOT NULL,
            revision_id uuid        NOT NULL,
            ordinal     integer     NOT NULL,
            large       boolean     NOT NULL,
            vector      vector(%s)  NOT NULL,
            PRIMARY KEY (clinic_id, space_id, revision_id, ordinal),
            FOREIGN KEY (clinic_id, revision_id) REFERENCES revision ON DELETE CASCADE
        )', dimension, dimension);
        EXECUTE format('ALTER TABLE vector_%s ALTER COLUMN vector SET STORAGE PLAIN', dimension);
        EXECUTE format('CREATE INDEX vector_%s_revision ON vector_%s (clinic_id, revision_id)', dimension, dimension);
        EXECUTE format('CREATE INDEX vector_%s_large ON vector_%s USING hnsw (vector vector_ip_ops) WHERE large', dimension, dimension);
        PERFORM frontdesk_protect(format('vector_%s', dimension)::regclass);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- The vectors of a passage's sentences, packed: they are read with a candidate,
-- never searched.
CREATE TABLE sentence (
    clinic_id   uuid    NOT NULL,
    space_id    bigint  NOT NULL,
    revision_id uuid    NOT NULL,
    ordinal     integer NOT NULL,
    packed      bytea   NOT NULL,
    PRIMARY KEY (clinic_id, space_id, revision_id, ordinal),
    FOREIGN KEY (clinic_id, revision_id) REFERENCES revision ON DELETE CASCADE
);
ALTER TABLE sentence ALTER COLUMN packed SET STORAGE EXTERNAL;
CREATE INDEX sentence_revision ON sentence (clinic_id, revision_id);
SELECT frontdesk_protect('sentence');

-- Files by their hash, in sealed chunks; meta is sealed too.
CREATE TABLE file (
    clinic_id  uuid        NOT NULL,
    hash       bytea       NOT NULL,
    size       bigint      NOT NULL,
    meta       bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, hash)
);
SELECT frontdesk_protect('file');

CREATE TABLE file_chunk (
    clinic_id uuid    NOT NULL,
    hash      bytea   NOT NULL,
    ordinal   integer NOT NULL,
    data      bytea   NOT NULL,
    PRIMARY KEY (clinic_id, hash, ordinal),
    FOREIGN KEY (clinic_id, hash) REFERENCES file ON DELETE CASCADE
);
ALTER TABLE file_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
SELECT frontdesk_protect('file_chunk');

CREATE TABLE site (
    clinic_id uuid NOT NULL,
    site_id   uuid NOT NULL,
    name      text NOT NULL,
    added_by  text NOT NULL, -- '' when a source named it
    PRIMARY KEY (clinic_id, site_id),
    UNIQUE (clinic_id, name)
);
SELECT frontdesk_protect('site');

-- The profile: facts, proposed and approved.
CREATE TABLE entry (
    clinic_id   uuid    NOT NULL,
    entry_id    uuid    NOT NULL,
    fact        jsonb   NOT NULL,
    citation    jsonb   NOT NULL,
    source_id   uuid,
    revision_id uuid,
    passage_id  uuid,
    approved_at timestamptz,
    approved_by text    NOT NULL,
    retired_at  timestamptz,
    retired_by  text    NOT NULL,
    PRIMARY KEY (clinic_id, entry_id),
    FOREIGN KEY (clinic_id, revision_id) REFERENCES revision ON DELETE CASCADE
);
CREATE INDEX entry_revision ON entry (clinic_id, revision_id);
SELECT frontdesk_protect('entry');

CREATE TABLE notice (
    clinic_id    uuid        NOT NULL,
    notice_id    uuid        NOT NULL,
    text         text        NOT NULL,
    language     text        NOT NULL,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    published_by text        NOT NULL,
    PRIMARY KEY (clinic_id, notice_id)
);
CREATE INDEX notice_ends ON notice (clinic_id, ends_at);
SELECT frontdesk_protect('notice');

-- Which turns cited which passage.
CREATE TABLE citation (
    clinic_id       uuid        NOT NULL,
    passage_id      uuid        NOT NULL,
    turn_id         uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, passage_id, turn_id)
);
CREATE INDEX citation_turn ON citation (clinic_id, turn_id);
SELECT frontdesk_protect('citation');

-- Questions that approved content did not answer, sealed.
CREATE TABLE gap (
    clinic_id  uuid        NOT NULL,
    gap_id     uuid        NOT NULL,
    turn_id    uuid        NOT NULL,
    question   bytea       NOT NULL,
    language   text        NOT NULL,
    at         timestamptz NOT NULL,
    closed_at  timestamptz,
    closed_by  text        NOT NULL,
    PRIMARY KEY (clinic_id, gap_id)
);
CREATE INDEX gap_at ON gap (clinic_id, at);
SELECT frontdesk_protect('gap');

-- +goose Down
DROP TABLE gap, citation, notice, entry, site, file_chunk, file, sentence, space, posting, passage, revision, source,
    vector_256, vector_384, vector_512, vector_768, vector_1024, vector_1536;
