"""Typed words of the wire: in the wire's form, or as the command line shows them in its language."""

from collections.abc import Iterable

from incidents.terminal.input.naming import Named, choose
from incidents.terminal.input.slots import fold
from incidents.terminal.session import Session
from incidents.terminal.text.words import name_of


def named_words(session: Session, kind: str, words: Iterable[str]) -> list[Named]:
    """Return words of the wire with all names that can be typed for them, the shown name first."""
    known = list(words)
    shown = [Named(word, name_of(session.language, kind, word)) for word in known]
    return list(dict.fromkeys([*shown, *(Named(word, word) for word in known)]))


def read_word(session: Session, kind: str, text: str, words: Iterable[str], heading: str) -> str:
    """Return the wire's form of a typed word.

    Raises:
        UsageError: The word is unknown; similar ones are named.
    """
    return str(choose(session, heading, text, named_words(session, kind, words)))


def wire_word(session: Session, kind: str, text: str, words: Iterable[str]) -> str:
    """Return the wire's form of a typed word; another text stays unchanged, and the contract refuses it."""
    return next((str(named.key) for named in named_words(session, kind, words) if fold(named.name) == fold(text)), text)
