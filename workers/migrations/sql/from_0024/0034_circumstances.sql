-- What a report shows besides the document of its project. The line of confidentiality and the signatories are those of
-- the organisation.
ALTER TABLE administration.settings
    ADD COLUMN report_confidentiality text NOT NULL DEFAULT '',
    ADD COLUMN report_signatories text[] NOT NULL DEFAULT '{}';
CREATE OR REPLACE VIEW published.settings AS
    SELECT retention_days, report_title, timezone, language, log_archive_bytes, child_sites, report_confidentiality,
        report_signatories
    FROM administration.settings;

-- The permissions that a report needs for more than its sections: whoever fetches it must have them.
ALTER TABLE reports.report ADD COLUMN restricted_nodes jsonb NOT NULL DEFAULT '[]';

CREATE VIEW published.exports AS
    SELECT package_id, project_id, created_at, created_by FROM projects.package;

-- The edits of a project's comments, each with the wording until then, and the deletions, without any. Wordings that are
-- too many or too long, the newest first, have none either.
CREATE FUNCTION published.comment_changes(project uuid, wordings_max bigint, bytes_max bigint)
RETURNS TABLE (comment_id uuid, at timestamptz, by text, is_deletion boolean, text text) LANGUAGE sql STABLE AS $$
    WITH change AS (
        SELECT h.part_id, h.at, h.by, h.revision, h.place, h.new IS NULL AS is_deletion, h.old #>> '{}' AS wording
        FROM projects.history h
        WHERE h.project_id = project AND h.fields && ARRAY['comment'] AND h.field = 'comment' AND h.old IS NOT NULL
    ), counted AS (
        SELECT c.*, count(*) OVER newest AS wordings, sum(octet_length(c.wording)) OVER newest AS bytes
        FROM change c
        WHERE c.is_deletion
            OR EXISTS (SELECT FROM projects.comment t WHERE (t.project_id, t.comment_id) = (project, c.part_id))
        WINDOW newest AS (PARTITION BY c.is_deletion ORDER BY c.revision DESC, c.place DESC)
    )
    SELECT part_id, at, by, is_deletion,
        CASE WHEN NOT is_deletion AND wordings <= wordings_max AND bytes <= bytes_max THEN wording END
    FROM counted ORDER BY revision, place
$$;
