-- +goose Up

-- Which department is for which complaint, as a named person approved it. A new
-- table retires the one before; what was in force when stays readable.
CREATE TABLE departments (
    clinic_id   uuid        NOT NULL REFERENCES clinic ON DELETE CASCADE,
    version_id  uuid        NOT NULL,
    content     jsonb       NOT NULL,
    approved_by text        NOT NULL,
    approved_at timestamptz NOT NULL,
    retired_at  timestamptz,
    PRIMARY KEY (clinic_id, version_id)
);
CREATE UNIQUE INDEX departments_in_force ON departments (clinic_id) WHERE retired_at IS NULL;
SELECT frontdesk_protect('departments');

-- +goose Down
DROP TABLE departments;
