-- A process of a worker: who does not renew its lease in time has its sessions ended by the others.
CREATE TABLE runtime.process (
    instance text PRIMARY KEY,
    worker text NOT NULL,
    expires_at timestamptz NOT NULL
);

-- A lane of a worker: how far it was handled, in which stream, and who may say so.
CREATE TABLE runtime.lane (
    worker text NOT NULL,
    lane smallint NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    stream text NOT NULL DEFAULT '',
    place bigint NOT NULL DEFAULT 0,
    released boolean NOT NULL DEFAULT true,
    taken_place bigint NOT NULL DEFAULT 0,
    attempted_place bigint NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0,
    PRIMARY KEY (worker, lane)
) WITH (fillfactor = 50);

-- Moves a lane's place in the transaction that holds the effects; who lost the lane cannot commit.
CREATE FUNCTION runtime.advance_lane(the_worker text, the_lane smallint, the_epoch bigint, the_place bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE runtime.lane SET place = the_place
    WHERE worker = the_worker AND lane = the_lane AND epoch = the_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another process owns this lane' USING ERRCODE = 'IML01';
    END IF;
END $$;
