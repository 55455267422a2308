"""A tree that stands still is seen: in figures, in the status, and by the findings of `incidents status`."""

from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.message import Store
from contracts.projects.commands import ProjectDeleted
from tests.audit.publisher import open_publisher
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.support import Site, eventually
from tests.support.figures import figures_of
from workers.audit.tamper_evidence import tree_state

LOGS = [store.value for store in Store]
GROWN = "UPDATE audit.log SET size = 7; UPDATE audit.tree SET size = 7"
SIGNED = "INSERT INTO audit.checkpoint SELECT store, 7, now() - interval '{} seconds', 'note' FROM audit.log"
ATTESTED = "INSERT INTO audit.attestation SELECT store, 7, 'w', 'cosignature', now(), 'line' FROM audit.log"
MORE = "UPDATE audit.log SET size = 9; UPDATE audit.tree SET size = 9"
STATES = {
    "nothing recorded": ("SELECT 1", 0, 0, 0),
    "not in the tree": ("UPDATE audit.log SET size = 7", 7, 1, 0),
    "not signed": ("UPDATE audit.log SET size = 7; UPDATE audit.tree SET size = 7", 0, 1, 0),
    "not attested": (
        f"{GROWN}; {SIGNED.format(90)}",
        0, 0, 90,
    ),
    "late again": (
        f"{GROWN}; {SIGNED.format(200)}; {ATTESTED}; {MORE}",
        0, 200, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("statements, waiting, unsigned, unattested", STATES.values(), ids=STATES)
async def test_what_is_behind_has_an_age(
    site: Site, statements: str, waiting: int, unsigned: int, unattested: int
) -> None:
    """Entries outside the tree are counted, and what waits for a signature or a witness has an age; 0 means nothing."""
    await site.sql("INSERT INTO audit.witness VALUES ('w', 'cosignature')")
    for statement in statements.split(";"):
        await site.sql(statement)
    async with site.engine.connect() as connection:
        figures = {figure.key: figure.value for figure in await tree_state.figures(connection)}
    for log in LOGS:
        assert figures[f'log_tree_waiting_entries{{log="{log}"}}'] == waiting
        assert figures[f'checkpoint_late_seconds{{log="{log}"}}'] >= unsigned
        assert bool(unsigned) == bool(figures[f'checkpoint_late_seconds{{log="{log}"}}'])
        late = figures.get(f'witness_late_seconds{{log="{log}",witness="w"}}', 0)
        assert late >= unattested
        assert bool(late) == bool(unattested)


async def test_a_process_shows_them(site: Site) -> None:
    """Without a key no checkpoint is signed: the page of the process, its heartbeat and the status say so."""
    running = await site.worker("audit", signing_key=site.directory / "none")
    events = await open_publisher(site)
    await events.publish(ProjectDeleted(project_id=uuid7(), number=1))

    async def is_shown() -> bool:
        samples = await figures_of(running)
        waiting = [samples[f'incidents_log_tree_waiting_entries{{log="{log}"}}'] for log in LOGS]
        late = [samples[f'incidents_checkpoint_late_seconds{{log="{log}"}}'] for log in LOGS]
        return waiting == [0, 0] and min(late) > 0

    await eventually(is_shown)
    await site.sql("INSERT INTO audit.witness VALUES ('w', 'cosignature', now(), 'it answered with status 500')")
    ended = await incidents("status", environment=environment(site, "ops", "ops"))
    assert "2 entries are not signed yet" in ended.out, ended
    document = (await incidents("status", "--json", environment=environment(site, "ops", "ops"))).json
    [process] = document["processes"]
    logs: list[dict[str, Any]] = process["log_trees"]
    assert [(log["recorded"], log["in_tree"], log["signed"]) for log in logs] == [(1, 1, 0)] * 2
    assert 'checkpoint_late_seconds{log="log_server"}' in process["figures"]
