-- A report with an activity log comes with the proofs of its entries, against a signed state that has them all.
ALTER TABLE reports.request ADD COLUMN log_size bigint, ADD COLUMN log_awaited_until timestamptz;

-- One that waits for a signed state of the log is left alone until there is one, or until it has waited long enough.
CREATE VIEW reports.ready_request AS
    SELECT command_id, principal, requested_at FROM reports.request
    WHERE log_size IS NULL OR log_awaited_until <= now() OR EXISTS (
        SELECT FROM published.log_checkpoints WHERE store = 'incident_manager' AND size >= log_size
    );

-- How large the log has to be in a checkpoint that proves all entries of a package or of a report that is being made.
CREATE OR REPLACE VIEW published.requested_checkpoints AS
    SELECT e.package_id, newest.log_index + 1 AS size
    FROM projects.export e
    CROSS JOIN LATERAL (
        SELECT log_index FROM projects.export_entry x WHERE x.package_id = e.package_id ORDER BY log_index DESC LIMIT 1
    ) AS newest
    WHERE e.finished_at IS NULL
    UNION ALL
    SELECT NULL, log_size FROM reports.request WHERE log_size IS NOT NULL;
