"""What protects the entries of the database log_server, and the only way in which they are dropped."""

from typing import Final

from sqlalchemy import text

PROTECT_ENTRIES: Final = text(
    """
    DO $$ BEGIN
        IF NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'entry'::regclass), 'USAGE') THEN
            RETURN;
        END IF;
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF current_setting('incidents.drops_rows', true) = 'on' AND TG_OP = 'DELETE' THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'what the log server has recorded is never changed'
                USING ERRCODE = 'insufficient_privilege';
        END $body$;
        CREATE OR REPLACE FUNCTION drop_entries(ending bigint, earlier_than timestamptz) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
        BEGIN
            IF earlier_than > now() - interval '30 days' THEN
                RAISE insufficient_privilege USING MESSAGE = 'only what retention drops';
            END IF;
            PERFORM set_config('incidents.drops_rows', 'on', true);
            DELETE FROM entry WHERE at < earlier_than AND (log_index < ending OR log_index IS NULL);
            PERFORM set_config('incidents.drops_rows', 'off', true);
        END $body$;
        REVOKE ALL ON FUNCTION drop_entries(bigint, timestamptz) FROM PUBLIC;
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'entry'::regclass AND tgname = 'refuse_change') THEN
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
                EXECUTE FUNCTION refuse_change();
        END IF;
    END $$
    """
)
"""A second line behind the rights of workers; only the owner of the table can draw it.

Workers can drop entries of more than thirty days. Whether more have to stay is what the main database says.
"""
