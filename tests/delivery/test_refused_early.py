"""A principal without permission is refused before anything costly is done for it, and still exactly once."""

from typing import Any

import pytest

from contracts.ids import uuid7
from contracts.permissions import Node
from tests.delivery.helpers import creation
from tests.delivery.lane_driver import own_lane, stored_command
from tests.support import Site
from workers.runtime.admission import password_redaction

PASSWORD = "correct horse battery"
TRANSACTIONS = "SELECT count(DISTINCT xmin::text) FROM runtime.inbox"


def export(place: int, project_id: str, password: str = PASSWORD, **fields: Any) -> Any:
    """Return an export as it is in a lane, from somebody without a role."""
    body: dict[str, Any] = {"project_id": project_id, "password": password}
    return stored_command(place, tail="projects.export", by="mallory", **fields, **body)


@pytest.fixture
def slow_marks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Everything for which a slow mark was made."""
    results: list[object] = []
    slow = password_redaction.slow_fingerprint

    def record_and_fingerprint(message: Any) -> bytes:
        results.append(message.id)
        return slow(message)

    monkeypatch.setattr(password_redaction, "slow_fingerprint", record_and_fingerprint)
    return results


async def test_a_refused_export_costs_no_slow_digest_and_no_transaction(site: Site, slow_marks: list[object]) -> None:
    """Exports without a role are refused together, in one transaction, without a digest that costs milliseconds."""
    async with own_lane(site) as here:
        outcomes = await here.handle([export(place, str(uuid7())) for place in range(1, 31)])
    assert {outcome["error"]["code"] for outcome in outcomes} == {"permission-denied"}
    assert await site.count("runtime.inbox") == 30
    assert slow_marks == []
    assert await site.sql(TRANSACTIONS) == [(1,)]


async def test_the_mark_of_a_refused_export_says_nothing_of_its_password(site: Site, slow_marks: list[object]) -> None:
    """What is kept of a refused export does not depend on its password, whether its body fits or not."""
    project_id = str(uuid7())
    async with own_lane(site) as here:
        await here.handle([export(1, project_id), export(2, project_id, "another password")])
        await here.handle([export(3, project_id, "short"), export(4, project_id, "brief")])
    marks = [bytes(mark) for (mark,) in await site.sql("SELECT fingerprint FROM runtime.inbox ORDER BY decided_at")]
    assert len(marks) == 4
    assert len(set(marks)) == 1
    assert slow_marks == []


async def test_a_refused_export_is_repeated_and_never_applied(site: Site, slow_marks: list[object]) -> None:
    """Delivered again when its sender may export, a refused export has its first outcome, and not another one."""
    project_id, command_id = str(uuid7()), uuid7()
    async with own_lane(site) as here:
        await here.handle([stored_command(1, **creation(project_id))])
        (first,) = await here.handle([export(2, project_id, command_id=command_id)])
        await site.grant("mallory", {Node.PROJECTS: "manage", Node.EXPORT: "manage"})
        (again,) = await here.handle([export(2, project_id, command_id=command_id)])
        assert await here.handle([export(3, project_id)]) == []
    assert again == first
    assert len(slow_marks) == 1
    assert await site.count("projects.export") == 1


async def test_beyond_the_rate_no_slow_digest_is_made(site: Site, slow_marks: list[object]) -> None:
    """Who repeats an export beyond its rate gets the first outcome without a digest that costs milliseconds."""
    project_id, command_id = str(uuid7()), uuid7()
    await site.grant("mallory", {Node.PROJECTS: "manage", Node.EXPORT: "manage"})
    async with own_lane(site, 2) as here:
        (first,) = await here.handle([export(2, project_id, command_id=command_id)])
        outcomes = await here.handle([export(place, project_id, command_id=command_id) for place in range(3, 33)])
    assert first["error"]["code"] == "gone"
    assert outcomes == [first] * 30
    assert len(slow_marks) == 1 + 9


async def test_a_role_that_is_given_in_a_batch_counts_behind_it(site: Site) -> None:
    """Anyone who is judged in advance is not judged across a command that changes permissions."""
    role: dict[str, Any] = {"role_id": "deputies", "name": "Deputies", "permissions": {"roles": "manage"}}
    other: dict[str, Any] = {"role_id": "others", "name": "Others", "permissions": {}}
    async with own_lane(site, name="administration") as here:
        outcomes = await here.handle(
            [
                stored_command(1, tail="administration.define-role", by="olivia", **other),
                stored_command(2, tail="administration.define-role", **role),
                stored_command(3, tail="administration.assign-role", role_id="deputies", principal="olivia"),
                stored_command(4, tail="administration.define-role", by="olivia", **other),
            ]
        )
    assert [outcome["status"] for outcome in outcomes] == ["rejected", "applied", "applied", "applied"]
