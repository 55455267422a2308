-- The outbox is an append-only log: a row for each transaction that posts messages to a lane, kept for some days. A
-- message has a number in its lane; the numbers are those of the commits, because whoever draws one keeps the lane's
-- counter locked until the commit.
CREATE TABLE runtime.posted (
    worker text NOT NULL,
    lane smallint NOT NULL,
    posted bigint NOT NULL DEFAULT 0,
    published bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (worker, lane)
) WITH (fillfactor = 50);

-- How far a worker has heard the messages of a lane, and how many of them it found nowhere.
CREATE TABLE runtime.heard (
    hearer text NOT NULL,
    worker text NOT NULL,
    lane smallint NOT NULL,
    number bigint NOT NULL,
    missing bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hearer, worker, lane)
) WITH (fillfactor = 50);

ALTER TABLE runtime.outbox RENAME TO outbox_before;
ALTER INDEX runtime.outbox_pkey RENAME TO outbox_before_pkey;

CREATE TABLE runtime.outbox (
    worker text NOT NULL,
    lane smallint NOT NULL,
    first bigint NOT NULL,
    size integer NOT NULL,
    posted_at timestamptz NOT NULL,
    messages text NOT NULL,
    PRIMARY KEY (worker, lane, first, posted_at)
) PARTITION BY RANGE (posted_at);
CREATE TABLE runtime.outbox_other PARTITION OF runtime.outbox DEFAULT;

WITH waiting AS (
    SELECT worker, lane, row_number() OVER (PARTITION BY worker, lane ORDER BY id) AS first,
           json_build_array(json_build_object('subject', subject, 'headers', headers, 'body', body)) AS messages
    FROM runtime.outbox_before
), counted AS (
    INSERT INTO runtime.posted (worker, lane, posted) SELECT worker, lane, count(*) FROM waiting GROUP BY worker, lane
)
INSERT INTO runtime.outbox SELECT worker, lane, first, 1, now(), messages FROM waiting;
DROP TABLE runtime.outbox_before;

-- What waits to be published, a row for each message.
CREATE VIEW runtime.unpublished AS
SELECT o.worker, o.lane, o.first + m.place - 1 AS number, o.posted_at, m.message ->> 'subject' AS subject,
       (m.message -> 'headers')::jsonb AS headers, m.message ->> 'body' AS body
FROM runtime.posted p
CROSS JOIN LATERAL (
    SELECT * FROM runtime.outbox o WHERE o.worker = p.worker AND o.lane = p.lane AND o.first > p.published
    ORDER BY o.first
) o
CROSS JOIN LATERAL json_array_elements(o.messages::json) WITH ORDINALITY AS m(message, place)
WHERE p.posted > p.published;

-- Makes the partitions of today and the next two days, and drops those that are older than the days to keep, by a clock
-- that is believed, once all of their messages are published and heard by everybody who counts them.
CREATE FUNCTION runtime.maintain_outbox(keep_days integer, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    today date := (at AT TIME ZONE 'UTC')::date;
    part text;
    needed boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('incidents.partitions'));
    FOR ahead IN 0..2 LOOP
        part := format('runtime.outbox_%s', to_char(today + ahead, 'YYYY_MM_DD'));
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %s (LIKE runtime.outbox INCLUDING ALL)', part);
            EXECUTE format('WITH moved AS (DELETE FROM runtime.outbox_other WHERE posted_at >= %L AND posted_at < %L'
                           ' RETURNING *) INSERT INTO %s SELECT * FROM moved', today + ahead, today + ahead + 1, part);
            EXECUTE format('ALTER TABLE runtime.outbox ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                           part, today + ahead, today + ahead + 1);
        END IF;
    END LOOP;
    IF keep_days IS NULL OR NOT runtime.is_believed(at) THEN
        RETURN;
    END IF;
    FOR part IN
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = 'runtime.outbox'::regclass AND inhrelid::regclass::text ~ '_\d{4}_\d{2}_\d{2}$' ORDER BY 1
    LOOP
        CONTINUE WHEN to_date(right(part, 10), 'YYYY_MM_DD') >= today - keep_days;
        EXECUTE format('SELECT EXISTS (SELECT FROM (SELECT worker, lane, max(first + size) - 1 AS last FROM %s GROUP BY 1, 2)'
                       ' AS o JOIN runtime.posted p USING (worker, lane) WHERE o.last > p.published OR EXISTS ('
                       'SELECT FROM (SELECT DISTINCT hearer FROM runtime.heard) AS h LEFT JOIN runtime.heard n'
                       ' ON n.hearer = h.hearer AND n.worker = o.worker AND n.lane = o.lane'
                       ' WHERE coalesce(n.number, 0) < o.last))', part) INTO needed;
        IF NOT needed THEN
            EXECUTE format('DROP TABLE %s', part);
        END IF;
    END LOOP;
END $$;

-- When the message at a lane's place was stored, in nanoseconds since 1970: a stream that was set back to an older state,
-- and has taken new messages since, has younger ones below that place.
ALTER TABLE runtime.lane ADD stored_ns bigint NOT NULL DEFAULT 0;

CREATE FUNCTION runtime.advance_lane(
    the_worker text, the_lane smallint, the_epoch bigint, the_place bigint, the_stored_ns bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE runtime.lane SET place = the_place, stored_ns = greatest(stored_ns, the_stored_ns)
    WHERE worker = the_worker AND lane = the_lane AND epoch = the_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another process owns this lane' USING ERRCODE = 'IML01';
    END IF;
END $$;
