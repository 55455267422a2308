"""The judge itself: a good history passes, and each rule finds the history that breaks it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.checker import RULES, judge
from tests.faults.history import (
    AuditedQuery,
    Entry,
    Fault,
    FeedEvent,
    Final,
    Followed,
    History,
    InboxRow,
    Project,
    SentCommand,
    Stored,
)

P, C, R = "project", "comment", "report"
TYPES = {
    "create": "projects.created",
    "comment": "projects.comment-added",
    "denied": "audit.refused",
    "report": "reports.generated",
    "define": "administration.type-added",
}


def applied(command_id: str, revision: int | None = None) -> dict[str, Any]:
    """Return the outcome of an applied command, whose event is named after it."""
    return {"command_id": command_id, "status": "applied", "revision": revision, "events": [f"e-{command_id}"]}


def rejected(command_id: str, code: str) -> dict[str, Any]:
    """Return the outcome of a refused command."""
    return {"command_id": command_id, "status": "rejected", "error": {"code": code}}


def sent_command(
    command_id: str, tail: str, key: str, body: dict[str, Any], outcome: dict[str, Any], *may: str
) -> SentCommand:
    """Return a command as its client remembers it."""
    allowed = frozenset(may or ("applied",))
    return SentCommand(command_id, "olivia", "olivia-0", tail, key, body, allowed, [1.0], [], 1.1, [outcome])


def good() -> tuple[History, Final]:
    """Return a small history in which everything is as it must be."""
    project = {"project_id": P}
    commands = [
        sent_command("create", "projects.create", P, {**project, "description": "Bag."}, applied("create", 1)),
        sent_command(
            "comment", "projects.add-comment", P, {**project, "comment_id": C, "text": "T"}, applied("comment", 2)
        ),
        sent_command(
            "denied", "projects.add-call", P, project, rejected("denied", "permission-denied"), "permission-denied"
        ),
        sent_command("report", "reports.generate", R, {**project, "report_id": R}, applied("report")),
        sent_command("define", "administration.add-type", "-", {}, applied("define")),
    ]
    history = History(
        7, {command.id: command for command in commands}, [AuditedQuery("olivia", P, "projects.opened", answered=True)]
    )
    final = Final([InboxRow(command.id, command.principal, command.outcomes[0]) for command in commands])
    final.projects = {P: Project(2, "Bag.", {C: "T"})}
    final.answered = {P: 2}
    final.reports = {R}
    final.left = {"runtime.unpublished": 0}
    revisions = {"create": 1, "comment": 2}
    for place, command in enumerate(commands, 1):
        kind = TYPES[command.id]
        final.events.append(Stored(place, f"e-{command.id}", kind, command.id, "olivia", P, revisions.get(command.id)))
    final.events.append(Stored(6, "e-opened", "projects.opened", "", "olivia", P, None))
    final.posted = {event.id for event in final.events}
    entries = [Entry(event.id, event.happened, event.cause) for event in final.events]
    final.activity = [entry for entry in entries if not entry.activity.startswith("administration.")]
    final.log_server = [entries[0], *entries[2:5]]
    events = [event for event in final.events if event.happened.startswith(("projects.", "reports."))]
    feed_events = [FeedEvent(1.0, "f", 1, "open", "")]
    feed_events += [FeedEvent(2.0, "f", number, "event", event.id) for number, event in enumerate(events, 2)]
    history.followed = [Followed("viewer", ("projects.", "reports."), feed_events)]
    return history, final


def test_a_good_history_passes() -> None:
    """Where everything is as it must be, nothing is found."""
    assert judge(*good()) == []


Break = Callable[[History, Final], object]


def _decide_otherwise(final: Final, command_id: str, outcome: dict[str, Any]) -> None:
    final.inbox = [
        decision._replace(outcome=outcome) if decision.id == command_id else decision for decision in final.inbox
    ]


def _count_the_refusal(final: Final, times: int) -> None:
    """Let the refused attempt be one of those that are counted."""
    final.events[2] = Stored(3, "e-counted", "audit.surplus-counted", "", "olivia", "", None, times)
    final.posted = {event.id for event in final.events}
    entry = Entry("e-counted", "audit.surplus-counted", "")
    final.activity[2] = final.log_server[1] = entry


def test_a_refusal_may_be_counted() -> None:
    """A refusal without an event of its own is no violation where it is counted, in the stream or in its table."""
    history, final = good()
    _count_the_refusal(final, 1)
    assert judge(history, final) == []
    _count_the_refusal(final, 0)
    assert len(judge(history, final)) == 1
    final.counted = {"olivia": 1}
    assert judge(history, final) == []


BROKEN: list[tuple[str, str, Break]] = [
    ("an acknowledged command is not decided", "lost", lambda _, f: f.inbox.pop(0)),
    ("a command is never kept", "not acknowledged", lambda h, _: setattr(h.commands["denied"], "kept_at", None)),
    ("a command is decided twice", "twice", lambda _, f: f.inbox.append(f.inbox[0])),
    ("a decision is nobody's", "invented", lambda _, f: f.inbox.append(InboxRow("x", "olivia", applied("x", 3)))),
    ("a decision is another's", "invented", lambda _, f: f.inbox.append(f.inbox[2]._replace(principal="karl"))),
    ("two outcomes", "outcomes differ", lambda h, _: h.commands["create"].outcomes.append(rejected("create", "gone"))),
    (
        "a wrong refusal",
        "wrong outcome",
        lambda _, f: _decide_otherwise(f, "denied", rejected("denied", "unavailable")),
    ),
    ("a revision is skipped", "out of order", lambda _, f: _decide_otherwise(f, "comment", applied("comment", 3))),
    ("a comment is not there", "state", lambda _, f: f.projects[P].comments.clear()),
    ("a project is not there", "state", lambda _, f: f.projects.clear()),
    ("a project of nobody", "state", lambda _, f: f.projects.update(x=Project(1, ""))),
    ("a query tells an old revision", "state", lambda _, f: f.answered.update({P: 1})),
    ("a report is not there", "reports", lambda _, f: f.reports.clear()),
    ("an event is not there", "events", lambda _, f: f.events.pop(0)),
    ("the bus lost an event", "stream", lambda _, f: f.events.pop(4)),
    ("a second event", "events", lambda _, f: f.events.append(f.events[0]._replace(place=9, id="e-again"))),
    ("a refusal leaves no event", "events", lambda _, f: f.events.pop(2)),
    ("a refusal is counted twice", "events", lambda _, f: _count_the_refusal(f, 2)),
    ("a reading is not recorded", "reads", lambda _, f: f.events.pop()),
    (
        "a reading that left nothing",
        "reads",
        lambda h, _: h.reads.append(AuditedQuery("olivia", "x", "projects.opened", answered=True)),
    ),
    ("an entry is not there", "activity", lambda _, f: f.activity.pop(0)),
    ("an entry is there twice", "activity", lambda _, f: f.activity.append(f.activity[0])),
    ("the log server lacks an entry", "activity", lambda _, f: f.log_server.pop()),
    ("the log server has too much", "activity", lambda _, f: f.log_server.append(f.activity[1])),
    ("a follower misses the last event", "feed gap", lambda h, _: h.followed[0].received.pop()),
    ("a follower sees too much", "feed gap", lambda h, _: setattr(h.followed[0], "sees", ("reports.",))),
    ("a feed is refused", "feed gap", lambda h, _: h.followed[0].refused.append((1.0, "gone"))),
    ("a message number is skipped", "feed order", lambda h, _: h.followed[0].received.pop(2)),
    ("a dead letter", "left over", lambda _, f: f.dead.append("im.main.dead.projects: {}")),
    ("the outbox is not empty", "left over", lambda _, f: f.left.update({"runtime.unpublished": 3})),
]


@pytest.mark.parametrize("complaint,rule,spoil", BROKEN, ids=[complaint for complaint, _, _ in BROKEN])
def test_each_rule_finds_what_breaks_it(complaint: str, rule: str, spoil: Break) -> None:
    """A history in which one thing is wrong is found by the rule about it."""
    history, final = good()
    spoil(history, final)
    assert rule in {violation.rule for violation in judge(history, final)}, complaint


def test_one_session_is_kept_in_order() -> None:
    """Two commands of one session that took effect the other way round are found."""
    history, final = good()
    _decide_otherwise(final, "create", applied("create", 2))
    _decide_otherwise(final, "comment", applied("comment", 1))
    assert "out of order" in {violation.rule for violation in judge(history, final)}


def test_events_of_a_project_are_kept_in_order() -> None:
    """Events that are in the stream the other way round are found, and so is a follower who got them so."""
    history, final = good()
    first, second, *others = final.events
    final.events = [first._replace(place=2), second._replace(place=1), *others]
    assert {"event order", "feed order"} <= {violation.rule for violation in judge(history, final)}


def test_every_rule_is_broken_once() -> None:
    """No rule is without a history that breaks it."""
    assert {rule for _, rule, _ in BROKEN} | {"event order"} == set(RULES)


def test_a_violation_tells_its_story() -> None:
    """A violation names the seed, the command, its times and the faults around it."""
    history, final = good()
    history.faults = [Fault("kill", "nats", 0.5, 0.6)]
    final.inbox.pop(1)
    story = next(violation.story for violation in judge(history, final) if violation.rule == "lost")
    assert all(part in story for part in ("seed 7", "projects.add-comment comment of olivia", "1.10 s", "kill nats"))
