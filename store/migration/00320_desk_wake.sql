-- +goose Up

-- +goose StatementBegin
-- Whoever makes or moves a ticket tells the consoles of all processes, when the
-- transaction commits. Only tickets do: a notice takes a lock of the whole database
-- for a moment, which every turn must not.
CREATE FUNCTION frontdesk_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('frontdesk_desk', NEW.clinic_id::text);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ring AFTER INSERT OR UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION frontdesk_ring();

-- +goose Down
DROP TRIGGER ring ON ticket;
DROP FUNCTION frontdesk_ring();
