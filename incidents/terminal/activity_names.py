"""The names of activities: their words for people, and how somebody chooses activities by them."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from contracts.activity_words import ACTIVITY_WORDS, activity_words
from contracts.audit import PAGE
from incidents.terminal.input.naming import Named, nearest
from incidents.terminal.input.slots import fold
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import list_names

WORDS: Final[Mapping[str, str]] = {activity: english for activity, (english, _) in ACTIVITY_WORDS.items()}
"""The English words of each activity."""

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
    "reports.register-generated",
    "reports.summary-downloaded",
    "reports.summary-generated",
)
"""All activities that take a copy of a project, or the figures of many, out of the system."""

_VIEWING: Final = tuple(sorted((*DISCLOSURES, "administration.letter-opened", PAGE, "projects.opened")))


def activity_name(activity: str, language: str) -> str:
    """Return the name of an activity for people."""
    return activity_words(activity, language)


def choose_activities(session: Session, typed: Iterable[str] | None, option: str = "--activity") -> list[str] | None:
    """Return the wire's names of typed activities, which may be such names, prefixes of them, or words for people.

    Raises:
        UsageError: No activity has this name.
    """
    return sorted({name for text in typed for name in _named(session, text, option)}) if typed else None


def _named(session: Session, typed: str, option: str) -> Sequence[str]:
    folded_text = fold(typed)
    if folded_text in {VIEWED, fold(_viewed(session))}:
        return _VIEWING
    if any(name.startswith(folded_text) for name in WORDS) and "." in folded_text:
        return [folded_text]
    names = [
        Named(name, text)
        for name, words in WORDS.items()
        for text in (activity_name(name, session.language), words, name)
    ]
    if exact := [named.key for named in names if fold(named.name) == folded_text]:
        return exact
    parts = folded_text.split()
    matches = sorted({named.key for named in names if named.name != named.key and _has(named.name, parts)})
    if not matches:
        raise UsageError(_unknown(session, typed, option, names))
    return matches


def _unknown(session: Session, typed: str, option: str, names: Sequence[Named]) -> str:
    """Return the refusal of an unknown activity, with the similar ones, or with all in their alphabetical order."""
    viewing = [Named(VIEWED, _viewed(session)), Named(VIEWED, VIEWED)]
    if near := nearest(typed, [*viewing, *names]) or _with_similar_words(typed, names):
        words = "{option}: there is no activity {text}. Did you mean {near}?"
        return session.say(words, option=option, text=typed, near=list_names(session.language, near))
    known = [_viewed(session), *(activity_name(name, session.language) for name in WORDS)]
    words = "{option}: there is no activity {text}. Choose one of: {known}"
    return session.say(words, option=option, text=typed, known=", ".join(sorted(known, key=fold)))


def _with_similar_words(typed: str, names: Sequence[Named]) -> list[str]:
    """Return the activities with a word that is similar to a typed one, as they are shown."""
    known = {word for named in names for word in fold(named.name).split()}
    similar = {near for word in fold(typed).split() for near in get_close_matches(word, known, n=2, cutoff=0.8)}
    shown = {named.key: named.name for named in reversed(names)}
    return list(dict.fromkeys(shown[named.key] for named in names if similar & set(fold(named.name).split())))


def _viewed(session: Session) -> str:
    """Return the word for everything that shows somebody a project, in the language of the session."""
    return activity_name("projects.opened", session.language).rpartition(" ")[2]


def _has(words: str, parts: Iterable[str]) -> bool:
    known = fold(words).split()
    return all(any(word.startswith(part) for word in known) for part in parts)
