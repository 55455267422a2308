CREATE SCHEMA runtime;
CREATE SCHEMA published;

CREATE TABLE runtime.inbox (
    command_id uuid NOT NULL,
    principal text NOT NULL,
    month date NOT NULL,
    fingerprint bytea NOT NULL,
    outcome text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (command_id, principal, month)
) PARTITION BY RANGE (month);
CREATE TABLE runtime.inbox_other PARTITION OF runtime.inbox DEFAULT;

CREATE TABLE runtime.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker text NOT NULL,
    lane smallint NOT NULL,
    subject text NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX outbox_by_lane ON runtime.outbox (worker, lane, id);

-- Makes the partitions of this month and the next, drops what nobody may ask for any more. Called at every
-- migration and once an hour; a row that no month takes goes to the default partition and is not lost.
CREATE FUNCTION runtime.maintain_partitions(parent regclass, keep_months int, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', at AT TIME ZONE 'UTC')::date;
    month date;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('incidents.partitions'));
    FOREACH month IN ARRAY ARRAY[first, (first + interval '1 month')::date] LOOP
        part := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                           part, parent, month, (month + interval '1 month')::date);
        END IF;
    END LOOP;
    IF keep_months IS NULL THEN
        RETURN;
    END IF;
    FOR part IN
        SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = parent
    LOOP
        IF part ~ '_\d{4}_\d{2}$'
           AND to_date(right(part, 7), 'YYYY_MM') < first - make_interval(months => keep_months) THEN
            EXECUTE format('DROP TABLE %s', part);
        END IF;
    END LOOP;
END $$;
