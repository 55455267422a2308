-- The logs forget, too: entries older than the days that the settings name are dropped, and a signed statement stays of
-- each range of numbers. Their hashes stay in the tiles, so that the tree can still be verified.
ALTER TABLE administration.settings
    ADD COLUMN activity_days integer NOT NULL DEFAULT 365 CHECK (activity_days BETWEEN 30 AND 3650),
    ADD COLUMN log_days integer NOT NULL DEFAULT 365 CHECK (log_days BETWEEN 30 AND 3650);
CREATE OR REPLACE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites, report_confidentiality,
        report_signatories, export_details_required, activity_days, log_days
    FROM administration.settings;

CREATE TABLE audit.dropped (
    store text,
    first bigint,
    size bigint NOT NULL CHECK (size > first),
    before timestamptz NOT NULL,
    at timestamptz NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (store, first)
);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.dropped
    EXECUTE FUNCTION audit.refuse_change();

-- Drops the next entries of the activity of projects with the rights of the owner, whoever asks. Only what the settings
-- call old is dropped, never anything of the last thirty days, and only what a signed state of the tree proves.
CREATE FUNCTION audit.drop_entries(beginning bigint, ending bigint, earlier_than timestamptz, statement text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    days int := (SELECT greatest(30, activity_days) FROM administration.settings);
    part text;
    is_empty boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('incidents.partitions'));
    IF NOT coalesce(
        earlier_than <= now() - make_interval(days => days) AND runtime.is_believed(now())
        AND beginning = (SELECT coalesce(max(size), 0) FROM audit.dropped WHERE store = 'incident_manager')
        AND ending <= (SELECT max(size) FROM audit.checkpoint WHERE store = 'incident_manager')
        AND NOT EXISTS (SELECT FROM audit.activity WHERE log_index >= beginning AND log_index < ending
                        AND at >= earlier_than), false)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'only what retention drops';
    END IF;
    INSERT INTO audit.dropped (store, first, size, before, at, note)
    VALUES ('incident_manager', beginning, ending, earlier_than, now(), statement);
    PERFORM set_config('incidents.moves_rows', 'on', true);
    DELETE FROM audit.activity WHERE log_index < ending AND at < earlier_than;
    PERFORM set_config('incidents.moves_rows', 'off', true);
    FOR part IN
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = 'audit.activity'::regclass AND inhrelid::regclass::text ~ '_\d{4}_\d{2}$'
            AND to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM') + interval '1 month' < earlier_than
    LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', part) INTO is_empty;
        IF is_empty THEN
            EXECUTE format('DROP TABLE %s', part);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION audit.drop_entries(bigint, bigint, timestamptz, text) FROM PUBLIC;
