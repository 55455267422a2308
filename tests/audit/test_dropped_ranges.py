"""Tampering behind what retention has dropped: a statement covers its own range of numbers and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.evidence.checkpoints import Checkpoint, NoteError
from contracts.evidence.dropped_entries import DroppedEntries, chain, read_statement, signed_statement
from contracts.evidence.merkle_tree import leaf_hash, root_of
from tests.audit.test_log_verification import (
    ENTRIES,
    HASHES,
    WAYS,
    evidence,
    places,
    signed,
    sizes,
    tampered,
    verified,
)
from workers.audit.tamper_evidence.log_verification import Discrepancy, Evidence, Verified
from workers.common.signing_key import SigningKey, is_signature

BEFORE, AT = datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNT = len(ENTRIES)
HEAD = Checkpoint("log", COUNT, root_of(HASHES))
ends = st.lists(st.integers(1, COUNT), min_size=1, max_size=4, unique=True).map(sorted)


def dropped(ends_of_ranges: Sequence[int], lost: int = 0) -> list[DroppedEntries]:
    """Return the statements of ranges that follow each other; so many entries of the first were not as recorded."""
    first, stated = 0, list[DroppedEntries]()
    for end in ends_of_ranges:
        intact = end - first - (lost if not stated else 0)
        stated.append(DroppedEntries(first, end, intact, BEFORE, AT, HEAD))
        first = end
    return stated


def evidence_of(at: list[int], stated: Sequence[DroppedEntries], hashes: list[bytes] = HASHES) -> Evidence:
    """Return what is known of the log: its tree, its checkpoints with that of the statements, and the statements."""
    return replace(evidence(hashes, signed([*at, COUNT]), COUNT), dropped=chain(stated))


@settings(deadline=None)
@given(ends, sizes)
async def test_what_was_dropped_is_no_discrepancy(ranges: list[int], at: list[int]) -> None:
    """Without the entries of all ranges, the whole log is proven by the hashes that stayed."""
    rows = ENTRIES[ranges[-1] :]
    assert await verified(rows, evidence_of(at, dropped(ranges))) == Verified(COUNT, COUNT, [])
    assert await verified(ENTRIES, evidence_of(at, dropped(ranges))) == Verified(COUNT, COUNT, [])


@settings(deadline=None)
@given(ends, st.sampled_from(WAYS), places, sizes)
async def test_changes_of_what_stayed_are_named(ranges: list[int], way: str, place: int, at: list[int]) -> None:
    """Every way to change entries behind the dropped ones is named as if all were there."""
    rows, expected = tampered(way, place)
    rows = [row for row in rows if row["log_index"] >= ranges[-1]]
    result = await verified(rows, evidence_of(at, dropped(ranges)))
    if place >= ranges[-1]:
        assert result.discrepancies[0] == expected
    assert all(discrepancy.last >= ranges[-1] for discrepancy in result.discrepancies)


@settings(deadline=None)
@given(st.integers(1, COUNT - 1), st.data(), sizes)
async def test_more_than_was_stated_is_removed(end: int, data: st.DataObject, at: list[int]) -> None:
    """Entries that are missing behind the range of the last statement were removed by somebody."""
    more = data.draw(st.integers(1, COUNT - end))
    result = await verified(ENTRIES[end + more :], evidence_of(at, dropped([end])))
    assert result.discrepancies == [Discrepancy("removed", end, end + more - 1)]


@settings(deadline=None)
@given(ends, sizes)
async def test_a_gap_between_statements_covers_nothing(ranges: list[int], at: list[int]) -> None:
    """Without the first statement, those that follow prove nothing: the entries were removed."""
    result = await verified(ENTRIES[ranges[-1] :], evidence_of(at, dropped(ranges)[1:]))
    assert result.discrepancies == [Discrepancy("removed", 0, ranges[-1] - 1)]


@settings(deadline=None)
@given(ends, st.integers(1, 3), sizes)
async def test_what_was_not_as_recorded_stays_evidence_of(ranges: list[int], lost: int, at: list[int]) -> None:
    """A statement that counts fewer intact entries than its range has is reported for ever."""
    result = await verified(ENTRIES[ranges[-1] :], evidence_of(at, dropped(ranges, lost)))
    assert result.discrepancies == [Discrepancy("dropped-changed", 0, ranges[0] - 1)]


@settings(deadline=None)
@given(ends, st.integers(0, COUNT - 1), sizes)
async def test_hashes_of_dropped_entries_cannot_be_changed(ranges: list[int], seed: int, at: list[int]) -> None:
    """The hashes that stay for dropped entries are proven by every checkpoint behind them."""
    place = seed % ranges[-1]
    hashes = [*HASHES[:place], leaf_hash(b""), *HASHES[place + 1 :]]
    result = await verified(ENTRIES[ranges[-1] :], evidence_of(at, dropped(ranges), hashes))
    assert result.discrepancies[0].kind == "rewritten"
    assert result.discrepancies[0].first <= place <= result.discrepancies[0].last


def test_a_statement_is_read_back() -> None:
    """What the key of a log has signed is read as it was written, and nothing else: no other log, key or number."""
    key, other = SigningKey.generate("site"), SigningKey.generate("site")
    [stated] = dropped([7], lost=2)
    note = signed_statement(stated, key.public_key, key.sign_raw)
    assert read_statement(note, "log", key.public_key, is_signature) == stated
    for text, origin, reader in (
        (note, "other", key),
        (note, "log", other),
        (note.replace("\n7\n", "\n8\n"), "log", key),
        (note.replace(f"\n{COUNT} ", f"\n{COUNT - 1} "), "log", key),
        (note.partition("\n\n")[0], "log", key),
        ("", "log", key),
    ):
        with pytest.raises(NoteError):
            read_statement(text, origin, reader.public_key, is_signature)


def test_statements_are_of_old_entries() -> None:
    """The statement has times with their offset, to the microsecond."""
    [stated] = dropped([3])
    later = stated._replace(before=BEFORE + timedelta(microseconds=1))
    assert "2025-03-01T00:00:00.000001+00:00" in later.text
