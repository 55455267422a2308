"""The names of activities: their words for people, and how somebody chooses activities by them."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Final

from incidents.terminal.input.naming import Named, fold, nearest
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import list_names, say

WORDS: Final[Mapping[str, str]] = {
    "administration.category-defined": "category defined",
    "administration.category-value-added": "category's value added",
    "administration.category-value-deleted": "category's value deleted",
    "administration.category-value-edited": "category's value edited",
    "administration.data-field-defined": "data field defined",
    "administration.letter-discarded": "dead letter discarded",
    "administration.letter-opened": "dead letter viewed",
    "administration.letter-removed": "dead letter removed",
    "administration.letter-replayed": "dead letter replayed",
    "administration.licence-activated": "licence activated",
    "administration.role-assigned": "role granted",
    "administration.role-defined": "role defined",
    "administration.role-deleted": "role deleted",
    "administration.role-unassigned": "role revoked",
    "administration.settings-changed": "settings changed",
    "administration.status-added": "status added",
    "administration.status-deleted": "status deleted",
    "administration.status-edited": "status edited",
    "administration.status-marked": "status marked as closing or not",
    "administration.type-added": "type added",
    "administration.type-deleted": "type deleted",
    "administration.type-edited": "type edited",
    "audit.refused": "attempt refused",
    "audit.surplus-counted": "further attempts counted",
    "projects.call-added": "call added",
    "projects.call-deleted": "call deleted",
    "projects.call-edited": "call edited",
    "projects.comment-added": "comment added",
    "projects.comment-deleted": "comment deleted",
    "projects.comment-edited": "comment edited",
    "projects.created": "project created",
    "projects.deleted": "project deleted",
    "projects.downloaded": "package downloaded",
    "projects.draft-cleared": "draft list cleared",
    "projects.expired": "projects expired",
    "projects.exported": "project exported",
    "projects.imported": "projects imported",
    "projects.opened": "project viewed",
    "projects.sequences-added": "sequences added",
    "projects.sequences-drafted": "sequences added to a draft list",
    "projects.sequences-removed": "sequences removed",
    "projects.sequences-undrafted": "sequences removed from a draft list",
    "projects.updated": "project updated",
    "reports.batch-deleted": "batch of reports deleted",
    "reports.batch-downloaded": "batch of reports downloaded",
    "reports.batch-generated": "batch of reports generated",
    "reports.batch-recorded": "reports of a batch recorded",
    "reports.deleted": "report deleted",
    "reports.downloaded": "report downloaded",
    "reports.generated": "report generated",
    "reports.included": "report generated in a batch",
    "reports.logo-removed": "logo of reports removed",
    "reports.logo-set": "logo of reports set",
    "reports.printed": "report printed",
    "reports.summary-deleted": "summary deleted",
    "reports.summary-downloaded": "summary downloaded",
    "reports.summary-generated": "summary generated",
    "retention.held": "hold placed",
    "retention.released": "hold released",
    "retention.sweep-started": "sweep begun",
    "retention.swept": "sweep ended",
}

VIEWED: Final = "viewed"
"""The word for all activities that show somebody the content of projects."""

DISCLOSURES: Final = (
    "projects.downloaded",
    "projects.exported",
    "reports.batch-downloaded",
    "reports.batch-generated",
    "reports.downloaded",
    "reports.generated",
    "reports.included",
    "reports.printed",
    "reports.summary-downloaded",
    "reports.summary-generated",
)
"""All activities that take a copy of a project, or the figures of many, out of the system."""

_VIEWING: Final = tuple(sorted((*DISCLOSURES, "administration.letter-opened", "projects.opened")))


def activity_name(activity: str, language: str) -> str:
    """Return the name of an activity for people."""
    return say(language, WORDS[activity]) if activity in WORDS else activity


def choose_activities(session: Session, typed: Iterable[str] | None, option: str = "--activity") -> list[str] | None:
    """Return the wire's names of typed activities, which may be such names, prefixes of them, or words for people.

    Raises:
        UsageError: No activity has this name.
    """
    return sorted({name for text in typed for name in _named(session, text, option)}) if typed else None


def _named(session: Session, typed: str, option: str) -> Sequence[str]:
    folded_text = fold(typed)
    if folded_text in {VIEWED, fold(session.say("project viewed").rpartition(" ")[2])}:
        return _VIEWING
    if any(name.startswith(folded_text) for name in WORDS) and "." in folded_text:
        return [folded_text]
    names = [Named(name, text) for name, words in WORDS.items() for text in (session.say(words), words, name)]
    if exact := [named.key for named in names if fold(named.name) == folded_text]:
        return exact
    parts = folded_text.split()
    matches = [name for name, words in WORDS.items() if _has(words, parts) or _has(session.say(words), parts)]
    if not matches:
        raise UsageError(_unknown(session, typed, option, names))
    return matches


def _unknown(session: Session, typed: str, option: str, names: Sequence[Named]) -> str:
    """Return the refusal of an unknown activity, with the similar ones or with all, the nearest first."""
    if near := nearest(typed, names):
        words = "{option}: there is no activity {text}. Did you mean {near}?"
        return session.say(words, option=option, text=typed, near=list_names(session.language, near))
    known = [session.say("project viewed").rpartition(" ")[2], *(session.say(words) for words in WORDS.values())]
    ranked = sorted(known, key=partial(_distance, SequenceMatcher(b=fold(typed))))
    words = "{option}: there is no activity {text}. Choose one of: {known}"
    return session.say(words, option=option, text=typed, known=", ".join(ranked))


def _distance(matcher: SequenceMatcher[str], name: str) -> float:
    matcher.set_seq1(fold(name))
    return -matcher.ratio()


def _has(words: str, parts: Iterable[str]) -> bool:
    known = fold(words).split()
    return all(any(word.startswith(part) for word in known) for part in parts)
