-- Partitions are made and dropped with the rights of the owner, whoever asks. Workers may ask for what housekeeping
-- does and for nothing else: with other arguments anybody with their rights could drop what was audited.
ALTER FUNCTION runtime.maintain_partitions(regclass, int, timestamptz) RENAME TO maintain_any_partitions;
REVOKE ALL ON FUNCTION runtime.maintain_any_partitions(regclass, int, timestamptz) FROM PUBLIC;

CREATE FUNCTION runtime.maintain_partitions(parent regclass, keep_months int, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user <> current_user AND NOT coalesce(
        parent = 'audit.activity'::regclass AND keep_months IS NULL
        OR parent = 'runtime.inbox'::regclass AND keep_months >= 2, false)
       OR session_user <> current_user AND NOT coalesce(
        at BETWEEN now() - interval '1 hour' AND now() + interval '1 hour', false)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'only what housekeeping asks for';
    END IF;
    PERFORM runtime.maintain_any_partitions(parent, keep_months, at);
END $$;
