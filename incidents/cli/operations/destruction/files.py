"""The files of a certificate of destruction, as somebody names them, and what is said of wrong ones."""

from pathlib import Path
from typing import Final

from contracts.evidence.destruction import read_pem
from contracts.evidence.ssh_signatures import FormError, fingerprint, read_public_line
from contracts.evidence.supplements import SignedText
from incidents.cli.operations.destruction.words import certificate_beside
from incidents.terminal.session import Session, UsageError

_FINGERPRINT: Final = "SHA256:"
_BYTES_MAX: Final = 10_000_000
_FORM: Final = b"incident-manager/certificate-of-destruction/"
_NO_CERTIFICATE: Final = (
    "{path} is not a certificate of destruction: name its file, which ends with .json. "
    "`incidents retention certificates --save DIR` saves it."
)
_NO_SIGNATURE: Final = (
    "{path} cannot be verified without its signature, {missing}: put that beside it. "
    "`incidents retention certificates --save DIR` saves both."
)
_NO_KEY: Final = (
    "{path} cannot be verified without the key of the site, {missing}: put that beside it, "
    "or name the file of the key with --key."
)
_NO_KEY_FILE: Final = "{path} is not a public key of Ed25519: name the file of the key, or its fingerprint, SHA256:…"
_DAMAGED_KEY: Final = (
    "{path} cannot be verified with {missing} beside it, which is not a public key of Ed25519. "
    "`incidents retention certificates --save DIR` saves it again."
)


def require_certificate(session: Session, named: Path) -> Path:
    """Return the file of the certificate that somebody named, by itself or by its supplement.

    Raises:
        UsageError: It cannot be read, or is something else.
    """
    content, file = read(session, named), certificate_beside(named)
    if file != named:
        if not file.exists():
            words = "{path} is the supplement of a certificate: put the certificate, {missing}, beside it."
            raise UsageError(session.say(words, path=named, missing=file.name))
        content = read(session, file)
    is_signed = all(file.with_suffix(each).exists() for each in (".sig", ".pem"))
    may_be_damaged = is_signed and content.lstrip()[:1] in {b"", b"{"}
    if _FORM not in content and not may_be_damaged:
        raise UsageError(session.say(_NO_CERTIFICATE, path=file))
    return file


def read_signed(session: Session, file: Path, key: str | None) -> SignedText:
    """Read a file with what is beside it; where no key is, it is the one in the file that `key` names.

    Raises:
        UsageError: One of them is missing, or cannot be read.
    """
    content, (signature, beside) = read(session, file), (file.with_suffix(".sig"), file.with_suffix(".pem"))
    if not signature.exists():
        raise UsageError(session.say(_NO_SIGNATURE, path=file, missing=signature.name))
    if beside.exists():
        public_key = _public_key(read(session, beside))
        if public_key is None:
            raise UsageError(session.say(_DAMAGED_KEY, path=file, missing=beside.name))
    elif key is None or key.startswith(_FINGERPRINT):
        raise UsageError(session.say(_NO_KEY, path=file, missing=beside.name))
    else:
        public_key = _named_key(session, Path(key))
    return SignedText(content, read(session, signature), public_key)


def expected_fingerprint(session: Session, key: str | None) -> str | None:
    """Return the fingerprint of the only key that counts, by itself or by the file of the key.

    Raises:
        UsageError: The file cannot be read, or holds no key.
    """
    return key if key is None or key.startswith(_FINGERPRINT) else fingerprint(_named_key(session, Path(key)))


def read(session: Session, path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_BYTES_MAX)
    except OSError as error:
        reason = session.say(error.strerror or str(error))
        raise UsageError(session.say("{path} cannot be read: {reason}", path=path, reason=reason)) from error


def _named_key(session: Session, path: Path) -> bytes:
    public_key = _public_key(read(session, path))
    if public_key is None:
        raise UsageError(session.say(_NO_KEY_FILE, path=path))
    return public_key


def _public_key(content: bytes) -> bytes | None:
    """Return the key in a file of OpenSSH or of OpenSSL."""
    text = content.decode("utf-8", "replace")
    try:
        return read_pem(text) if text.startswith("-----BEGIN PUBLIC KEY") else read_public_line(text)
    except (FormError, ValueError, IndexError):
        return None
