"""Tampering in every way, by somebody who owns the database: a verification names the first entry, and no other."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import catalogue
from contracts.evidence.checkpoints import Checkpoint
from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import TILE_HASHES, Edge, leaf_hash, root_of
from workers.audit.tamper_evidence.log_verification import Discrepancy, Evidence, Verified, verify

START = datetime(2026, 3, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]


def entry(index: int) -> dict[str, Any]:
    """Return an entry as it was recorded."""
    row: dict[str, Any] = {
        "event_id": UUID(int=index),
        "at": START + timedelta(seconds=index),
        "actor": "olivia",
        "activity": "projects.opened",
        "project_id": UUID(int=index % 7),
        "command_id": None,
        "revision": index,
        "details": {"number": index},
        "log_index": index,
    }
    return {**row, "hash": leaf_hash(leaf_of(row))}


ENTRIES = [entry(index) for index in range(2 * TILE_HASHES + 30)]
HASHES = [row["hash"] for row in ENTRIES]


def evidence(hashes: list[bytes], checkpoints: Iterable[Checkpoint], recorded: int) -> Evidence:
    """Return a tree over hashes as the database has it, and signed checkpoints."""
    edge = Edge()
    tiles = [tile.hashes for tile in edge.append(hashes) if tile.level == 0]
    return Evidence(
        recorded, tiles, edge.levels[0] if edge.levels else [], sorted(checkpoints, key=lambda each: each[1:])
    )


def signed(sizes: Iterable[int]) -> list[Checkpoint]:
    """Return the checkpoints that were signed at these sizes, before anything was changed."""
    return [Checkpoint("log", size, root_of(HASHES[:size])) for size in set(sizes)]


async def verified(rows: Rows, known: Evidence, first: int = 0) -> Verified:
    """Verify rows from a number on, in the order in which a database returns them."""

    async def read() -> AsyncIterator[Mapping[str, Any]]:
        for row in sorted(rows, key=lambda row: (row["log_index"], row["event_id"])):
            if row["log_index"] >= first:
                yield row

    return await verify(read(), known, first=first)


sizes = st.lists(st.integers(1, len(ENTRIES)), max_size=4)
places = st.integers(0, len(ENTRIES) - 2)


@settings(deadline=None)
@given(st.integers(0, len(ENTRIES)), sizes)
async def test_what_nobody_changed_is_intact(count: int, at: list[int]) -> None:
    """A log of any size, with or without checkpoints, has no discrepancy, and is proven up to its last checkpoint."""
    at = [size for size in at if size <= count]
    result = await verified(ENTRIES[:count], evidence(HASHES[:count], signed(at), count))
    assert result == Verified(size=count, signed=max(at, default=0), discrepancies=[])


def tampered(way: str, place: int) -> tuple[Rows, Discrepancy]:
    """Return the entries after somebody changed them, and what a verification has to say first."""
    rows = [dict(row) for row in ENTRIES]
    expected = Discrepancy("changed", place, place)
    if way == "edited":
        rows[place]["actor"] = "oscar"
    elif way == "re-timed":
        rows[place]["at"] += timedelta(microseconds=1)
    elif way == "details":
        rows[place]["details"] = {"number": place, "more": None}
    elif way == "hash":
        rows[place]["hash"] = leaf_hash(b"")
    elif way == "swapped":
        rows[place]["log_index"], rows[place + 1]["log_index"] = place + 1, place
    elif way == "removed":
        del rows[place]
        expected = Discrepancy("removed", place, place)
    elif way == "cut off":
        del rows[place:]
        expected = Discrepancy("removed", place, len(ENTRIES) - 1)
    elif way == "inserted":
        rows.append({**entry(len(ENTRIES)), "log_index": place})
        expected = Discrepancy("doubled", place, place)
    else:
        rows = [{**row, "log_index": index} for index, row in enumerate(rows[:place] + rows[place + 1 :])]
    return rows, expected


WAYS = ["edited", "re-timed", "details", "hash", "swapped", "removed", "cut off", "inserted", "closed up"]


@settings(deadline=None)
@given(st.sampled_from(WAYS), places, sizes)
async def test_changed_entries_are_named(way: str, place: int, at: list[int]) -> None:
    """Without the tree, every way to change entries is expected at its place, also without any checkpoint."""
    rows, expected = tampered(way, place)
    result = await verified(rows, evidence(HASHES, signed(at), len(ENTRIES)))
    assert result.discrepancies[0] == expected


@settings(deadline=None)
@given(st.sampled_from(WAYS), places, sizes)
async def test_recalculated_hashes_do_not_help(way: str, place: int, at: list[int]) -> None:
    """Somebody who also makes the hash of each changed entry anew is expected by the tree."""
    rows, expected = tampered("edited" if way == "hash" else way, place)
    rows = [{**row, "hash": leaf_hash(leaf_of(row))} for row in rows]
    result = await verified(rows, evidence(HASHES, signed(at), len(ENTRIES)))
    assert result.discrepancies[0] == expected


@settings(deadline=None)
@given(st.sampled_from([way for way in WAYS if way not in {"hash", "inserted"}]), places, sizes)
async def test_a_recalculated_tree_is_found_by_a_checkpoint(way: str, place: int, at: list[int]) -> None:
    """Somebody who makes the whole tree anew is expected by the first checkpoint behind the change."""
    at = [*at, len(ENTRIES)]
    rows, _ = tampered(way, place)
    rows = [{**row, "hash": leaf_hash(leaf_of(row))} for row in sorted(rows, key=lambda row: row["log_index"])]
    rows = [{**row, "log_index": index} for index, row in enumerate(rows)]
    result = await verified(rows, evidence([row["hash"] for row in rows], signed(at), len(rows)))
    before, behind = max([size for size in at if size <= place], default=0), min(size for size in at if size > place)
    assert result.signed == before
    first = result.discrepancies[0]
    assert before <= first.first <= first.last <= max(behind, len(ENTRIES)) - 1
    assert first.kind in {"rewritten", "removed"}
    if behind <= len(rows):
        assert first == Discrepancy("rewritten", before, behind - 1)


@settings(deadline=None)
@given(st.integers(1, len(ENTRIES)), sizes, st.integers(0, 1_000))
async def test_checkpoints_that_were_signed_anew_hide_nothing(before: int, at: list[int], seed: int) -> None:
    """Whoever has the site's key signs the tree that was made anew at any sizes: a copy of one of before shows it."""
    place = seed % before
    rows = [{**row, "actor": "oscar"} if row["log_index"] == place else row for row in ENTRIES]
    rows = [{**row, "hash": leaf_hash(leaf_of(row))} for row in rows]
    hashes = [row["hash"] for row in rows]
    forged = [Checkpoint("log", size, root_of(hashes[:size])) for size in {*at, len(ENTRIES)}]
    result = await verified(rows, evidence(hashes, [*forged, *signed([before])], len(rows)))
    [rewritten] = result.discrepancies
    assert rewritten.kind == "rewritten"
    assert rewritten.last == before - 1
    assert result.signed == rewritten.first < before


@settings(deadline=None)
@given(st.integers(0, len(ENTRIES)), st.sampled_from(WAYS), places, sizes)
async def test_a_verification_may_begin_at_a_checkpoint(first: int, way: str, place: int, at: list[int]) -> None:
    """Behind a checkpoint that fits, every change is named as if all had been read; what is before is not looked at."""
    known = evidence(HASHES, signed([*at, first]) if first else signed(at), len(ENTRIES))
    assert await verified(ENTRIES, known, first) == Verified(len(ENTRIES), max([*at, first]), [])
    rows, expected = tampered(way, place)
    result = await verified(rows, known, first)
    if place >= first:
        assert result.discrepancies[0] == expected
    assert all(discrepancy.first >= first for discrepancy in result.discrepancies)


@settings(deadline=None)
@given(places, sizes)
async def test_a_changed_tree_is_not_a_changed_entry(place: int, at: list[int]) -> None:
    """Where entries fit the checkpoints and the tree does not, the tree is what was changed."""
    hashes = [*HASHES[:place], leaf_hash(b""), *HASHES[place + 1 :]]
    result = await verified(ENTRIES, evidence(hashes, signed([*at, len(ENTRIES)]), len(ENTRIES)))
    assert result.discrepancies == [Discrepancy("tree-changed", place, place)]
    assert result.signed == len(ENTRIES)


@pytest.mark.parametrize("name", sorted(catalogue.events()))
def test_no_event_has_a_floating_point_number(name: str) -> None:
    """A leaf is canonical JSON, and no other form than that of whole numbers has to be agreed on."""
    schema = json.dumps(catalogue.events()[name].model_json_schema())
    assert '"type": "number"' not in schema
