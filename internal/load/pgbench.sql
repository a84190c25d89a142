\set n random(1, 2000)
\set p random(1, 900000000000000000)
BEGIN;
SELECT set_config('frontdesk.clinic', :clinic::text, true);
UPDATE conversation SET window_at = '2026-11-22T12:00:00Z' WHERE clinic_id = :clinic::uuid AND conversation_id = (SELECT conversation_id FROM yardstick WHERE n = :n::int);
INSERT INTO message (clinic_id, account_id, message_id, provider_hash, conversation_id, kind, language, labels, sealed, raw, at, received_at) SELECT :clinic::uuid, account_id, md5(:p::text || 'm')::uuid, decode(md5(:p::text || 'p'), 'hex'), conversation_id, 'text', 'fr', '{}', decode(repeat('ab', 280), 'hex'), decode(repeat('cd', 420), 'hex'), '2026-11-22T12:00:00Z', '2026-11-22T12:00:00Z' FROM yardstick WHERE n = :n::int ON CONFLICT DO NOTHING;
INSERT INTO directory_wake (clinic_id, conversation_id, ref, kind, due) SELECT :clinic::uuid, conversation_id, conversation_id, 'turn', '2999-01-01T00:00:00Z' FROM yardstick WHERE n = :n::int ON CONFLICT (clinic_id, conversation_id, ref) DO UPDATE SET due = EXCLUDED.due WHERE directory_wake.due > EXCLUDED.due;
INSERT INTO river_job (queue, kind, args, max_attempts) SELECT 'yardstick', 'yardstick', jsonb_build_object('clinic', :clinic::text, 'conversation', conversation_id, 'process', :clinic::text), 25 FROM yardstick WHERE n = :n::int;
COMMIT;
