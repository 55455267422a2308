-- Entries wait for the log server in the form in which it takes them: a row for each batch, whose text nobody parses
-- before the log server does. An entry that waits twice is stored once, because its event's id is the key there.
CREATE TABLE audit.undelivered (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size integer NOT NULL,
    oldest_at timestamptz NOT NULL,
    entries text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

INSERT INTO audit.undelivered (size, oldest_at, entries)
SELECT count(*), coalesce(min((entry ->> 'at')::timestamptz), now()), json_agg(entry ORDER BY id)
FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM audit.waiting) AS before
GROUP BY (place - 1) / 500 ORDER BY (place - 1) / 500;
DROP TABLE audit.waiting;

-- What waits for the log server, a row for each entry.
CREATE VIEW audit.waiting AS
SELECT u.id, e.place, (e.entry ->> 'event_id')::uuid AS event_id, e.entry::jsonb AS entry
FROM audit.undelivered u
CROSS JOIN LATERAL json_array_elements(u.entries::json) WITH ORDINALITY AS e(entry, place);
