"""The erasure journal of a running site: what reaches it, and what a restored database erases again."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from contracts.audit import ProjectActivity
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.projects.queries import GetProject
from contracts.retention import Sweep
from incidents import Client, Refused
from tests.privacy.restored import copied, restored
from tests.retention.conftest import Fill
from tests.retention.conftest import fill as fill  # noqa: PLC0414 - a fixture
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.common.erasure_journal.entries import Entry
from workers.common.erasure_journal.journal import ErasureJournal
from workers.common.signing_key import FILE_NAME, SigningKey
from workers.local.run_worker import slice_of
from workers.local.supervision import http_fetch
from workers.runtime.process.assembly import run_here

KILLS: Final = 4
AT_ONCE: Final = 40


def key_of(site: Site) -> SigningKey:
    """Return the key that signs the journal."""
    return SigningKey.read(site.directory / "keys" / FILE_NAME)


def recorded(site: Site, folder: Path) -> list[Entry]:
    """Return the entries of a journal, verified."""
    journal = ErasureJournal(folder)
    if journal.head() is None:
        return []
    return [each.entry for each in journal.read(None, {key_of(site).public_key}).entries]


async def require_recorded(site: Site, folder: Path, kinds: dict[UUID, str]) -> None:
    """Wait until the journal has these projects, each once, and nothing waits for it."""

    async def are_recorded() -> bool:
        return not await site.count("runtime.erasure") and len(recorded(site, folder)) > len(kinds)

    await eventually(are_recorded, within=30)
    begun, *others = recorded(site, folder)
    assert begun.kind == "begun"
    assert begun.site == site.name
    assert {each.project_id: each.kind for each in others} == kinds
    assert len(others) == len(kinds)


async def created(client: Client, count: int = 1) -> list[UUID]:
    """Create projects."""
    ids = [uuid7() for _ in range(count)]
    for project_id in ids:
        await client.send(CreateProject(project_id=project_id, description="A bag"))
    return ids


async def test_every_erasure_is_recorded(site: Site, fill: Fill, tmp_path: Path) -> None:
    """What was deleted by hand and by a sweep is in the journal once, with its number and its time."""
    folder = tmp_path / "erasures"
    await site.worker("projects", erasures=folder)
    await site.worker("retention")
    client = await site.client()
    expired = await fill(3, days=30)
    [by_hand] = await created(client)
    await client.send(DeleteProject(project_id=by_hand))
    await client.send(Sweep())
    await require_recorded(site, folder, {by_hand: "deleted", **dict.fromkeys(expired, "expired")})
    known = {row.project_id: (row.number, row.deleted_at) for row in await site.sql("SELECT * FROM projects.tombstone")}
    assert {each.project_id: (each.number, each.erased_at) for each in recorded(site, folder)[1:]} == known


async def test_a_killed_process_loses_and_doubles_nothing(site: Site, tmp_path: Path) -> None:
    """Whenever the process that writes is killed, each erased project is in the journal, and once."""
    folder, erased = tmp_path / "erasures", list[UUID]()
    client = await site.client()
    for kill in range(KILLS):
        async with worker_process(site, "projects", erasures=folder) as process:
            ids = await created(client, AT_ONCE)
            for project_id in ids:
                await client.submit(DeleteProject(project_id=project_id))
            erased += ids

            async def went_on(least: int = kill * AT_ONCE + 1) -> bool:
                return len(recorded(site, folder)) > least

            await eventually(went_on, within=30)
            await process.kill()
    await site.worker("projects", erasures=folder)
    await require_recorded(site, folder, dict.fromkeys(erased, "deleted"))


async def erased_after_a_copy(site: Site, folder: Path, fill: Fill) -> tuple[str, UUID, dict[UUID, str]]:
    """Create projects, copy the database, and erase some; return the copy, what stays, and what was erased how."""
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        client = await site.client()
        expired = await fill(2, days=30)
        other, by_hand, before = await created(client, 3)
        await client.send(DeleteProject(project_id=before))
        await require_recorded(site, folder, {before: "deleted"})
    older = await copied(site)
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        await site.worker("retention")
        [later] = await created(client)
        for project_id in (by_hand, later):
            await client.send(DeleteProject(project_id=project_id))
        await client.send(Sweep())
        erased = {by_hand: "deleted", later: "deleted", **dict.fromkeys(expired, "expired")}
        await require_recorded(site, folder, {before: "deleted", **erased})
    return older, other, erased


async def test_a_restored_database_forgets_again(site: Site, fill: Fill, tmp_path: Path) -> None:
    """What was erased since a backup is erased again before anything is answered; the activity says so."""
    folder = tmp_path / "erasures"
    older, other, erased = await erased_after_a_copy(site, folder, fill)
    async with restored(site, older) as back:
        await back.worker("projects", erasures=folder)
        assert {row.id for row in await back.sql("SELECT id FROM projects.project")} == {other}
        await back.worker("audit", erasures=folder)
        client = await back.client()
        assert (await client.ask(GetProject(project_id=other))).project_id == other
        for project_id in erased:
            with pytest.raises(Refused) as gone:
                await client.ask(GetProject(project_id=project_id))
            assert gone.value.error.code is Code.GONE
        await require_told(back, client, erased)
        head = ErasureJournal(folder).head()
        assert head
        assert [row.size for row in await back.sql("SELECT size FROM runtime.erasure_journal")] == [head.size]


async def require_told(back: Site, client: Client, erased: dict[UUID, str]) -> None:
    """Find the second deletion of each project that was there, by `system`, with the time of the first."""
    was_there = [project_id for project_id in erased if await history_of(back, project_id)]
    assert len(was_there) == len(erased) - 1

    async def are_told() -> list[Any]:
        answers = [await client.ask(ProjectActivity(project_id=project_id)) for project_id in was_there]
        entries = [entry for answer in answers for entry in answer.items if entry.activity == "projects.deleted"]
        return entries if len(entries) == len(was_there) else []

    first = {row.project_id: row.deleted_at for row in await back.sql("SELECT * FROM projects.tombstone")}
    for entry in await eventually(are_told):
        assert entry.project_id
        assert entry.actor == "system"
        assert entry.details["first_erased_at"] == first[entry.project_id].isoformat().replace("+00:00", "Z")
        assert entry.details.get("expired", False) == (erased[entry.project_id] == "expired")


async def history_of(back: Site, project_id: UUID) -> list[Any]:
    """Return whether a database has ever known a project: the outbox has its events."""
    return await back.sql("SELECT 1 FROM runtime.inbox WHERE outcome LIKE :id LIMIT 1", id=f"%{project_id}%")


async def test_a_repeated_creation_does_not_bring_it_back(site: Site, fill: Fill, tmp_path: Path) -> None:
    """A project that the restored database has never known, and that was erased, is not created again."""
    folder = tmp_path / "erasures"
    older, _, erased = await erased_after_a_copy(site, folder, fill)
    async with restored(site, older) as back:
        await back.worker("projects", erasures=folder)
        client = await back.client()
        for project_id in erased:
            with pytest.raises(Refused) as gone:
                await client.send(CreateProject(project_id=project_id))
            assert gone.value.error.code is Code.GONE


async def test_nothing_happens_where_nothing_is_to_do(site: Site, tmp_path: Path) -> None:
    """A start with a journal that the database knows completely writes nothing and reads its last line alone."""
    folder = tmp_path / "erasures"
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        client = await site.client()
        [project_id] = await created(client)
        await client.send(DeleteProject(project_id=project_id))
        await require_recorded(site, folder, {project_id: "deleted"})
    before = (folder / "erasures.journal").read_bytes()
    with capture_logs() as logs:
        await site.worker("projects", erasures=folder)
    assert (folder / "erasures.journal").read_bytes() == before
    assert not [line for line in logs if line["event"].startswith(("erasure", "projects_erased"))]


async def test_a_journal_ahead_of_its_database_is_no_second_erasure(site: Site, tmp_path: Path) -> None:
    """A process that was killed behind the sync and before its commit: the next one records nothing twice."""
    folder = tmp_path / "erasures"
    project_id = await recorded_erasure(site, folder)
    await site.sql("UPDATE runtime.erasure_journal SET size = 1, chain = :chain", chain=first_chain(folder))
    await site.sql(
        "INSERT INTO runtime.erasure (kind, project_id, number, erased_at)"
        " SELECT 'deleted', project_id, number, deleted_at FROM projects.tombstone"
    )
    await site.worker("projects", erasures=folder)
    await require_recorded(site, folder, {project_id: "deleted"})


async def recorded_erasure(site: Site, folder: Path) -> UUID:
    """Erase a project while a process keeps the journal, and end the process."""
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        client = await site.client()
        [project_id] = await created(client)
        await client.send(DeleteProject(project_id=project_id))
        await require_recorded(site, folder, {project_id: "deleted"})
    return project_id


def first_chain(folder: Path) -> bytes:
    """Return the chain of the first line of a journal."""
    with (folder / "erasures.journal").open("rb") as file:
        return bytes.fromhex(file.readline().split(b"\t")[1].decode())


@pytest.mark.parametrize("damage", ["cut", "missing", "not set"])
async def test_nothing_is_answered_with_a_journal_that_is_refused(site: Site, tmp_path: Path, damage: str) -> None:
    """With a journal that was cut, is missing or is not named, no worker serves, and the log says why."""
    folder = tmp_path / "erasures"
    await recorded_erasure(site, folder)
    path = folder / "erasures.journal"
    if damage == "cut":
        path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    elif damage == "missing":
        path.unlink()
    changed = {} if damage == "not set" else {"erasures": folder}
    async with (
        worker_process(site, "projects", **changed) as process,
        worker_process(site, "reports", **changed) as other,
    ):
        await eventually(lambda: has_logged(site, "projects", "erasure_journal_refused"))
        assert (await http_fetch.fetch(process.port, "/ready"))[0] != http_fetch.OK
        if changed:
            await eventually(lambda: has_logged(site, "reports", "waiting_for_erasures"))
            assert (await http_fetch.fetch(other.port, "/ready"))[0] != http_fetch.OK


async def has_logged(site: Site, worker: str, event: str) -> bool:
    """Tell whether a process has logged an event."""
    return any(event in path.read_text() for path in (site.directory / "logs").glob(f"{worker}*"))


async def test_a_new_key_is_no_obstacle(site: Site, tmp_path: Path) -> None:
    """After a rotation the database remembers the key that signed the journal, and the next entry has the new one."""
    folder = tmp_path / "erasures"
    await recorded_erasure(site, folder)
    older = await copied(site)
    async with run_here(slice_of("projects"), site.settings("projects", erasures=folder)):
        client = await site.client()
        [project_id] = await created(client)
        await client.send(DeleteProject(project_id=project_id))
        await eventually(lambda: is_recorded(site, folder, 3))
    async with restored(site, older) as back:
        (back.directory / "keys" / FILE_NAME).write_text(SigningKey.generate("new").text())
        await back.worker("projects", erasures=folder)
        [another] = await created(await back.client())
        await (await back.client()).send(DeleteProject(project_id=another))
        await eventually(lambda: is_recorded(back, folder, 4))


async def is_recorded(site: Site, folder: Path, lines: int) -> bool:
    """Tell whether a journal has so many lines, the last of which the key of a site has signed."""
    head = ErasureJournal(folder).head()
    return bool(head and (head.size, head.key) == (lines, key_of(site).public_key))


async def test_a_cleanup_is_not_done_before_the_journal_has_it(site: Site, tmp_path: Path) -> None:
    """While the journal cannot be written, no clean-up is said to be complete, and the figures show what waits."""
    folder = tmp_path / "erasures"
    await recorded_erasure(site, folder)
    running = await site.worker("projects", erasures=folder)
    path = folder / "erasures.journal"
    path.rename(tmp_path / "aside")
    client = await site.client()
    [project_id] = await created(client)
    await client.send(DeleteProject(project_id=project_id))
    await site.worker("retention", erasure_seconds=0.1)

    async def is_late() -> bool:
        figures = {figure.key: figure.value for figure in await running.backlog.read()}
        return figures["erasure_journal_waiting_entries"] == 1 and figures["erasure_journal_late_seconds"] > 3

    await eventually(is_late)
    assert await site.count("retention.last_erasure") == 0
    (tmp_path / "aside").rename(path)

    async def is_done() -> bool:
        return await site.count("retention.last_erasure") == 1

    await eventually(is_done)
    assert await site.count("runtime.erasure") == 0
