-- What was erased and is not in the erasure journal yet: ids and times alone.
CREATE TABLE runtime.erasure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    project_id uuid NOT NULL,
    number bigint,
    erased_at timestamptz NOT NULL,
    ids uuid[] NOT NULL DEFAULT '{}',
    revision integer
);

-- How much of the journal, which is a file outside, this database knows: one row, once there is a journal.
CREATE TABLE runtime.erasure_journal (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    size bigint NOT NULL,
    chain bytea NOT NULL,
    key bytea NOT NULL
);

-- Whatever deletes a project leaves a tombstone, in the same transaction.
CREATE FUNCTION projects.note_erasures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO runtime.erasure (kind, project_id, number, erased_at)
    SELECT CASE WHEN expired THEN 'expired' ELSE 'deleted' END, project_id, number, deleted_at FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER note_erasures AFTER INSERT ON projects.tombstone
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION projects.note_erasures();

INSERT INTO runtime.erasure (kind, project_id, number, erased_at)
SELECT CASE WHEN expired THEN 'expired' ELSE 'deleted' END, project_id, number, deleted_at
FROM projects.tombstone ORDER BY deleted_at, project_id;

-- So does a redaction: which field of which part, and the revision that it made.
CREATE VIEW projects.redaction_to_note AS
    SELECT CASE WHEN earlier_only THEN 'corrected:' ELSE 'redacted:' END || field AS kind, project_id, at AS erased_at,
        CASE WHEN part_id IS NULL THEN '{}' ELSE ARRAY[part_id] END AS ids, revision
    FROM projects.redaction;
CREATE FUNCTION projects.note_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO runtime.erasure (kind, project_id, erased_at, ids, revision)
    SELECT kind, project_id, erased_at, ids, revision FROM projects.redaction_to_note
    WHERE project_id = NEW.project_id AND revision = NEW.revision;
    RETURN NULL;
END $$;
CREATE TRIGGER note_redaction AFTER INSERT ON projects.redaction
    FOR EACH ROW EXECUTE FUNCTION projects.note_redaction();
