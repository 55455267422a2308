"""Sweeps while the clock is doubted."""

from tests.retention.conftest import Fill
from tests.support import Site, eventually


async def test_nothing_is_swept_by_a_clock_that_jumped(site: Site, fill: Fill) -> None:
    """Neither the schedule nor a person's wish deletes by a doubted clock, and the person learns why and what to do."""
    await site.worker("projects")
    await fill(3, days=8)
    await site.sql("UPDATE runtime.clock SET believed_at = now() - interval '100 days'")
    running = await site.worker("retention", sweep_seconds=0.1)
    outcome = await (await site.caller()).send("retention.sweep", "-", {})
    assert outcome["status"] == "rejected"
    assert outcome["error"]["code"] == "unavailable"
    assert "check the clock" in outcome["error"]["details"]["fields"][0]["reason"]
    await site.sql("UPDATE runtime.clock SET believed_at = now()")

    async def are_swept() -> bool:
        return await site.count("projects.project") == 0

    assert await site.count("projects.project") == 3
    await eventually(are_swept)
    assert running.ready
