-- +goose Up

-- A stamp of what a clinic approved beside its passages: a turn reads it with its
-- conversation, and reads profile, notices and departments anew only when it changed.
-- It is the number of the last transaction that touched them, 1 before any did.
ALTER TABLE clinic ADD COLUMN content bigint NOT NULL DEFAULT 1;

-- +goose StatementBegin
CREATE FUNCTION frontdesk_stamp_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clinic
       SET content = pg_current_xact_id()::text::bigint
     WHERE clinic_id = NULLIF(current_setting('frontdesk.clinic', true), '')::uuid
       AND content <> pg_current_xact_id()::text::bigint;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER stamp AFTER INSERT OR UPDATE OR DELETE ON entry FOR EACH STATEMENT EXECUTE FUNCTION frontdesk_stamp_content();
CREATE TRIGGER stamp AFTER INSERT OR UPDATE OR DELETE ON revision FOR EACH STATEMENT EXECUTE FUNCTION frontdesk_stamp_content();
CREATE TRIGGER stamp AFTER INSERT OR UPDATE OR DELETE ON site FOR EACH STATEMENT EXECUTE FUNCTION frontdesk_stamp_content();
CREATE TRIGGER stamp AFTER INSERT OR UPDATE OR DELETE ON notice FOR EACH STATEMENT EXECUTE FUNCTION frontdesk_stamp_content();
CREATE TRIGGER stamp AFTER INSERT OR UPDATE OR DELETE ON departments FOR EACH STATEMENT EXECUTE FUNCTION frontdesk_stamp_content();

-- +goose Down
DROP TRIGGER stamp ON departments;
DROP TRIGGER stamp ON notice;
DROP TRIGGER stamp ON site;
DROP TRIGGER stamp ON revision;
DROP TRIGGER stamp ON entry;
DROP FUNCTION frontdesk_stamp_content();
ALTER TABLE clinic DROP COLUMN content;
