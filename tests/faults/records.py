"""The rules about what is recorded: events, both stores of the audit, and what followers were told."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TypeAlias

from contracts.audit import PAGE
from tests.faults.history import APPLIED, Entry, Final, Followed, History, Stored

Finding: TypeAlias = tuple[str, str]
"""What a violation is about (a command's id where there is one), and what is wrong."""

_AUDITED = {"permission-denied", "not-available", "not-licensed", "held"}
_NOWHERE = {"projects.expired"}
_BOTH = {
    "projects.created",
    "projects.imported",
    "projects.deleted",
    "projects.downloaded",
    "audit.refused",
    "audit.surplus-counted",
}
_NAMED_FINDINGS = 20


def _distinct(events: Iterable[Stored]) -> dict[str, Stored]:
    """Return the first of each event: one that is published again has the same id."""
    results: dict[str, Stored] = {}
    for event in events:
        results.setdefault(event.id, event)
    return results


def caused(history: History, final: Final) -> Iterator[Finding]:
    """An applied command leaves the events that its outcome names, a forbidden attempt one, any other refusal none.

    Refusals beyond twenty a minute are counted instead, exactly.
    """
    events = _distinct(final.events)
    by_cause = defaultdict[str, list[Stored]](list)
    for event in events.values():
        by_cause[event.cause].append(event)
    untold = defaultdict[str, list[str]](list)
    for decision in final.inbox:
        if decision.id not in history.commands:
            continue
        ids = {event.id for event in by_cause[decision.id]}
        if decision.outcome["status"] == APPLIED:
            if ids != set(decision.outcome["events"]):
                yield decision.id, f"its events are {sorted(ids)}, its outcome names {decision.outcome['events']}"
        elif decision.outcome["error"]["code"] in _AUDITED and not ids:
            untold[decision.principal].append(decision.id)
        elif len(ids) != (decision.outcome["error"]["code"] in _AUDITED):
            yield decision.id, f"refused as {decision.outcome['error']['code']} with {len(ids)} events"
    yield from _uncounted(untold, list(events.values()), final.counted)
    decided = {decision.id for decision in final.inbox}
    for event in events.values():
        if event.cause in history.commands and event.cause not in decided:
            yield event.cause, f"{event.happened} tells of it, and it was never decided"


def _uncounted(untold: dict[str, list[str]], events: list[Stored], counting: dict[str, int]) -> Iterator[Finding]:
    """Every refusal that left no event of its own is counted once."""
    counted = Counter(counting)
    for event in events:
        counted[event.actor] += event.counted
    for principal, refused in untold.items():
        if len(refused) != counted[principal]:
            yield (
                refused[0],
                f"{len(refused)} refusals of {principal} left no event, and {counted[principal]} are counted",
            )


def stored(_: History, final: Final) -> Iterator[Finding]:
    """The stream holds every event that the outbox has: what the bus acknowledged it still has."""
    for event_id in final.posted - _distinct(final.events).keys():
        yield event_id, "the outbox has this event, and the stream does not"


def in_order(_: History, final: Final) -> Iterator[Finding]:
    """The events of a project are in the stream in the order of its revisions."""
    reached = defaultdict[str, int](int)
    for event in sorted(_distinct(final.events).values()):
        if event.revision is not None and event.happened.startswith("projects."):
            if event.revision <= reached[event.about]:
                yield event.cause, f"its event of revision {event.revision} follows that of {reached[event.about]}"
            reached[event.about] = event.revision


def reads(history: History, final: Final) -> Iterator[Finding]:
    """Reading that is recorded leaves an event for each answer, and none without having been asked."""
    counts = Counter((reading.leaves, reading.principal, reading.about) for reading in history.reads)
    answered = Counter(
        (reading.leaves, reading.principal, reading.about) for reading in history.reads if reading.answered
    )
    readers, kinds = {reading.principal for reading in history.reads}, {reading.leaves for reading in history.reads}
    counter = Counter(
        (event.happened, event.actor, event.about)
        for event in _distinct(final.events).values()
        if event.happened in kinds and event.actor in readers
    )
    for each in counts.keys() | counter.keys():
        if not answered[each] <= counter[each] <= counts[each]:
            yield (
                each[2],
                f"{each[0]} by {each[1]}: asked {counts[each]}, answered {answered[each]}, recorded {counter[each]}",
            )


def _kept_in(happened: str) -> tuple[bool, bool]:
    """Tell whether an activity is kept with the projects, and whether on the log server."""
    worker = happened.partition(".")[0]
    if happened in _NOWHERE:
        return False, False
    if happened in _BOTH or worker in {"reports", "retention"}:
        return True, True
    return worker == "projects" or happened == PAGE, worker == "administration"


def stores(history: History, final: Final) -> Iterator[Finding]:
    """Both stores hold each activity that belongs there exactly once: those in the stream, and those of outcomes."""
    events = _distinct(final.events)
    for number, (name, entries) in enumerate((("activity", final.activity), ("log server", final.log_server))):
        expected = {event.id: event.cause for event in events.values() if _kept_in(event.happened)[number]}
        if number == 0:
            expected |= {
                event_id: decision.id
                for decision in final.inbox
                if decision.outcome["status"] == APPLIED and _is_of_project(history, decision.id)
                for event_id in decision.outcome["events"]
            }
        yield from _differences(name, expected, entries)


def _is_of_project(history: History, command_id: str) -> bool:
    sent = history.commands.get(command_id)
    return sent is not None and sent.tail.startswith(("projects.", "reports."))


def _differences(name: str, expected: dict[str, str], entries: list[Entry]) -> Iterator[Finding]:
    ids = Counter(entry.event_id for entry in entries)
    causes = {entry.event_id: entry.command_id for entry in entries}
    for event_id in expected.keys() - ids.keys():
        yield expected[event_id] or event_id, f"the {name} lacks its event {event_id}"
    for event_id, times in ids.items():
        if event_id not in expected:
            yield causes[event_id] or event_id, f"the {name} has an entry of {event_id}, which the stream does not hold"
        if times > 1:
            yield causes[event_id] or event_id, f"the {name} has {times} entries of event {event_id}"


def _places(feed: Followed, final: Final) -> list[Stored]:
    return [event for event in sorted(_distinct(final.events).values()) if event.happened.startswith(feed.sees)]


def _gaps(visible: list[Stored], known_ids: set[str]) -> list[list[Stored]]:
    """Return each run of events that were not told."""
    runs = groupby(visible, key=lambda event: event.id in known_ids)
    return [list(run) for was_told, run in runs if not was_told]


def _told_before(feed: Followed, visible: list[Stored], place: int) -> str:
    """Say what the feed told last before a gap, and first after it."""
    places = {event.id: event.place for event in visible}
    around = [message for message in feed.received if message.event_id in places]
    before = [message for message in around if places[message.event_id] < place][-1:]
    after = [message for message in around if places[message.event_id] > place][:1]
    events = [
        f"message {message.number} of feed {message.feed} at {message.at:.1f} s, cursor {message.cursor}"
        for message in before + after
    ]
    last = feed.received[-1]
    return f"around it: {' and '.join(events)}; the last message was {last.kind} {last.number} at {last.at:.1f} s"


def feeds(history: History, final: Final) -> Iterator[Finding]:
    """A follower is told every event that it may see, and no other."""
    for followed in history.followed:
        visible = _places(followed, final)
        ids = {message.event_id for message in followed.received if message.kind == "event"}
        for gap in _gaps(visible, ids):
            first, last = gap[0], gap[-1]
            before = _told_before(followed, visible, first.place)
            yield (
                first.cause,
                f"{followed.name} was never told {len(gap)} events, places {first.place} to {last.place}; {before}",
            )
        for event_id in sorted(ids - {event.id for event in visible})[:_NAMED_FINDINGS]:
            yield event_id, f"{followed.name} was told an event that it may not see, or that the stream does not hold"
        for at, why in followed.refused:
            yield followed.name, f"a feed was refused at {at:.1f} s: {why}"


def feed_order(history: History, final: Final) -> Iterator[Finding]:
    """A follower is told events in the order of the stream, with consecutive numbers in each feed."""
    for followed in history.followed:
        places = {event.id: event.place for event in _distinct(final.events).values()}
        counts, last, results = dict[str, int](), 0, set[str]()
        for message in followed.received:
            if message.number != counts.get(message.feed, 0) + 1:
                yield (
                    followed.name,
                    f"message {message.number} of feed {message.feed} follows {counts.get(message.feed, 0)}",
                )
            counts[message.feed] = message.number
            if message.kind != "event" or message.event_id not in places or message.event_id in results:
                continue
            results.add(message.event_id)
            if places[message.event_id] < last:
                yield message.event_id, f"{followed.name} was told place {places[message.event_id]} after place {last}"
            last = max(last, places[message.event_id])
