-- How many lanes a worker has, in the row of each: whoever takes a lane reads both together. A lane that was split off
-- begins when its parent has published its messages up to a number.
ALTER TABLE runtime.lane
    ADD lanes smallint NOT NULL DEFAULT 8,
    ADD parent smallint,
    ADD parent_number bigint NOT NULL DEFAULT 0;

-- Moves a lane's place in the transaction that holds the effects. Who lost the lane cannot commit, and neither can who
-- read another number of lanes.
DROP FUNCTION runtime.advance_lane(text, smallint, bigint, bigint);
DROP FUNCTION runtime.advance_lane(text, smallint, bigint, bigint, bigint);
CREATE FUNCTION runtime.advance_lane(
    the_worker text, the_lane smallint, the_lanes smallint, the_epoch bigint, the_place bigint, the_stored_ns bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE runtime.lane SET place = the_place, stored_ns = greatest(stored_ns, the_stored_ns)
    WHERE worker = the_worker AND lane = the_lane AND lanes = the_lanes AND epoch = the_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another process owns this lane' USING ERRCODE = 'IML01';
    END IF;
END $$;

-- Reactions move from lane 8 to lane 64, which no lane of commands can be. What lane 8 has published keeps its numbers,
-- for the stream and the outbox may still give it to somebody; what waits is published as the first of lane 64.
UPDATE runtime.lane SET lane = 64 WHERE lane = 8 AND worker IN ('retention', 'audit');

INSERT INTO runtime.posted (worker, lane, posted, published)
SELECT worker, 64, posted, published FROM runtime.posted WHERE lane = 8 AND worker IN ('retention', 'audit');

INSERT INTO runtime.heard (hearer, worker, lane, number)
SELECT h.hearer, p.worker, 64, p.published
FROM runtime.posted p CROSS JOIN (SELECT DISTINCT hearer FROM runtime.heard) AS h WHERE p.lane = 64;

UPDATE runtime.outbox o SET lane = 64
FROM runtime.posted p
WHERE p.worker = o.worker AND p.lane = 64 AND o.lane = 8 AND o.first > p.published;

UPDATE runtime.posted p SET posted = reached.number, published = reached.number
FROM (
    SELECT p.worker, greatest(p.published, max(h.number)) AS number
    FROM runtime.posted p LEFT JOIN runtime.heard h ON h.worker = p.worker AND h.lane = 8
    WHERE p.lane = 8 AND p.worker IN ('retention', 'audit') GROUP BY p.worker, p.published
) AS reached
WHERE p.worker = reached.worker AND p.lane = 8;
