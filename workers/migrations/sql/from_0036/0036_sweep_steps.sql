-- Steps of sweeps that were taken and are to be made, in the order in which they were taken.
CREATE TABLE projects.sweep_step (
    command_id uuid,
    principal text,
    trace text,
    letter jsonb,
    taken_at timestamptz NOT NULL,
    refusal_language text NOT NULL,
    sweep_id uuid NOT NULL,
    chain smallint NOT NULL,
    created_before timestamptz NOT NULL,
    projects_max integer NOT NULL,
    PRIMARY KEY (command_id, principal)
);

CREATE OR REPLACE VIEW published.pending_commands AS
SELECT principal, command_id, total,
    total - (SELECT count(*) FROM reports.batch_part p WHERE p.report_id = b.report_id AND state = 'waiting')::integer AS done
FROM reports.batch b WHERE finished_at IS NULL
UNION ALL
SELECT principal, command_id, 1, 0 FROM reports.request
UNION ALL
SELECT principal, command_id, 1, 0 FROM projects.sweep_step;

-- The deletions of a step wait as their ids and numbers, and become entries where they arrive. The id of an entry is that
-- of `uuid3` with the id of the step's event.
ALTER TABLE audit.undelivered ADD COLUMN are_deletions boolean NOT NULL DEFAULT false;

CREATE OR REPLACE VIEW audit.waiting AS
SELECT u.id, e.place, (e.entry ->> 'event_id')::uuid AS event_id, e.entry::jsonb AS entry
FROM audit.undelivered u
CROSS JOIN LATERAL json_array_elements(u.entries::json) WITH ORDINALITY AS e(entry, place)
WHERE NOT u.are_deletions
UNION ALL
SELECT u.id, d.place, i.event_id, jsonb_build_object('event_id', i.event_id, 'at', s.at, 'actor', s.actor,
    'activity', s.activity, 'project_id', d.project_id, 'command_id', s.command_id, 'revision', NULL,
    'details', jsonb_build_object('number', d.number, 'expired', true))
FROM audit.undelivered u
CROSS JOIN LATERAL json_to_recordset(u.entries::json) AS s(event_id uuid, at timestamptz, actor text, activity text,
    command_id uuid, project_ids uuid[], numbers bigint[])
CROSS JOIN LATERAL unnest(s.project_ids, s.numbers) WITH ORDINALITY AS d(project_id, number, place)
CROSS JOIN LATERAL (SELECT md5(uuid_send(s.event_id) || convert_to(d.project_id::text, 'UTF8')) AS digits) AS m
CROSS JOIN LATERAL (SELECT overlay(overlay(digits PLACING '3' FROM 13) PLACING
    translate(substr(digits, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') FROM 17)::uuid AS event_id) AS i
WHERE u.are_deletions;
