"""Whose query is answered next, and who is turned away: principals take turns, whatever one of them sends."""

import pytest

from workers.runtime.queries.fair_queue import (
    REFUSALS_PER_SECOND_MAX,
    WAIT_SECONDS_MAX,
    WAITING_QUERIES_MAX,
    FairQueue,
    Share,
    Verdict,
    WaitingQuery,
)

SHARE = Share(running=2, waiting=3)


def waiting_query(principal: str, at: float = 0.0, verb: str = "list") -> WaitingQuery:
    """A query of a principal that arrived at some moment."""
    return WaitingQuery(principal, verb, f"_INBOX_{principal}.x", "en", b"{}", at)


@pytest.fixture
def turns() -> FairQueue:
    """The lines of a process in which nobody waits."""
    return FairQueue(SHARE, {"watch"})


def served(turns: FairQueue, count: int, now: float = 0.0) -> list[str]:
    """Whose turn it is, so many times, each answered at once."""
    names = []
    for _ in range(count):
        if query := turns.next(now):
            names.append(query[1].principal)
            turns.done(query[0], 0.1)
    return names


def test_principals_take_turns(turns: FairQueue) -> None:
    """Who asked three times before another asked once is answered once before it."""
    for name in ("eve", "eve", "eve", "bob", "ann"):
        assert turns.offer(waiting_query(name)) is Verdict.WAITS
    assert served(turns, 9) == ["eve", "bob", "ann", "eve", "eve"]
    assert turns.waiting == 0
    assert turns.next(0) is None


def test_nobody_runs_more_than_its_share(turns: FairQueue) -> None:
    """Of one principal two are answered at a time; a third one begins when one of them is done."""
    for _ in range(3):
        turns.offer(waiting_query("eve"))
    first, second = turns.next(0), turns.next(0)
    assert first
    assert second
    assert turns.next(0) is None
    turns.done(first[0], 0.1)
    assert turns.next(0) is not None


def test_who_asks_too_much_is_turned_away_and_then_dropped(turns: FairQueue) -> None:
    """Beyond what may wait a principal gets so many refusals a second, and then nothing; others are let in."""
    offered = [turns.offer(waiting_query("eve")) for _ in range(SHARE.waiting + REFUSALS_PER_SECOND_MAX + 7)]
    assert offered.count(Verdict.WAITS) == SHARE.waiting
    assert offered.count(Verdict.TURNED_AWAY) == REFUSALS_PER_SECOND_MAX
    assert offered.count(Verdict.DROPPED) == 7
    assert turns.offer(waiting_query("bob")) is Verdict.WAITS
    assert turns.offer(waiting_query("eve", at=0.5)) is Verdict.TURNED_AWAY


def test_what_waited_too_long_is_dropped(turns: FairQueue) -> None:
    """What nobody waits for any more is neither answered nor in the way of what is asked now."""
    for _ in range(SHARE.waiting):
        turns.offer(waiting_query("eve"))
    later = WAIT_SECONDS_MAX + 0.1
    assert turns.offer(waiting_query("eve", at=later)) is Verdict.WAITS
    assert turns.late == SHARE.waiting
    assert turns.waiting == 1
    query = turns.next(later)
    assert query
    assert query[1].arrived == later


def test_a_renewal_does_not_stand_behind_other_queries(turns: FairQueue) -> None:
    """Feeds are opened and kept by a line of their own, so that no flood of its own principal ends one."""
    while turns.offer(waiting_query("eve")) is Verdict.WAITS:
        pass
    for _ in range(SHARE.running):
        assert turns.next(0)
    assert turns.offer(waiting_query("eve", verb="watch")) is Verdict.WAITS
    query = turns.next(0)
    assert query
    assert query[1].verb == "watch"


def test_what_waits_is_bounded_for_everybody_together() -> None:
    """Beyond what may wait of all together, a principal may have one query, and no principal is shut out."""
    turns = FairQueue(Share(running=1, waiting=WAITING_QUERIES_MAX))
    for _ in range(WAITING_QUERIES_MAX):
        assert turns.offer(waiting_query("eve")) is Verdict.WAITS
    assert turns.offer(waiting_query("eve")) is Verdict.TURNED_AWAY
    assert turns.offer(waiting_query("bob")) is Verdict.WAITS
    assert turns.offer(waiting_query("bob")) is Verdict.TURNED_AWAY


def test_a_refusal_says_when(turns: FairQueue) -> None:
    """A refused principal learns when its own queries will have been answered, within a second and five."""
    for seconds, retry_seconds in ((0.001, 1), (8.0, 3), (60.0, 5)):
        turns.offer(waiting_query("eve"))
        turns.offer(waiting_query("eve"))
        query = turns.next(0)
        assert query
        turns.done(query[0], seconds)
        assert turns.retry_after_seconds(waiting_query("eve")) == retry_seconds
        served(turns, 1)
        assert turns.retry_after_seconds(waiting_query("eve")) == 1


def test_who_has_nothing_to_ask_is_forgotten(turns: FairQueue) -> None:
    """What is kept does not grow with the principals that ever asked."""
    for number in range(100):
        turns.offer(waiting_query(f"p{number}"))
    assert len(served(turns, 100)) == 100
    assert not turns._lines
