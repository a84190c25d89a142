-- Figures of a period find its episodes and tickets by their start.

-- +goose Up
CREATE INDEX episode_started ON episode (clinic_id, started_at);
CREATE INDEX ticket_opened ON ticket (clinic_id, opened_at);
CREATE INDEX ticket_episode ON ticket (clinic_id, episode_id);

-- +goose Down
DROP INDEX ticket_episode, ticket_opened, episode_started;
