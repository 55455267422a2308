"""The command that verifies a certificate of destruction, without a system."""

from pathlib import Path
from typing import Annotated, Final

import typer
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from rich.console import RenderableType
from rich.text import Text

from contracts.evidence.destruction import Certificate, Problem, Verified, verify
from contracts.evidence.ssh_signatures import fingerprint
from contracts.evidence.supplements import Supplement, VerifiedSupplement, verify_supplement
from incidents.cli.operations.destruction.files import expected_fingerprint, read_signed, require_certificate
from incidents.cli.operations.destruction.words import facts_of, supplement_beside
from incidents.terminal.options import command
from incidents.terminal.session import Session, Status
from incidents.terminal.tables import show
from incidents.terminal.tables.fingerprints import fingerprint_line

_PROBLEMS: Final[dict[Problem, str]] = {
    Problem.CUT: "It is cut off: its end is missing. Ask the site for the whole file.",
    Problem.EDITED: "It was changed, or the signature is that of another certificate.",
    Problem.SIGNATURE: "The signature is cut off or damaged: it must have 64 bytes.",
    Problem.OTHER_KEY: "Its key, {found}, is not the expected one, {expected}.",
    Problem.KEY_NOT_NAMED: "Another key signed it than the one that it names: another site made it.",
    Problem.FORM: "It is signed, and is not a certificate that this version knows.",
    Problem.CHECKPOINT: "The state of the activity log in it is not signed by the same key, or is another one.",
    Problem.COUNT: "Its count is not that of its project numbers.",
    Problem.OTHER_CERTIFICATE: "The supplement beside it is that of another certificate.",
}


def register(app: typer.Typer) -> None:
    """Add `verify-certificate`."""
    command(
        app,
        "verify-certificate",
        "incidents retention verify-certificate certificate-17.json --key site.pub",
        "incidents retention verify-certificate certificate-17.json --json",
    )(verify_certificate)


async def verify_certificate(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The certificate; its .sig and .pem are beside it.")],
    *,
    key: Annotated[
        str | None,
        typer.Option(metavar="FILE|SHA256:…", help="The key that must have signed it, or its fingerprint."),
    ] = None,
) -> None:
    """Verify that nothing in a certificate of destruction was changed, and who signed it; it needs no system.

    A supplement beside it, which says when the bytes were overwritten, is verified with it.

    Exit status: 0 verified, 1 something does not fit, 2 not understood.
    """
    file = require_certificate(session, file)
    signed, expected = read_signed(session, file, key), expected_fingerprint(session, key)
    certificate, problems = verify(*signed, _is_signature, expected)
    supplement, others = _supplement(session, supplement_beside(file), signed.content, expected, key)
    own = fingerprint(signed.key)
    result = Verified(certificate, list(dict.fromkeys([*problems, *others])))
    document = {
        "file": str(file),
        "verified": not result.problems,
        "problems": [str(problem) for problem in result.problems],
        "key": own,
        "expected_key": expected is not None,
        "certificate": certificate.model_dump(mode="json") if certificate else None,
        "supplement": supplement.model_dump(mode="json") if supplement else None,
    }
    session.show(document, *_lines(session, file, (result, supplement), (own, expected)))
    if result.problems:
        raise typer.Exit(Status.REFUSED)


def _supplement(
    session: Session, path: Path, certificate: bytes, expected: str | None, key: str | None
) -> VerifiedSupplement:
    """Verify the supplement of a certificate; without one, nothing is wrong."""
    if not path.exists():
        return VerifiedSupplement(None, [])
    return verify_supplement(read_signed(session, path, key), certificate, _is_signature, expected)


def _is_signature(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        VerifyKey(public_key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def _lines(
    session: Session, file: Path, verified: tuple[Verified, Supplement | None], keys: tuple[str, str | None]
) -> list[RenderableType]:
    (result, supplement), (own, expected) = verified, keys
    if result.problems:
        head = session.say("{path} is not as the site signed it:", path=file)
        reasons = (session.say(_PROBLEMS[each], found=own, expected=expected) for each in result.problems)
        return [Text(head, style="bold red"), *(Text(f"  {reason}") for reason in reasons)]
    lines = [Text(session.say("{path} is verified: nothing in it was changed.", path=file), style="bold green")]
    signed = session.say("Signed by the key {fingerprint}", fingerprint=own)
    lines.append(fingerprint_line(signed, own, session.out.width))
    if expected:
        lines.append(Text(session.say("This is the expected key.")))
    else:
        words = (
            "This key came with the certificate. It proves that nothing was changed, but not who made it: compare its "
            "fingerprint with the one that the site gave you by another way, or name that with --key."
        )
        lines.append(Text(session.say(words), style="yellow"))
    return [*lines, *([_facts(session, result.certificate, supplement)] if result.certificate else [])]


def _facts(session: Session, certificate: Certificate, supplement: Supplement | None) -> RenderableType:
    return show.facts(session.language, facts_of(session, certificate, supplement))
