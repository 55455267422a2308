"""Statements about dropped entries outside the database: whoever owns it cannot lose them."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.message import Store
from tests.audit.publisher import Publisher
from tests.audit.test_log_retention import OLD, drop_to, recorded
from tests.audit.test_tampering import change, verify
from tests.support import Site

STORES = (Store.INCIDENT_MANAGER, Store.LOG_SERVER)


def folder_of(site: Site) -> Path:
    """Return where checkpoints and statements are outside the database."""
    return site.directory / "checkpoints"


async def lose_statements(site: Site, events: Publisher) -> None:
    """Drop old entries of both logs, and let the owner of the database lose the statements about them."""
    running = await recorded(site, events, OLD, OLD, timedelta(0))
    await drop_to(running, folder_of(site))
    change(site, Store.INCIDENT_MANAGER, "DELETE FROM audit.dropped")


async def test_statements_outlive_the_database(site: Site, events: Publisher) -> None:
    """With the copies, nothing is missing; without them, the dropped entries were removed."""
    await lose_statements(site, events)
    ended = await verify(site, "--checkpoints", folder_of(site))
    assert ended.status == 0
    assert ended.err == ""
    assert ended.out.count("2 entries before ") == 2
    for store in STORES:
        (folder_of(site) / f"{store}.dropped").unlink()
    ended = await verify(site, "--checkpoints", folder_of(site))
    assert ended.status == 1
    assert "entries 0 to 1: removed" in ended.out


@pytest.mark.parametrize("old, new", [("\n2\n2\n", "\n3\n3\n"), ("\u2014 ", "\u2014 x")])
async def test_an_edited_copy_does_not_count(site: Site, events: Publisher, old: str, new: str) -> None:
    """A copy that says more than was signed, or that another key signed, excuses nothing."""
    await lose_statements(site, events)
    path = folder_of(site) / "incident_manager.dropped"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert (await verify(site, "--checkpoints", folder_of(site))).status == 1


async def test_a_copy_that_was_cut_off_is_made_again(site: Site, events: Publisher) -> None:
    """What a crash has cut off is written again in the next pass, and once."""
    running = await recorded(site, events, OLD, OLD, timedelta(0))
    await drop_to(running, folder_of(site))
    path = folder_of(site) / "incident_manager.dropped"
    whole = path.read_text("utf-8")
    path.write_text(whole[:-40], "utf-8")
    for _ in range(2):
        await drop_to(running, folder_of(site))
    assert path.read_text("utf-8") == whole[:-40] + whole
    change(site, Store.INCIDENT_MANAGER, "DELETE FROM audit.dropped")
    assert (await verify(site, "--checkpoints", folder_of(site))).status == 0
