"""The command line of lanes: it says what it did, and refuses what cannot be."""

import json
from pathlib import Path

import pytest

from tests.client.command_line import incidents
from tests.support import Site


def variables(site: Site) -> dict[str, str]:
    """Return what names the database of a site."""
    return {"INCIDENTS_DATABASE_URL": str(site.settings("projects").database_url)}


async def test_lanes_are_split_and_shown(site: Site) -> None:
    """A split says how many lanes there were and are, and the list of lanes says the same."""
    done = await incidents("lanes", "split", "projects", environment=variables(site))
    assert done.status == 0
    assert "The 8 lanes of projects were split: it has 16 now." in done.out
    done = await incidents("lanes", "split", "projects", "--into", "64", "--json", environment=variables(site))
    assert json.loads(done.out) == {"worker": "projects", "before": 16, "after": 64}
    shown = await incidents("lanes", "show", "--json", environment=variables(site))
    assert json.loads(shown.out) == {"projects": 64, "administration": 8, "reports": 8, "retention": 8}


@pytest.mark.parametrize(
    "line,status,words",
    [
        (("audit",), 2, "audit is not a worker that takes commands. Choose one of projects"),
        (("projects", "--into", "12"), 2, "12"),
        (("projects", "--into", "16"), 1, "projects has 32 lanes already, and lanes cannot be joined. Choose a larger"),
    ],
    ids=["audit", "a number in between", "fewer"],
)
async def test_what_cannot_be_is_refused(site: Site, line: tuple[str, ...], status: int, words: str) -> None:
    """A mistake is explained in a sentence, and changes nothing."""
    await incidents("lanes", "split", "projects", "--into", "32", environment=variables(site))
    ended = await incidents("lanes", "split", *line, environment=variables(site))
    assert ended.status == status
    assert ended.out == ""
    assert words in " ".join(ended.err.split())
    assert await site.sql("SELECT DISTINCT lanes FROM runtime.lane") == [(32,)]


async def test_it_says_in_french_that_no_system_runs(tmp_path: Path) -> None:
    """Without a variable that names a database, a system must run in the data directory."""
    ended = await incidents("lanes", "split", "projects", "--data", tmp_path, "--lang", "fr")
    assert ended.status == 3
    assert "aucun système ne fonctionne ici" in ended.err


async def test_a_database_that_is_away_is_named() -> None:
    """The sentence names the variable, and not the password."""
    away = {"INCIDENTS_DATABASE_URL": "postgresql://im:secret@127.0.0.1:1/incident_manager"}
    ended = await incidents("lanes", "show", environment=away)
    assert ended.status == 3
    assert "secret" not in ended.err
    assert "INCIDENTS_DATABASE_URL" in ended.err
