-- Pages of lists that somebody read are found by the projects on them. One entry has them all, and the index has an
-- element for each.
CREATE FUNCTION audit.page_projects(details jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT id::uuid FROM jsonb_array_elements_text(details -> 'project_ids') AS shown(id))
$$;
CREATE INDEX activity_by_shown_project ON audit.activity USING gin (audit.page_projects(details))
    WHERE activity = 'audit.page-viewed';
