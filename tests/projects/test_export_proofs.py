"""The activity in a package is proven: every entry is in the log of the site, at a state that it has signed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import leaf_hash
from contracts.evidence.packaged_activity import ENTRIES, LOG_KEY, PROOFS, read_entries
from contracts.evidence.tlog_proofs import HEADER
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject, UpdateProject
from contracts.projects.exports import ExportProject
from contracts.projects.parts import AddComment
from incidents.evidence.findings import Verification
from incidents.evidence.verification import verify
from tests.projects.helpers import Operator
from tests.projects.packages import fetch, read_json, unzip
from tests.support import Site, eventually
from workers.common.signing_key import FILE_NAME, SigningKey
from workers.runtime.storage import log_proofs

pytestmark = pytest.mark.usefixtures("reports")

HOUR = 3600


def has_log_hash(recorded_entry: dict[str, Any]) -> bool:
    """Tell whether an entry is read as one that the log can have."""
    [entry] = read_entries("data/activity.json", json.dumps({"items": [recorded_entry]}).encode())
    return entry.log_hash is not None


async def recorded(site: Site, count: int) -> None:
    """Wait until audit has recorded so many entries of projects."""

    async def are_there() -> bool:
        return await site.count("audit.activity") >= count

    await eventually(are_there)


async def grown(site: Site, count: int) -> None:
    """Wait until so many entries are in the tree of the log, so that only a request has its state signed."""

    async def are_there() -> bool:
        return await site.sql("SELECT size FROM audit.tree WHERE store = 'incident_manager'") == [(count,)]

    await eventually(are_there)


async def exported(operator: Operator, *include: Any, **fields: Any) -> bytes:
    """Export a project and return its package."""
    command = ExportProject(project_id=operator.project_id, include=list(include), **fields)
    return await fetch(operator.client, (await operator.send(command)).package)


def verified(site: Site, package: bytes) -> Verification:
    """Verify a package with the key of the site."""
    return verify(package, SigningKey.read(site.directory / "keys" / FILE_NAME).fingerprint)


def counts(site: Site, package: bytes) -> tuple[int, int, int]:
    """Return how many entries a verified package has, how many are proven, and how many of these in part."""
    result = verified(site, package)
    assert result.findings == []
    assert result.activity is not None
    activity = result.activity
    return activity.entries, activity.proven, activity.partial


def items_of(package: bytes) -> list[dict[str, Any]]:
    """Return the entries in a package."""
    items: list[dict[str, Any]] = read_json(unzip(package), "activity.json")["items"]
    return items


async def test_every_entry_in_a_package_is_proven(operator: Operator, site: Site) -> None:
    """With names, entries are leaves of the log; each has a proof, in the order of their places."""
    await site.worker("audit", checkpoint_seconds=HOUR)
    await operator.send(UpdateProject(project_id=operator.project_id, description="Changed."))
    await recorded(site, 2)
    package = await exported(operator, "activity", "user-names")
    assert counts(site, package) == (2, 2, 0)
    assert [(entry["activity"], entry["log_index"]) for entry in items_of(package)] == [
        ("projects.updated", 1),
        ("projects.created", 0),
    ]
    files = unzip(package)
    assert files[PROOFS].decode().count(HEADER) == 2
    assert {ENTRIES, LOG_KEY} < files.keys()
    assert all(name in files["README.txt"].decode() for name in (PROOFS, ENTRIES, LOG_KEY))


async def test_values_are_beside_their_entries(operator: Operator, site: Site) -> None:
    """A package has the values of its entries with the salts of their hashes, and a value that was changed is named."""
    await site.sql("UPDATE administration.settings SET retention_days = 183")  # otherwise logs have no values
    await site.worker("audit", checkpoint_seconds=HOUR)
    await operator.send(UpdateProject(project_id=operator.project_id, start_time=datetime(2026, 3, 1, tzinfo=UTC)))
    await recorded(site, 2)
    package = await exported(operator, "activity", "user-names")
    assert counts(site, package) == (2, 2, 0)
    updated = items_of(package)[0]
    change = {"start_time": {"old": None, "new": "2026-03-01T00:00:00+00:00"}}
    assert updated["values"] == {"changed": change}
    assert updated["details"]["changed"] == {"start_time": {"old": None, "new": None}}
    assert [has_log_hash(updated | {"values": {"changed": values}}) for values in (change, {})] == [True, False]
    partial = await exported(operator, "activity")
    assert updated["values"] in [entry["details"] for entry in items_of(partial)]


async def test_an_export_causes_a_checkpoint(operator: Operator, site: Site) -> None:
    """Entries younger than the last signed state are proven, too: the log is signed when a package needs it."""
    await site.worker("audit", checkpoint_seconds=HOUR)
    await recorded(site, 1)
    assert counts(site, await exported(operator, "activity")) == (1, 1, 1)
    await operator.send(AddComment(project_id=operator.project_id, comment_id=uuid7(), text="Later."))
    await grown(site, 4)  # the export and its download are two of them
    assert await site.sql("SELECT max(size) < 4 FROM audit.checkpoint WHERE store = 'incident_manager'") == [(True,)]
    assert counts(site, await exported(operator, "activity")) == (4, 4, 4)
    sizes = await site.sql("SELECT size FROM audit.checkpoint WHERE store = 'incident_manager' ORDER BY size")
    assert [size for (size,) in sizes][-1] >= 4
    assert await site.count("projects.export_entry") == 0


async def test_nothing_is_signed_that_no_package_needs(operator: Operator, site: Site) -> None:
    """An export without activity leaves the pause between two signed states as it is."""
    await site.worker("audit", checkpoint_seconds=HOUR)
    signed = "SELECT size FROM audit.checkpoint WHERE store = 'incident_manager'"

    async def is_signed() -> bool:
        return await site.sql(signed) == [(1,)]

    await eventually(is_signed)
    package = await exported(operator, "comments")
    assert not {PROOFS, ENTRIES, LOG_KEY} & unzip(package).keys()
    assert verified(site, package).activity is None
    assert await site.sql(signed) == [(1,)]


async def test_without_names_the_places_are_proven(operator: Operator, site: Site) -> None:
    """An entry whose actor is not named has the hash of its leaf, and no id that would let somebody guess the name."""
    await site.worker("audit")
    await recorded(site, 1)
    package = await exported(operator, "activity")
    assert counts(site, package) == (1, 1, 1)
    [entry] = items_of(package)
    [(at, event_id)] = await site.sql("SELECT at, event_id FROM audit.activity WHERE log_index = 0")
    assert entry["actor"] == ""
    assert "event_id" not in entry
    assert len(entry["leaf_hash"]) == 64
    assert entry["at"] == f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    assert not [name for name, content in unzip(package).items() if str(event_id).encode() in content]


async def test_a_package_of_several_projects_has_one_file_of_proofs(operator: Operator, site: Site) -> None:
    """Entries of all projects are proven by the same state of the log."""
    await site.worker("audit")
    other = uuid7()
    await operator.send(CreateProject(project_id=other))
    await recorded(site, 2)
    ids = [operator.project_id, other]
    response = await operator.send(ExportProject(project_ids=ids, include=["activity", "user-names"]))
    package = await fetch(operator.client, response.package)
    assert counts(site, package) == (2, 2, 0)
    assert [name for name in unzip(package) if name.endswith(".tlog-proofs")] == [PROOFS]


async def test_without_a_signed_state_the_package_says_so(
    operator: Operator, site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """If audit signs nothing, the package is made all the same: its entries have no proof, which is no change."""
    monkeypatch.setattr(log_proofs, "CHECKPOINT_SECONDS_MAX", 0.5)
    await site.worker("audit", signing_key=site.directory / "none")
    await recorded(site, 1)
    package = await exported(operator, "activity", "user-names")
    assert counts(site, package) == (1, 0, 0)
    assert PROOFS not in unzip(package)
    assert "package_entries_not_proven" in capfd.readouterr().out


async def test_an_entry_that_was_changed_in_the_database_is_found_outside(operator: Operator, site: Site) -> None:
    """Whoever changes the log before an export makes a package whose recipients see it, with names and without."""
    await site.worker("audit")
    await recorded(site, 1)
    with psycopg.connect(site.database_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE audit.activity SET at = at + interval '1 microsecond' WHERE log_index = 0")
    for include in (["activity", "user-names"], ["activity"]):
        result = verified(site, await exported(operator, *include))
        named = [(finding.kind, finding.name, finding.log_index) for finding in result.findings]
        assert named[-1:] == [("entry-not-logged", "data/activity.json", 0)], named


def entries(project_id: UUID, first: int, count: int) -> list[tuple[Any, ...]]:
    """Return entries of a project that was viewed very often."""
    now = datetime.now(UTC)
    rows = [
        {
            "event_id": uuid7(),
            "at": now + timedelta(milliseconds=place),
            "actor": "olivia",
            "activity": "projects.opened",
            "project_id": project_id,
            "command_id": None,
            "revision": None,
            "details": {"number": 1},
        }
        for place in range(count)
    ]
    return [
        (
            *(json.dumps(value) if name == "details" else value for name, value in row.items()),
            first + place,
            leaf_hash(leaf_of(row)),
        )
        for place, row in enumerate(rows)
    ]


async def test_thousands_of_entries_are_proven(operator: Operator, site: Site) -> None:
    """Proofs reach over several tiles, and each page of them is made from the tiles that it needs."""
    await site.worker("audit", checkpoint_seconds=HOUR)
    await recorded(site, 1)
    with psycopg.connect(site.database_url, autocommit=True) as owner, owner.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO audit.activity (event_id, at, actor, activity, project_id, command_id, revision, details, "
            "log_index, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            entries(operator.project_id, 1, 2_500),
        )
        cursor.execute("UPDATE audit.log SET size = 2501 WHERE store = 'incident_manager'")
    result = verified(site, await exported(operator, "activity", "user-names"))
    assert result.findings == []
    assert (result.activity and (result.activity.entries, result.activity.proven)) == (2501, 2501)
