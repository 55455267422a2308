"""The command that verifies a package, without a system."""

import asyncio
import os
import re
import stat
from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer
from rich.text import Text

from contracts.evidence.activity_verification import PROBLEMS
from contracts.evidence.seal import Data
from incidents.evidence.findings import is_pdf, mapped
from incidents.terminal.input.reading import read_password
from incidents.terminal.options import command
from incidents.terminal.printing import password_once
from incidents.terminal.session import Session, Status, UsageError
from incidents.terminal.tables import show
from incidents.terminal.tables.fingerprints import fingerprint_line

_MEMORY_BYTES_MAX: Final = 1_000_000_000
"""Bytes of a PDF, or of what is not a file on a disk: it is in memory as a whole."""

_SENTENCES: Final[dict[str, str]] = {
    "no-seal": "It has no seal at its end: it was cut off or packed again, or another program made it.",
    "no-package": "It is a ZIP without a signature of its own, not a package: extract it, and verify each PDF in it.",
    "seal-broken": "The seal is not as it was written (bytes {first} to {last} of the file).",
    "uncovered": "Bytes {first} to {last} of the file were added or removed.",
    "changed": "{name} was changed.",
    "changed-here": "{name} was changed (bytes {first} to {last} of the file).",
    "missing": "{name} is missing.",
    "extra": "{name} was added.",
    "unreadable": "{name} cannot be read.",
    "unopened": "The file cannot be opened as a ZIP.",
    "wrong-password": "The password does not open it.",
    "wrong-identity": "The identity does not open it: it was encrypted to other keys.",
    "bag-changed": "{name}, which is encrypted in it, is not as it was signed: open it with age, and verify it alone.",
    "signature-broken": "The signature of the list of files is missing, not as it was written, or of another key.",
    "other-key": "It was signed by the key {found}, not by the expected one, {expected}.",
    "no-signature": "It has no signature of the product.",
    "pdf-signature-broken": "The signature is not as it was written (bytes {first} to {last} of the file).",
    "bytes-changed": "Bytes {first} to {last} of the file were changed.",
    "appended": "Bytes {first} to {last} of the file were added after the signature.",
    "appended-sealed": "Bytes {first} to {last} of the file were added after the seal, which does not cover them.",
    "cut": "Bytes {first} to {last} of the file are missing.",
    "not-valid": "The certificate was not valid at the time of the signature.",
    "time-stamp-broken": "The time stamp is not of this signature, or not as its authority made it.",
    "read-otherwise": "A second reader of PDF files does not find this signature in it, or finds others.",
    **{str(kind): words for kind, words in PROBLEMS.items()},
    "unsigned": "No signature by the expected key, {expected}, was found.",
}
_LABELS: Final = {
    "Source-Organization": "Organisation",
    "Site": "Site",
    "External-Description": "Content",
    "External-Identifier": "Package",
    "Exported-At": "Exported at",
    "Exported-By": "Exported by",
    "Recipient": "For",
    "Reference": "Reference of the recipient",
    "Legal-Basis": "Legal basis",
    "Signer": "Certificate of",
    "Signed-At": "Signed at",
    "Stamped-At": "Time stamp",
    "Stamped-By": "Time stamp by",
    "Stamped-Key": "Certificate of the time stamp",
    "Log-Key": "Key of the activity log",
}
"""The facts that a bag or a signature states, and their names for people."""

_OF_PACKAGES: Final = "incidents.evidence.verification"
_OF_PDFS: Final = "incidents.evidence.pdf_verification"
_OF_KEYS: Final = "incidents.evidence.encrypted_bags"
_NO_KEYS: Final = {
    _OF_PACKAGES: "{path} is not a public key of Ed25519: name the file of the key, or its fingerprint, SHA256:…",
    _OF_PDFS: "{path} is not a certificate: name its file in PEM or DER, or its fingerprint, SHA256:…",
}

_SINGLE_BYTE: Final = {
    "seal-broken": "The seal is not as it was written (byte {first} of the file).",
    "uncovered": "Byte {first} of the file was added or removed.",
    "changed-here": "{name} was changed (byte {first} of the file).",
    "pdf-signature-broken": "The signature is not as it was written (byte {first} of the file).",
    "bytes-changed": "Byte {first} of the file was changed.",
    "appended": "Byte {first} of the file was added after the signature.",
    "appended-sealed": "Byte {first} of the file was added after the seal, which does not cover it.",
    "cut": "Byte {first} of the file is missing.",
}
_CONTENT: Final = re.compile(r"Incident project (?P<number>\d+), revision (?P<revision>\d+)")
_INCONCLUSIVE: Final = frozenset(
    {"no-seal", "no-package", "no-signature", "other-key", "unreadable", "wrong-identity", "wrong-password"}
)
"""What is found in an unchanged file, too: one that was never a package, or of another key, password or identity."""


def register(app: typer.Typer) -> None:
    """Add `verify`."""
    command(
        app,
        "verify",
        "incidents verify incident-12.zip --key signing-key.pub",
        "incidents verify incident-12.zip --key SHA256:… --password",
        "incidents verify incident-12.zip --key signing-key.pub --identity key.txt",
        "incidents verify report-12.pdf --key pdf-signing.crt",
        "incidents verify incident-12.zip --json",
    )(verify)


async def verify(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The package or the PDF.")],
    *,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|SHA256:…", help="The key or the certificate that must have signed it, or its fingerprint."
        ),
    ] = None,
    password: Annotated[bool, typer.Option("--password", help="Open it with a password that you type.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Open it with the password on line 1 of stdin.")
    ] = False,
    identity: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Open it with your private key of age, in a file of age-keygen."),
    ] = None,
) -> None:
    """Verify that nothing in a package or a PDF was changed, and who signed it; it needs no system and no network.

    Exit status: 0 verified, 1 something is not as it was signed, 2 not understood.
    """
    data = _read(session, file)
    verification = _verification(session, data)
    expected = _expected(session, verification, key)
    secret = read_password(session, password_once, ask=not password_stdin) if password or password_stdin else None
    secrets = (secret, _opener(session, identity)) if verification.__name__ == _OF_PACKAGES else ()
    result = await asyncio.to_thread(verification.verify, data, expected, *secrets)
    session.show({"file": str(file), **result.document()}, *_lines(session, file, result))
    if not result.verified:
        raise typer.Exit(Status.REFUSED)


def _verification(session: Session, data: Data) -> Any:
    """Import what verifies a file: only this command needs its libraries."""
    if not is_pdf(data):
        return import_module(_OF_PACKAGES)
    try:
        return import_module(_OF_PDFS)
    except ImportError as error:
        words = "A PDF is verified with libraries that are not installed here: pip install 'incident-manager[pdf]'"
        raise UsageError(session.say(words)) from error


def _opener(session: Session, identity: Path | None) -> Callable[[BinaryIO, BinaryIO], None] | None:
    """Return what decrypts a package with a file of identities."""
    if identity is None:
        return None
    try:
        bags = import_module(_OF_KEYS)
    except ImportError as error:
        words = "An identity needs a library that is not installed here: pip install 'incident-manager[age]'"
        raise UsageError(session.say(words)) from error
    try:
        return partial(bags.decrypt, identities=bags.read_identities(identity))
    except OSError as error:
        reason = session.say(error.strerror or str(error))
        raise UsageError(session.say("{path} cannot be read: {reason}", path=identity, reason=reason)) from error
    except bags.IdentityError as error:
        words = "{path} is not an identity of age: name a file with a line that begins with AGE-SECRET-KEY-1"
        if error.is_encrypted:
            words = "{path} is itself encrypted: decrypt it with age first, and name the decrypted file"
        raise UsageError(session.say(words, path=identity)) from error


def _expected(session: Session, verification: Any, key: str | None) -> str | None:
    if key is None:
        return None
    try:
        return str(verification.expected_fingerprint(key))
    except OSError as error:
        reason = session.say(error.strerror or str(error))
        raise UsageError(session.say("{path} cannot be read: {reason}", path=key, reason=reason)) from error
    except ValueError as error:
        raise UsageError(session.say(_NO_KEYS[verification.__name__], path=key)) from error


def _read(session: Session, file: Path) -> Data:
    """Return the bytes of a file; a package may be larger than memory, and is not read into it."""
    try:
        with file.open("rb") as opened:
            is_on_disk = stat.S_ISREG(os.fstat(opened.fileno()).st_mode)
            data = mapped(opened) if is_on_disk else opened.read(_MEMORY_BYTES_MAX + 1)
    except OSError as error:
        reason = session.say(error.strerror or str(error))
        raise UsageError(session.say("{path} cannot be read: {reason}", path=file, reason=reason)) from error
    is_whole = isinstance(data, bytes) or is_pdf(data)
    if is_whole and len(data) > _MEMORY_BYTES_MAX:
        raise UsageError(session.say("{path} is too large to be read into memory", path=file))
    return data[:] if is_whole else data


def _lines(session: Session, file: Path, result: Any) -> list[Any]:
    if not result.verified:
        words = "{path} could not be verified:" if _is_inconclusive(result) else "{path} is not as it was signed:"
        head = Text(session.say(words, path=file), style="bold red")
        return [head, *(Text(f"  {_sentence(session, finding, result.form)}") for finding in result.findings)]
    lines = [Text(session.say("{path} is verified: nothing in it was changed.", path=file), style="bold green")]
    words = "Signed with the certificate {fingerprint}" if result.form == "pdf" else "Signed by the key {fingerprint}"
    signed = session.say(words, fingerprint=result.fingerprint)
    lines.append(fingerprint_line(signed, result.fingerprint, session.out.width))
    if result.pinned:
        lines.append(Text(session.say("This is the expected key.")))
    else:
        words = (
            "This certificate came with the file. It proves that nothing was changed, but not who made it: compare its "
            "fingerprint with the one that the site gave you by another way, or name that with --key."
            if result.form == "pdf"
            else "This key came with the package. It proves that nothing was changed, but not who made it: compare its "
            "fingerprint with the one that the site gave you by another way, or name that with --key."
        )
        lines.append(Text(session.say(words), style="yellow"))
    if result.form == "pdf" and "Stamped-At" not in result.facts:
        words = "It has no time stamp: the time of its signature is that of the site's own clock."
        lines.append(Text(session.say(words)))
    if not result.opened:
        words = "Its files are encrypted and were not opened; what is encrypted was verified. --password opens them."
        if result.encryption == "age":
            words = (
                "It is encrypted to keys of age and was not opened; what is encrypted was verified. "
                "--identity FILE opens it."
            )
        lines.append(Text(session.say(words)))
    if activity := result.activity:
        lines += _activity_lines(session, activity)
    facts = result.facts
    rows = [(session.say(words), _fact(session, facts[label])) for label, words in _LABELS.items() if label in facts]
    return [*lines, show.table(session.language, "Fact", "Value", rows=rows)] if rows else lines


def _activity_lines(session: Session, activity: Any) -> list[Text]:
    """Say what is proven of the activity, and what is not."""
    words = "Activity: {proven} of {entries} entries are proven to be in the log of the site."
    if activity.log_size is not None:
        words = (
            "Activity: {proven} of {entries} entries are proven to be in the log {origin}, which had {size} entries."
        )
    values = {"proven": activity.proven, "entries": activity.entries}
    lines = [session.say(words, **values, origin=activity.log_origin, size=activity.log_size)]
    if activity.partial:
        words = "{count} of them are in the file without a name or a detail: the signature proves what they say."
        lines.append(session.say(words, count=activity.partial))
    if count := activity.entries - activity.proven:
        lines.append(session.say("{count} of them are younger than the last signed state of the log.", count=count))
    return [Text(line) for line in lines]


def _is_inconclusive(result: Any) -> bool:
    """Tell whether nothing shows that the file is a package that was changed."""
    kinds = {finding.kind for finding in result.findings}
    return kinds <= _INCONCLUSIVE or (result.fingerprint is None and not result.facts)


def _fact(session: Session, value: str) -> object:
    """Return a fact for people: a time by their clock, and the content in their language."""
    if content := _CONTENT.fullmatch(value):
        return session.say("Incident project {number}, revision {revision}", **content.groupdict())
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return at if at.tzinfo else value


def _sentence(session: Session, finding: Any, form: str) -> str:
    kind = finding.kind
    if kind == "changed" and finding.first_byte is not None:
        kind = "changed-here"
    elif kind == "appended" and form == "package":
        kind = "appended-sealed"
    elif kind == "unreadable" and not finding.name:
        kind = "unopened"
    elif kind == "other-key" and finding.found is None:
        kind = "unsigned"
    values = {"name": finding.name, "first": finding.first_byte, "last": finding.last_byte}
    values |= {"entry": finding.entry, "index": finding.log_index}
    sentences = _SENTENCES if finding.first_byte != finding.last_byte else {**_SENTENCES, **_SINGLE_BYTE}
    return session.say(sentences[kind], **values, expected=finding.expected, found=finding.found)
