"""Whether a database lets the clean-up after deletions be complete: rights of the workers' role, and settings."""

from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.local.console_output import say

_MAINTAIN_SINCE: Final = 17
_VERSION: Final = text("SELECT current_setting('server_version_num')::int / 10000")

# Each returns what stands in the way, or no row.
_OLD_VERSION: Final = "SELECT 'PostgreSQL ' || current_setting('server_version') WHERE :version < 17"
_TABLES: Final = """
    SELECT string_agg(DISTINCT c.oid::regclass::text, ', ') FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND a.attstattarget = 0 AND NOT has_table_privilege(:role, c.oid, 'MAINTAIN')
"""
_STATISTICS_TABLE: Final = (
    "SELECT 'pg_statistic' WHERE NOT has_table_privilege(:role, 'pg_catalog.pg_statistic', 'MAINTAIN')"
)
_CHECKPOINT: Final = "SELECT 'CHECKPOINT' WHERE NOT pg_has_role(:role, 'pg_checkpoint', 'USAGE')"
_FUNCTIONS: Final = """
    SELECT string_agg(f, ', ') FROM unnest(ARRAY['pg_switch_wal()', 'pg_ls_waldir()']) AS f
    WHERE NOT has_function_privilege(:role, f, 'EXECUTE')
"""
_STATISTICS: Final = """
    SELECT string_agg(DISTINCT format('%s.%s.%s', s.schemaname, s.tablename, s.attname), ', ') FROM pg_stats s
    JOIN pg_attribute a ON a.attname = s.attname AND a.attstattarget = 0
        AND a.attrelid = to_regclass(format('%I.%I', s.schemaname, s.tablename))
"""
_SETTINGS: Final = """
    SELECT string_agg(name || ' = ' || setting, ', ' ORDER BY name) FROM pg_settings
    WHERE name = 'log_statement' AND setting <> 'none'
        OR name = 'log_min_error_statement' AND setting NOT IN ('fatal', 'panic')
        OR name = 'log_error_verbosity' AND setting <> 'terse'
        OR name = 'log_min_duration_statement' AND setting <> '-1'
        OR name = 'log_parameter_max_length_on_error' AND setting <> '0'
"""
_SEGMENTS: Final = """
    SELECT 'min_wal_size = ' || setting || unit FROM pg_settings WHERE name = 'min_wal_size' AND setting::int > 1024
"""
_COPIES: Final = """
    SELECT string_agg(name, ', ') FROM (
        SELECT name || ' = ' || setting AS name FROM pg_settings
        WHERE name = 'archive_mode' AND setting <> 'off' OR name = 'wal_keep_size' AND setting <> '0'
        UNION ALL SELECT 'pg_replication_slots: ' || slot_name FROM pg_replication_slots) AS copies
"""
_AUTOVACUUM: Final = "SELECT 'autovacuum = off' FROM pg_settings WHERE name = 'autovacuum' AND setting <> 'on'"


class Finding(NamedTuple):
    """A requirement, what stands in its way (empty if nothing does), and what to do about it."""

    requirement: str
    obstacle: str
    remedy: str


class _Check(NamedTuple):
    requirement: str
    obstacle: str
    remedy: str
    needs_maintain: bool = False


def _rights(role: str) -> list[_Check]:
    grant = say("Run as a superuser: {statement}", statement="GRANT {right} TO {role};")
    return [
        _Check(
            say("PostgreSQL 17 or later"),
            _OLD_VERSION,
            say("Upgrade the server: before 17, only the owner of a table can rewrite it."),
        ),
        _Check(say("Tables can be rewritten"), _TABLES, say("Run `incidents migrate`."), needs_maintain=True),
        _Check(
            say("Old statistics can be cleared"),
            _STATISTICS_TABLE,
            grant.format(right="MAINTAIN ON pg_catalog.pg_statistic", role=role),
            needs_maintain=True,
        ),
        _Check(say("Checkpoints can be made"), _CHECKPOINT, grant.format(right="pg_checkpoint", role=role)),
        _Check(
            say("The write-ahead log can be overwritten"),
            _FUNCTIONS,
            grant.format(right="EXECUTE ON FUNCTION pg_switch_wal(), pg_ls_waldir()", role=role),
        ),
    ]


def _settings() -> list[_Check]:
    return [
        _Check(
            say("No statistics of what people wrote"),
            _STATISTICS,
            say(
                "Run as a superuser: {statement}",
                statement="DELETE FROM pg_statistic s USING pg_attribute a "
                "WHERE s.starelid = a.attrelid AND s.staattnum = a.attnum AND a.attstattarget = 0;",
            ),
        ),
        _Check(
            say("The server's log has no statements and no rows"),
            _SETTINGS,
            say(
                "Set {settings}.",
                settings="log_statement = none, log_min_error_statement = panic, log_error_verbosity = terse, "
                "log_min_duration_statement = -1, log_parameter_max_length_on_error = 0",
            ),
        ),
        _Check(say("Few segments are kept"), _SEGMENTS, say("Set {settings}.", settings="min_wal_size = 128MB")),
        _Check(
            say("No copy of the write-ahead log is kept"),
            _COPIES,
            say("Delete copies after the time for which you must be able to restore."),
        ),
        _Check(say("Autovacuum runs"), _AUTOVACUUM, say("Set {settings}.", settings="autovacuum = on")),
    ]


async def find(connection: AsyncConnection, role: str) -> list[Finding]:
    """Check everything for the role of workers."""
    version = (await connection.execute(_VERSION)).scalar_one()
    parameters = {"role": role, "version": version}
    results = []
    for check in [*_rights(role), *_settings()]:
        if check.needs_maintain and version < _MAINTAIN_SINCE:
            continue
        obstacle = (await connection.execute(text(check.obstacle), parameters)).scalar()
        results.append(Finding(check.requirement, obstacle or "", check.remedy if obstacle else ""))
    return results
