"""Asking what a retention time would delete."""

import pytest

from contracts.errors import Code
from contracts.retention import PreviewRetention
from incidents import Refused
from tests.retention.conftest import Fill
from tests.support import Site


async def test_preview_tells_and_deletes_nothing(site: Site, fill: Fill) -> None:
    """A preview says how many projects a retention time would delete, and they all stay (AMB-6)."""
    await site.workers("projects", "retention")
    await fill(3, days=5)
    await fill(2, days=9)
    await fill(1, days=9, exempt=True)
    client = await site.client()
    assert (await client.ask(PreviewRetention())).due == 2
    assert (await client.ask(PreviewRetention(retention_days=4))).due == 5
    assert (await client.ask(PreviewRetention(retention_days=365_000))).due == 0
    assert await site.count("projects.project") == 6


async def test_preview_names_the_setting(site: Site) -> None:
    """Without a retention time, the one that is set counts."""
    await site.worker("retention")
    await site.sql("UPDATE administration.settings SET retention_days = 30")
    assert (await (await site.client()).ask(PreviewRetention())).retention_days == 30


async def test_preview_needs_its_permission(site: Site) -> None:
    """A principal who may not see retention gets no preview."""
    await site.worker("retention")
    with pytest.raises(Refused) as refusal:
        await (await site.client("nobody")).ask(PreviewRetention())
    assert refusal.value.code is Code.NOT_AVAILABLE
