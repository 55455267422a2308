-- The search index and the history follow the deletion of their projects by one statement instead of a foreign key, which
-- looks the project up for every row that is written. Who writes either holds the lock of its project.
ALTER TABLE projects.search DROP CONSTRAINT search_project_id_fkey;
ALTER TABLE projects.history DROP CONSTRAINT history_project_id_fkey;
CREATE FUNCTION projects.delete_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM projects.search s USING deleted d WHERE s.project_id = d.id;
    DELETE FROM projects.history h USING deleted d WHERE h.project_id = d.id;
    RETURN NULL;
END $$;
CREATE TRIGGER delete_derived AFTER DELETE ON projects.project REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION projects.delete_derived();
CREATE FUNCTION projects.truncate_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE projects.search, projects.history;
    RETURN NULL;
END $$;
CREATE TRIGGER truncate_derived AFTER TRUNCATE ON projects.project
    FOR EACH STATEMENT EXECUTE FUNCTION projects.truncate_derived();
