"""The doctor names what stands in the way of a complete erasure, and what to do about it."""

import json

import pytest

from tests.client.command_line import incidents
from tests.local.test_lanes_command import variables
from tests.support import Site

ANALYSED = """
    ALTER TABLE projects.project ALTER description SET STATISTICS 100;
    ANALYZE projects.project;
    ALTER TABLE projects.project ALTER description SET STATISTICS 0
"""
COLUMNS = (
    "id, number, revision, description, created_by, created_at, updated_by, updated_at, imported, retention_exempt"
)
ROWS = "gen_random_uuid(), n, 1, 'okapi', 'ann', now(), 'ann', now(), false, false"
CASES = [
    ("REVOKE MAINTAIN ON projects.comment FROM incidents_app", "projects.comment", "Run `incidents migrate`."),
    (
        "REVOKE EXECUTE ON FUNCTION pg_switch_wal() FROM incidents_app",
        "pg_switch_wal()",
        "GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_ls_waldir() TO incidents_app;",
    ),
    (
        "REVOKE MAINTAIN ON pg_catalog.pg_statistic FROM incidents_app",
        "pg_statistic",
        "GRANT MAINTAIN ON pg_catalog.pg_statistic TO incidents_app;",
    ),
    (ANALYSED, "projects.project.description", "DELETE FROM pg_statistic"),
]


async def test_an_embedded_server_has_nothing_in_the_way(site: Site) -> None:
    """What `incidents up` configures is what a complete erasure needs."""
    ended = await incidents("doctor", "--json", environment=variables(site))
    assert [result for result in json.loads(ended.out) if result["obstacle"]] == []
    assert ended.status == 0


@pytest.mark.parametrize("statement,obstacle,remedy", CASES, ids=["tables", "log", "statistics", "words"])
async def test_an_obstacle_is_named_with_its_remedy(site: Site, statement: str, obstacle: str, remedy: str) -> None:
    """A missing right, or a statistic of words, is named, and the line to type for it."""
    await site.sql(f"INSERT INTO projects.project ({COLUMNS}) SELECT {ROWS} FROM generate_series(1, 50) n")  # noqa: S608 - names of columns
    for part in statement.split(";"):
        await site.sql(part)
    ended = await incidents("doctor", "--json", environment=variables(site))
    results = [result for result in json.loads(ended.out) if result["obstacle"]]
    assert [result["obstacle"] for result in results] == [obstacle]
    assert remedy in results[0]["remedy"]
    assert ended.status == 1


async def test_it_speaks_french(site: Site) -> None:
    """Each requirement is a sentence in the language of the reader."""
    ended = await incidents("doctor", "--lang", "fr", environment=variables(site))
    assert ended.status == 0
    assert ended.out.count("✓") == 10
    assert "Autovacuum fonctionne" in ended.out
