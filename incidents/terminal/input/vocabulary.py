"""Words of the wire that people type: as the wire has them, or as the command line shows them in its language."""

from collections.abc import Iterable

from incidents.terminal.input.naming import Named, choose
from incidents.terminal.session import Session
from incidents.terminal.text.words import name_of


def named(session: Session, kind: str, words: Iterable[str]) -> list[Named]:
    """Return words of the wire with every name that can be typed for them, the shown one first."""
    known = list(words)
    shown = [Named(word, name_of(session.language, kind, word)) for word in known]
    return list(dict.fromkeys([*shown, *(Named(word, word) for word in known)]))


def read_word(session: Session, kind: str, text: str, words: Iterable[str], heading: str) -> str:
    """Return the word of the wire that somebody typed.

    Raises:
        UsageError: There is none like it; the near ones are named.
    """
    return str(choose(session, heading, text, named(session, kind, words)))
