"""What a process has committed leaves from memory only if nothing is missing before it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workers.runtime.bus.outbox import ROWS_IN_MEMORY_MAX, Committed, CommittedRows, PostedRow

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LANES = {0: 7, 1: 7}


def row(lane: int, first: int, size: int = 1, *, epoch: int = 7, second: int = 0) -> Committed:
    """Make the messages of one transaction."""
    message = PostedRow(worker="projects", lane=lane, subject="im.main.evt.projects.x", headers={}, body="{}")
    return Committed(lane, epoch, first, NOON + timedelta(seconds=second), [message] * size)


def published_rows(*rows: Committed, published: Sequence[int] = (0, 0)) -> CommittedRows:
    """Return rows of two lanes that are published up to these numbers."""
    committed = CommittedRows()
    for each in rows:
        committed.add(each)
    committed.begin(LANES, dict(enumerate(published)))
    return committed


def take_ready(committed: CommittedRows) -> list[tuple[int, int]] | None:
    """Return lane and first number of the rows that may leave."""
    rows = committed.take(LANES)
    return None if rows is None else [(each.lane, each.first) for each in rows]


def test_rows_leave_in_the_order_of_their_time() -> None:
    """Lanes keep their order, and among lanes the earlier transaction leaves first."""
    committed = published_rows(row(0, 1, 2, second=1), row(0, 3, second=4), row(1, 1, second=2), row(1, 2, second=3))
    assert take_ready(committed) == [(0, 1), (1, 1), (1, 2), (0, 3)]
    assert take_ready(committed) == []


def test_a_missing_number_keeps_what_is_behind_it() -> None:
    """What another session has posted is read from the table first."""
    assert take_ready(published_rows(row(0, 2))) is None
    assert take_ready(published_rows(row(0, 2), published=(1, 0))) == [(0, 2)]


def test_what_is_published_or_of_another_epoch_is_dropped() -> None:
    """A lane that was lost and taken again has nothing in memory, and nothing is published twice."""
    committed = published_rows(row(0, 4), row(0, 5, epoch=6), row(0, 5), published=(4, 0))
    assert take_ready(committed) == [(0, 5)]


def test_lanes_are_known_in_their_epoch() -> None:
    """A lane that was lost meanwhile, or came back, must be read from the table before anything leaves."""
    committed = published_rows()
    assert [committed.knows(lanes) for lanes in (LANES, {0: 7}, {0: 8, 1: 7}, {})] == [True, False, False, False]


def test_memory_is_bounded() -> None:
    """While the bus is away, the table keeps the messages, and memory a few rows."""
    committed = published_rows(*(row(0, number) for number in range(1, 2 * ROWS_IN_MEMORY_MAX + 2)))
    assert take_ready(committed) is None


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 3), st.booleans()), max_size=60))
def test_no_number_is_left_out(commits: list[tuple[int, int, bool]]) -> None:
    """Whatever others post in between, numbers leave without a gap and only once, or the table is read."""
    committed, posted = published_rows(), [0, 0]
    for second, (lane, size, own) in enumerate(commits):
        if own:
            committed.add(row(lane, posted[lane] + 1, size, second=second))
        posted[lane] += size
    left = [0, 0]
    while rows := committed.take(LANES):
        for each in rows:
            assert each.first == left[each.lane] + 1
            left[each.lane] = each.first + len(each.messages) - 1
            committed.reach(each.lane, left[each.lane])
