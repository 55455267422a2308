"""The keys of age that a package is encrypted to, as they are typed or listed in a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from contracts import age_keys
from contracts.projects.exports import RECIPIENTS_MAX
from contracts.texts import reason
from incidents.cli.arguments import Words
from incidents.terminal.session import Session, UsageError

_FILE_CHARACTERS_MAX: Final = 100_000

AgeRecipients = Annotated[
    Words,
    typer.Option("--age-recipient", metavar="KEY", help="Encrypt it to this public key of age, age1…; repeatable."),
]
AgeRecipientsFile = Annotated[
    Path | None,
    typer.Option("--age-recipients-file", metavar="FILE", help="Encrypt it to the keys in this file, one a line."),
]


class _Key(NamedTuple):
    """A key, and the place where it was named."""

    text: str
    place: str


def read_recipients(session: Session, typed: Words, file: Path | None) -> list[str]:
    """Return the typed keys and those in a file, each once.

    Raises:
        UsageError: One of them is none, there are too many, or the file cannot be read or names none.
    """
    named = "--age-recipient" if len(typed or ()) == 1 else "--age-recipient ({number})"
    keys = [_Key(text, named.format(number=number)) for number, text in enumerate(typed or (), 1)]
    keys += _keys_in(session, file) if file else []
    for key in keys:
        if fault := age_keys.fault_of(key.text):
            why = reason(fault, session.language)
            raise UsageError(f"{key.place} {why}")
    texts = list(dict.fromkeys(key.text for key in keys))
    if len(texts) > RECIPIENTS_MAX:
        words = "{count} keys are named, and a package is encrypted to at most {limit}: make several packages"
        raise UsageError(session.say(words, count=len(texts), limit=RECIPIENTS_MAX))
    return texts


def _keys_in(session: Session, file: Path) -> list[_Key]:
    try:
        with file.open(encoding="utf-8-sig") as opened:
            keys = list(_keys_of(session, file, opened.read(_FILE_CHARACTERS_MAX)))
    except OSError as error:
        why = session.say(error.strerror or str(error))
        raise UsageError(session.say("{path} cannot be read: {reason}", path=file, reason=why)) from error
    except UnicodeDecodeError as error:
        raise UsageError(session.say("{path} is not UTF-8: save it as UTF-8", path=file)) from error
    if not keys:
        raise UsageError(session.say("{path} names no key: write one a line, as age1…", path=file))
    return keys


def _keys_of(session: Session, file: Path, text: str) -> Iterator[_Key]:
    """Yield the keys of a text as age reads it: one a line, without comments and empty lines."""
    for number, line in enumerate(text.splitlines(), 1):
        key = line.strip()
        if key and not key.startswith("#"):
            yield _Key(key, session.say("{path}, line {number}", path=file, number=number))
