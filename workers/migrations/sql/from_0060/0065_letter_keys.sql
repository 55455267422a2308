-- A dead letter is encrypted with a key of its own, which is written in the transaction that posts it and dies after some
-- days, or with a project or a redacted text that it names. The letter itself stays in its stream, without words.
CREATE TABLE runtime.letter_key (
    key_id uuid PRIMARY KEY,
    key bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    named uuid[] NOT NULL,
    fields text[] NOT NULL
);
CREATE INDEX letter_key_by_name ON runtime.letter_key USING gin (named);
ALTER TABLE runtime.letter_key ALTER COLUMN key SET STATISTICS 0, ALTER COLUMN named SET STATISTICS 0;
ALTER TABLE runtime.letter_key SET (autovacuum_vacuum_threshold = 5, autovacuum_vacuum_scale_factor = 0.05);

-- When and why a key died, for as long as its letter can be in the stream.
CREATE TABLE runtime.letter_erasure (
    key_id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL,
    cause text NOT NULL
);
CREATE INDEX letter_erasure_by_time ON runtime.letter_erasure (erased_at);

CREATE FUNCTION runtime.erase_letters(ids uuid[], why text) RETURNS void LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM runtime.letter_key WHERE key_id = ANY(ids) RETURNING key_id
    )
    INSERT INTO runtime.letter_erasure (key_id, erased_at, cause) SELECT key_id, now(), why FROM gone
    ON CONFLICT DO NOTHING
$$;

-- A letter that was written after the deletion of the project that it names is found here.
CREATE FUNCTION runtime.maintain_letters(keep_days integer, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('incidents.letters'));
    PERFORM runtime.erase_letters(ARRAY(
        SELECT k.key_id FROM runtime.letter_key k
        WHERE EXISTS (SELECT FROM published.erased_projects e WHERE e.project_id = ANY(k.named))
        ORDER BY k.key_id
    ), 'project-erased');
    IF NOT runtime.is_believed(at) THEN
        RETURN;
    END IF;
    PERFORM runtime.erase_letters(ARRAY(
        SELECT key_id FROM runtime.letter_key WHERE written_at <= at - make_interval(days => keep_days)
        ORDER BY key_id
    ), 'expired');
    DELETE FROM runtime.letter_erasure WHERE erased_at < at - interval '31 days';
END $$;

CREATE FUNCTION runtime.forget_letters_of_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM runtime.erase_letters(ARRAY(
        SELECT key_id FROM runtime.letter_key WHERE named && ARRAY(
            SELECT project_id FROM erased WHERE erase_after IS NULL AND NOT restricted)
        ORDER BY key_id
    ), 'project-erased');
    RETURN NULL;
END $$;
CREATE TRIGGER forget_letters AFTER INSERT ON projects.tombstone
    REFERENCING NEW TABLE AS erased FOR EACH STATEMENT EXECUTE FUNCTION runtime.forget_letters_of_erased();
CREATE TRIGGER forget_letters_later AFTER UPDATE ON projects.tombstone
    REFERENCING NEW TABLE AS erased FOR EACH STATEMENT EXECUTE FUNCTION runtime.forget_letters_of_erased();

CREATE FUNCTION runtime.forget_letters_of_redacted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM runtime.erase_letters(ARRAY(
        SELECT key_id FROM runtime.letter_key
        WHERE CASE WHEN NEW.part_id IS NULL THEN named && ARRAY[NEW.project_id] AND NEW.field = ANY(fields)
            ELSE named && ARRAY[NEW.part_id] END
        ORDER BY key_id
    ), 'text-redacted');
    RETURN NULL;
END $$;
CREATE TRIGGER forget_letters AFTER INSERT ON projects.redaction
    FOR EACH ROW EXECUTE FUNCTION runtime.forget_letters_of_redacted();

-- A sequence whose camera was redacted belongs to no camera.
CREATE OR REPLACE VIEW published.project_cameras AS
    SELECT DISTINCT ON (project_id, camera_id) project_id, camera_id, camera_name
    FROM projects.sequence WHERE camera_id <> '' ORDER BY project_id, camera_id, added_at DESC;
