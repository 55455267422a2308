-- Up to which place of a lane commands have been turned away: one row per lane, rewritten by those batches alone.
CREATE TABLE runtime.turned_away (
    worker text,
    lane smallint,
    place bigint NOT NULL,
    stored_ns bigint NOT NULL,
    PRIMARY KEY (worker, lane)
) WITH (fillfactor = 50);

-- What is recorded only so many times a minute, and counted beyond; minutes that are over are told and deleted.
CREATE TABLE runtime.surplus (
    worker text,
    lane smallint,
    principal text,
    what text,
    minute timestamptz,
    recorded integer NOT NULL,
    more integer NOT NULL,
    PRIMARY KEY (worker, lane, principal, what, minute)
);
