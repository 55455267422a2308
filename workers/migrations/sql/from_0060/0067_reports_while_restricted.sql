-- Packages of restricted projects have their reports. One part of a transaction sees the project, and is rolled back.
CREATE FUNCTION published.reveal_restricted(project uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE projects.project p SET set_aside = false FROM projects.tombstone t
    WHERE p.id = project AND p.set_aside AND t.project_id = p.id AND t.restricted
$$;

CREATE OR REPLACE VIEW published.requested_package_reports AS
SELECT p.report_id, p.package_id, p.place, p.project_id, e.principal, e.taken_at AS requested_at, e.language,
    e.includes ? 'user-names' AS show_user_names, e.recipient, e.reference, e.legal_basis,
    e.access_reason IS NOT NULL AS shows_restricted
FROM projects.export_part p JOIN projects.export e USING (package_id)
WHERE p.report_id IS NOT NULL;
