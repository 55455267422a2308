CREATE SCHEMA retention;

-- A sweep under way: how many of its chains of expire commands go on, and what they have deleted so far.
CREATE TABLE retention.sweep (
    sweep_id uuid PRIMARY KEY,
    created_before timestamptz NOT NULL,
    progressed_at timestamptz NOT NULL,
    chains_left integer NOT NULL,
    deleted bigint NOT NULL
);
