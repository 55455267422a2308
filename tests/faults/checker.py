"""The judge of a run: it knows the wire's promises, a history and a final state, and nothing of the product's code."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from tests.faults import records, replay
from tests.faults.history import APPLIED, Final, History, SentCommand
from tests.faults.records import Finding

Rule = Callable[[History, Final], Iterator[Finding]]


class Violation(NamedTuple):
    """A broken promise, with all that one needs to look for its cause."""

    rule: str
    subject: str
    story: str


def judge(history: History, final: Final) -> list[Violation]:
    """Return every violation, each with its story."""
    return [
        Violation(name, subject, _story(history, subject, complaint))
        for name, rule in RULES.items()
        for subject, complaint in rule(history, final)
    ]


def _story(history: History, subject: str, complaint: str) -> str:
    """Tell what happened around a violation: seed, command, times and the faults that were in force."""
    sent = history.commands.get(subject)
    if sent is None:
        return f"seed {history.seed}: {subject}: {complaint}"
    times = [*sent.attempts, *([sent.kept_at] if sent.kept_at else [])] or [0.0]
    around = [
        f"{fault.kind} {fault.what} {fault.begun:.1f}-{fault.ended:.1f} s"
        for fault in history.faults
        if fault.begun - 5 <= max(times) and min(times) <= (fault.ended or fault.begun) + 15
    ]
    attempts = ", ".join(f"{at:.2f}" for at in sent.attempts[:10])
    acknowledgement = f"kept at {sent.kept_at:.2f} s" if sent.kept_at else "never kept"
    return (
        f"seed {history.seed}: {sent.tail} {sent.id} of {sent.principal} on {sent.key}: {complaint}; "
        f"sent at {attempts} s, {acknowledgement}; faults around: {'; '.join(around) or 'none'}"
    )


def lost_commands(history: History, final: Final) -> Iterator[Finding]:
    """Every command that was acknowledged is decided."""
    decided = {decision.id for decision in final.inbox}
    for sent in history.commands.values():
        if sent.kept_at is not None and sent.id not in decided:
            yield sent.id, "acknowledged, and never decided"


def unkept(history: History, _: Final) -> Iterator[Finding]:
    """Every command is acknowledged in the end, if its client only repeats it."""
    for sent in history.commands.values():
        if sent.kept_at is None and not sent.abandoned:
            yield sent.id, f"never acknowledged ({', '.join(sent.refusals[-2:]) or 'no answer'})"


def doubled(_: History, final: Final) -> Iterator[Finding]:
    """A command is decided once."""
    for (command_id, _principal), times in Counter(
        (decision.id, decision.principal) for decision in final.inbox
    ).items():
        if times > 1:
            yield command_id, f"decided {times} times"


def invented(history: History, final: Final) -> Iterator[Finding]:
    """Nothing is decided that nobody sent, nor in another's name."""
    principals = {sent.principal for sent in history.commands.values()}
    for decision in final.inbox:
        sent = history.commands.get(decision.id)
        if (sent is None and decision.principal in principals) or (sent and sent.principal != decision.principal):
            yield decision.id, f"decided for {decision.principal}, who did not send it"


def agreeing(history: History, final: Final) -> Iterator[Finding]:
    """Every copy of a command's outcome says the same."""
    outcomes = {decision.id: decision.outcome for decision in final.inbox}
    for sent in history.commands.values():
        for outcome in sent.outcomes:
            if sent.id in outcomes and outcome != outcomes[sent.id]:
                yield sent.id, f"its client was told {outcome}, and kept is {outcomes[sent.id]}"
                break


def permitted(history: History, final: Final) -> Iterator[Finding]:
    """A command is answered as the wire says: what is right is applied, what is wrong is refused for its reason."""
    for sent, verdict in _verdicts(history, final):
        if verdict not in sent.may:
            yield sent.id, f"became {verdict}, where only {' or '.join(sorted(sent.may))} is right"


def _verdicts(history: History, final: Final) -> Iterator[tuple[SentCommand, str]]:
    for decision in final.inbox:
        if sent := history.commands.get(decision.id):
            outcome = decision.outcome
            yield sent, APPLIED if outcome["status"] == APPLIED else str(outcome["error"]["code"])


def ordered(history: History, final: Final) -> Iterator[Finding]:
    """Revisions of a project are consecutive, and grow in the order in which one client published."""
    revisions = defaultdict[str, list[int]](list)
    places = {command_id: place for place, command_id in enumerate(history.commands)}
    sessions = defaultdict[tuple[str, str], list[tuple[int, int, str]]](list)
    for sent, outcome in replay.applied(history, final):
        if sent.tail.startswith("projects."):
            revisions[sent.about].append(outcome["revision"])
            sessions[sent.session, sent.key].append((places[sent.id], outcome["revision"], sent.id))
    for project_id, numbers in revisions.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield project_id, f"its revisions are {sorted(numbers)}"
    for sequence in sessions.values():
        commands = [(revision, command_id) for _, revision, command_id in sorted(sequence)]
        for (before, _), (after, command_id) in pairwise(commands):
            if after <= before:
                yield command_id, f"took effect as revision {after} and was sent after revision {before}"


def clean(_: History, final: Final) -> Iterator[Finding]:
    """Nothing becomes a dead letter, and nothing is left where it should be gone."""
    for letter in final.dead:
        yield "DEAD", letter
    for place, count in final.left.items():
        if count:
            yield place, f"{count} left at the end"


RULES: dict[str, Rule] = {
    "lost": lost_commands,
    "not acknowledged": unkept,
    "twice": doubled,
    "invented": invented,
    "outcomes differ": agreeing,
    "wrong outcome": permitted,
    "out of order": ordered,
    "state": replay.states,
    "reports": replay.reports,
    "events": records.caused,
    "stream": records.stored,
    "event order": records.in_order,
    "reads": records.reads,
    "activity": records.stores,
    "feed gap": records.feeds,
    "feed order": records.feed_order,
    "left over": clean,
}
