-- +goose Up

-- A clinic's own cases: what was asked and what must come of it, sealed. One for
-- each question: asked is its look-up value.
CREATE TABLE eval_case (
    clinic_id  uuid        NOT NULL REFERENCES clinic ON DELETE CASCADE,
    case_id    uuid        NOT NULL,
    asked      bytea       NOT NULL,
    origin     text        NOT NULL,
    language   text        NOT NULL,
    must_pass  boolean     NOT NULL,
    sealed     bytea       NOT NULL,
    author     text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, case_id),
    UNIQUE (clinic_id, asked)
);
SELECT frontdesk_protect('eval_case');

-- Runs of suites at a clinic, and the gate's questions about approved revisions.
-- epoch counts how often a process took the run: only the last one may write.
CREATE TABLE eval_run (
    clinic_id   uuid        NOT NULL REFERENCES clinic ON DELETE CASCADE,
    run_id      uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('suite', 'gate')),
    suites      text[]      NOT NULL DEFAULT '{}',
    source_id   uuid,
    revision_id uuid,
    approved    timestamptz,
    asked_by    text        NOT NULL,
    created_at  timestamptz NOT NULL,
    started_at  timestamptz,
    ended_at    timestamptz,
    epoch       integer     NOT NULL DEFAULT 0,
    lease_until timestamptz,
    done        integer     NOT NULL DEFAULT 0,
    total       integer     NOT NULL DEFAULT 0,
    verdict     text        NOT NULL DEFAULT '' CHECK (verdict IN ('', 'pass', 'fail', 'void', 'overridden')),
    sealed      bytea,
    PRIMARY KEY (clinic_id, run_id),
    CHECK ((kind = 'gate') = (revision_id IS NOT NULL)),
    CHECK ((verdict = '') = (ended_at IS NULL))
);
CREATE INDEX eval_run_waiting ON eval_run (clinic_id, kind, run_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX eval_run_approval ON eval_run (clinic_id, revision_id, approved) WHERE kind = 'gate';
SELECT frontdesk_protect('eval_run');

-- The figures of a run, for its trend: by suite and language, in clear.
CREATE TABLE eval_figure (
    clinic_id uuid    NOT NULL,
    run_id    uuid    NOT NULL,
    suite     text    NOT NULL,
    language  text    NOT NULL,
    cases     integer NOT NULL,
    passed    integer NOT NULL,
    known     integer NOT NULL,
    PRIMARY KEY (clinic_id, run_id, suite, language),
    FOREIGN KEY (clinic_id, run_id) REFERENCES eval_run ON DELETE CASCADE
);
SELECT frontdesk_protect('eval_figure');

-- Which clinics have a run that waits or was left: for every process's sweep.
CREATE TABLE directory_run (
    clinic_id uuid        NOT NULL,
    run_id    uuid        NOT NULL,
    due       timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, run_id)
);
CREATE INDEX directory_run_due ON directory_run (due);

-- +goose Down
DROP TABLE directory_run, eval_figure, eval_run, eval_case;
