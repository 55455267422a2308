-- What the role of workers may do, said anew after every migration. It owns nothing: it reads and writes rows, and
-- what makes and drops partitions runs with the rights of its owner. What was audited, and what definitions were, it can
-- add to, never change.
DO $$
DECLARE
    app text := current_setting('incidents.app_role');
    part text;
    routine regprocedure;
BEGIN
    FOR part IN
        SELECT nspname FROM pg_namespace
        WHERE nspname IN ('runtime', 'published', 'administration', 'projects', 'reports', 'retention', 'audit')
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', part, app);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', part, app);
        -- The clean-up after deletions rewrites tables; before PostgreSQL 17 only their owner can.
        IF current_setting('server_version_num')::int >= 170000 THEN
            EXECUTE format('GRANT MAINTAIN ON ALL TABLES IN SCHEMA %I TO %I', part, app);
            EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT MAINTAIN ON TABLES TO %I', part, app);
        END IF;
        EXECUTE format('GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA %I TO %I', part, app);
        EXECUTE format('REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', part);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
                       part, app);
    END LOOP;
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA audit REVOKE UPDATE, DELETE ON TABLES FROM %I', app);
    FOR part IN
        SELECT relid::regclass::text FROM pg_partition_tree('audit.activity')
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM %I', part, app);
    END LOOP;
    EXECUTE format('REVOKE UPDATE, DELETE ON audit.tile, audit.checkpoint, audit.attestation, audit.dropped FROM %I', app);
    EXECUTE format('REVOKE UPDATE ON audit.entry_values FROM %I', app);
    EXECUTE format('REVOKE UPDATE ON runtime.letter_key, runtime.letter_erasure FROM %I', app);
    EXECUTE format('REVOKE UPDATE, DELETE ON administration.definition_change FROM %I', app);
    EXECUTE format('REVOKE INSERT, DELETE ON audit.log, audit.tree FROM %I', app);
    -- A function that runs with its owner's rights is callable only where it checks what it is asked for.
    FOR routine IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE pronamespace::regnamespace::text IN ('runtime', 'published', 'administration', 'projects', 'reports',
                                                   'retention', 'audit')
          AND (NOT prosecdef OR proname IN ('maintain_partitions', 'maintain_outbox', 'is_believed',
                                              'drop_entries'))
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', routine, app);
    END LOOP;
    -- On other servers its administrator grants this.
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_ls_waldir() TO %I', app);
        IF current_setting('server_version_num')::int >= 170000 THEN
            EXECUTE format('GRANT MAINTAIN ON pg_catalog.pg_statistic TO %I', app);
        END IF;
    END IF;
END $$;
