"""The file of the erasure journal: what it holds, and how a change of it is noticed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from contracts.ids import uuid7
from workers.common.erasure_journal import journal as journal_file
from workers.common.erasure_journal.entries import Entry, Head, Kind
from workers.common.erasure_journal.journal import ErasureJournal, JournalAheadError, JournalError
from workers.common.signing_key import SigningKey

KEY: Final = SigningKey.generate("main")
NOW: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
MANY: Final = 100_000
Edit = Callable[[list[bytes]], list[bytes]]


def entries(count: int) -> list[Entry]:
    """Return deletions of projects."""
    return [Entry(Kind.DELETED, NOW, uuid7(), number) for number in range(1, count + 1)]


def begun(folder: Path, *parts: int) -> tuple[ErasureJournal, Head]:
    """Return a journal to which so many entries were appended each time, and its end."""
    journal = ErasureJournal(folder)
    head = journal.create(Entry(Kind.BEGUN, NOW, site="main"), KEY)
    for count in parts:
        head = journal.append(entries(count), head, KEY)
    return journal, head


def test_what_was_appended_is_read(tmp_path: Path) -> None:
    """A journal gives back its entries behind a place, and its head is the place behind all of them."""
    journal, place = begun(tmp_path / "folder", 2)
    appended = entries(3)
    head = journal.append(appended, place, KEY)
    reading = journal.read(place, {KEY.public_key})
    assert [each.entry._replace(ids=()) for each in reading.entries] == appended
    assert reading.head == journal.head() == head
    assert reading.entries[-1].place == head
    assert head.size == 6
    assert journal.path.stat().st_mode & 0o777 == 0o600


def test_there_is_no_journal_before_it_is_begun(tmp_path: Path) -> None:
    """A missing or an empty file has no head; one that is there is not begun again."""
    journal = ErasureJournal(tmp_path)
    assert journal.head() is None
    journal.path.write_bytes(b"torn")
    assert journal.head() is None
    journal.create(Entry(Kind.BEGUN, NOW, site="main"), KEY)
    with pytest.raises(JournalAheadError):
        journal.create(Entry(Kind.BEGUN, NOW, site="main"), KEY)


@pytest.mark.parametrize(
    "edit, problem, line",
    [
        (lambda lines: [*lines[:2], lines[2].replace(b"deleted", b"expired"), *lines[3:]], journal_file.CHANGED, 3),
        (lambda lines: [*lines[:2], *lines[3:]], journal_file.CHANGED, 3),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], journal_file.CHANGED, 3),
        (lambda lines: [*lines[:2], b"nonsense", *lines[2:]], journal_file.DAMAGED, 3),
        (lambda lines: lines[:3], journal_file.CUT, None),
        (lambda lines: lines[1:2], journal_file.CHANGED, 1),
    ],
    ids=["edited", "removed", "doubled", "inserted", "cut", "without its beginning"],
)
def test_a_changed_journal_is_refused(tmp_path: Path, edit: Edit, problem: str, line: int | None) -> None:
    """A line that was changed, removed or inserted is named; an end that was removed is noticed by the place."""
    journal, place = begun(tmp_path, 1, 1, 3)
    lines = journal.path.read_bytes().splitlines()
    journal.path.write_bytes(b"".join(each + b"\n" for each in edit(lines)))
    with pytest.raises(JournalError) as refused:
        journal.read(place, {KEY.public_key})
    assert refused.value.problem == problem
    assert refused.value.line == line


def test_another_key_is_refused(tmp_path: Path) -> None:
    """Whoever makes the whole journal anew, with a key of his own, is refused; and so is a forged signature."""
    journal, place = begun(tmp_path, 2)
    with pytest.raises(JournalError, match="another key"):
        journal.read(place, {SigningKey.generate("other").public_key})
    text = journal.path.read_bytes()
    journal.path.write_bytes(text[:-8] + b"AAAAA==\n")
    with pytest.raises(JournalError, match="signature"):
        journal.read(place, {KEY.public_key})


def test_the_journal_of_another_system_is_refused(tmp_path: Path) -> None:
    """A journal whose line is not that of the remembered place belongs to another database."""
    _, place = begun(tmp_path / "one", 2)
    other, _ = begun(tmp_path / "other", 3)
    with pytest.raises(JournalError, match="another system"):
        other.read(place, {KEY.public_key})
    with pytest.raises(JournalError):
        other.append(entries(1), place, KEY)


def test_what_a_killed_process_left_counts_for_nothing(tmp_path: Path) -> None:
    """Lines without a signature are not read, and the next append removes them."""
    journal, place = begun(tmp_path, 2)
    whole = journal.path.read_bytes()
    more = journal.append(entries(3), place, KEY)
    torn = journal.path.read_bytes()
    for length in (len(whole) + 1, len(whole) + 200, len(torn) - 1):
        journal.path.write_bytes(torn[:length])
        assert journal.head() == place
        assert journal.read(place, {KEY.public_key}).entries == []
        journal.append(entries(1), place, KEY)
        assert journal.read(place, {KEY.public_key}).unsigned == 0
        journal.path.write_bytes(torn)
    assert journal.head() == more


def test_a_long_journal_is_quick(tmp_path: Path) -> None:
    """The end of a journal of 100,000 entries is known at once, and all of it is verified in a second."""
    journal, place = begun(tmp_path, *[1_000] * (MANY // 1_000))
    since = time.process_time()
    assert journal.head() == place
    looked = time.process_time()
    assert journal.read(place, {KEY.public_key}).head == place
    verified = time.process_time()
    assert looked - since < 0.05
    assert verified - looked < 1
