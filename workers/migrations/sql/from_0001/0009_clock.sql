-- What a worker writes every few seconds, only to see that a write is committed.
CREATE TABLE runtime.probe (
    worker text PRIMARY KEY,
    written_at timestamptz NOT NULL
);

-- The newest time that housekeeping believes. What is deleted because of its age is deleted only while the database's
-- clock is within an hour of it; docs/decisions/a-clock-is-believed-for-an-hour.md says how it moves.
CREATE TABLE runtime.clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    believed_at timestamptz NOT NULL
);
INSERT INTO runtime.clock (believed_at) VALUES (now());

CREATE FUNCTION runtime.is_believed(at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_and(is_believed.at BETWEEN c.believed_at - interval '1 hour'
                                            AND c.believed_at + interval '1 hour'), false)
    FROM runtime.clock c
$$;

-- Makes one partition. Rows of its month that a clock that was wrong has brought to the default partition move into it:
-- left there, they would keep it from being made.
CREATE FUNCTION runtime.make_partition(parent regclass, part text, first date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    past date := (first + interval '1 month')::date;
    key text;
    rest regclass;
BEGIN
    SELECT a.attname, p.partdefid::regclass INTO STRICT key, rest
    FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
    WHERE p.partrelid = parent;
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', part, parent);
    EXECUTE format('WITH moved AS (DELETE FROM %s WHERE %I >= %L AND %I < %L RETURNING *)'
                   ' INSERT INTO %s SELECT * FROM moved', rest, key, first, key, past, part);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', parent, part, first, past);
END $$;

-- The newest month up to `latest` in which a row lies.
CREATE FUNCTION runtime.newest_month(parent regclass, latest date) RETURNS date
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text;
    found boolean;
BEGIN
    FOR part IN
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = parent AND inhrelid::regclass::text ~ '_\d{4}_\d{2}$' ORDER BY 1 DESC
    LOOP
        CONTINUE WHEN to_date(right(part, 7), 'YYYY_MM') > latest;
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part) INTO found;
        IF found THEN
            RETURN to_date(right(part, 7), 'YYYY_MM');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Makes the partitions of this month and the next, and drops those that are old by the clock and by what lies in the
-- table: rows that are `keep_months` newer must be there, and the clock must be believed.
CREATE OR REPLACE FUNCTION runtime.maintain_partitions(parent regclass, keep_months int, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', at AT TIME ZONE 'UTC')::date;
    newest date;
    month date;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('incidents.partitions'));
    FOREACH month IN ARRAY ARRAY[first, (first + interval '1 month')::date] LOOP
        part := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
        IF to_regclass(part) IS NULL THEN
            PERFORM runtime.make_partition(parent, part, month);
        END IF;
    END LOOP;
    IF keep_months IS NULL OR NOT runtime.is_believed(at) THEN
        RETURN;
    END IF;
    FOR part IN
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = parent AND inhrelid::regclass::text ~ '_\d{4}_\d{2}$'
    LOOP
        CONTINUE WHEN to_date(right(part, 7), 'YYYY_MM') >= first - make_interval(months => keep_months);
        newest := coalesce(newest, runtime.newest_month(parent, first));
        IF to_date(right(part, 7), 'YYYY_MM') < newest - make_interval(months => keep_months) THEN
            EXECUTE format('DROP TABLE %s', part);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION runtime.make_partition(regclass, text, date) FROM PUBLIC;
REVOKE ALL ON FUNCTION runtime.newest_month(regclass, date) FROM PUBLIC;
