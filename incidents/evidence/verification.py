"""Verifying a package: that each of its bytes is as it was signed, and by which key."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from contracts.evidence import bag, seal
from contracts.evidence.activity_verification import verify_packaged
from contracts.evidence.bag import FileDigest
from contracts.evidence.package_files import Archive, UnreadableError, WrongIdentityError, WrongPasswordError
from contracts.evidence.seal import Data, NoSealError, Seal
from contracts.evidence.ssh_signatures import (
    FormError,
    Signature,
    fingerprint,
    read_armor,
    read_public_line,
    signed_bytes,
)
from incidents.evidence.findings import Finding, Verification, mapped

Opener = Callable[[BinaryIO, BinaryIO], None]
"""Decrypts one file, which is encrypted to keys, into another; or raises what `encrypted_bags.decrypt` raises."""

_FINGERPRINT: Final = "SHA256:"
_KEY_FILE_CHARACTERS_MAX: Final = 10_000
_END_RECORD: Final = b"PK\x05\x06"
_END_RECORD_BYTES: Final = 22


def expected_fingerprint(key: str) -> str:
    """Return the fingerprint of an expected key: itself, or that of the key in a file.

    Raises:
        FormError: The file holds no Ed25519 key of OpenSSH.
        OSError: It cannot be read.
    """
    if key.startswith(_FINGERPRINT):
        return key
    with Path(key).open(encoding="utf-8") as file:
        return fingerprint(read_public_line(file.read(_KEY_FILE_CHARACTERS_MAX)))


def verify(
    data: Data, expected: str | None = None, password: str | None = None, opener: Opener | None = None
) -> Verification:
    """Verify the file of a package; `expected` is the fingerprint of the only key that counts.

    `opener` decrypts a bag that is encrypted to keys. Without it, or without the password of an encrypted package, its
    seal is verified, which covers the encrypted files.
    """
    result = Verification(len(data))
    key, end = _verify_seal(data, result)
    if key is not None:
        result.fingerprint = fingerprint(key)
        result.pinned = result.fingerprint == expected
    if expected is not None and not result.pinned:
        result.findings.append(Finding("other-key", expected=expected, found=result.fingerprint))
    try:
        archive = Archive(data, end)
        if _is_foreign(archive, result):
            result.findings = [each for each in result.findings if each.kind == "other-key"]
            result.findings.insert(0, Finding("no-package"))
        elif archive.has_encrypted_bag:
            _verify_encrypted_bag(archive, opener, result)
        else:
            _verify_files(archive, key, password, result)
    except UnreadableError as error:
        if not _has_changes(result) or _is_within_change(error.name, result):
            result.findings.append(Finding("unreadable", error.name))
    return result


def _is_foreign(archive: Archive, result: Verification) -> bool:
    """Tell whether a ZIP has nothing of a package: no seal, and no file that says how the others are verified."""
    has_seal = all(finding.kind != "no-seal" for finding in result.findings)
    tags = {bag.MANIFEST, bag.TAG_MANIFEST, bag.INFO} & {*archive.names}
    return not (has_seal or tags or archive.has_encrypted_bag)


def _verify_seal(data: Data, result: Verification) -> tuple[bytes | None, int]:
    """Verify the seal and what it covers; return the key that signed it, and where the package ends."""
    try:
        mark = seal.read(data)
    except NoSealError:
        result.findings.append(_no_seal(data))
        return None, len(data)
    signature = _verified(mark.signature, seal.NAMESPACE, mark.signed.encode())
    if signature is None:
        result.findings.append(Finding("seal-broken", first_byte=mark.start, last_byte=len(data) - 1))
    elif not seal.is_whole(mark):
        result.findings.append(_uncovered(mark))
    result.findings += _changed(data, mark)
    if signature is None:
        return None, len(data)
    if mark.end < len(data):
        result.findings.append(Finding("appended", first_byte=mark.end, last_byte=len(data) - 1))
    return signature.public_key, mark.end


def _no_seal(data: Data) -> Finding:
    """Tell a seal that cannot be read from none: something is behind the last record of the ZIP."""
    end = data.rfind(_END_RECORD) + _END_RECORD_BYTES
    if _END_RECORD_BYTES <= end < len(data):
        return Finding("seal-broken", first_byte=end, last_byte=len(data) - 1)
    return Finding("no-seal")


def _uncovered(mark: Seal) -> Finding:
    """Return the bytes that a seal does not cover, or those that are gone."""
    covered = max((region.last + 1 for region in mark.regions), default=0)
    first, end = sorted((covered, mark.start))
    return Finding("uncovered", first_byte=first, last_byte=max(end - 1, first))


def _changed(data: Data, mark: Seal) -> list[Finding]:
    before = {region.start: region.sha256 for region in mark.regions}
    return [
        Finding("changed", region.name, region.start, region.last, before[region.start], region.sha256)
        for region in seal.changed_regions(data, mark)
    ]


def _verified(armored: str, namespace: str, message: bytes) -> Signature | None:
    """Return a signature if it is one of this message for this purpose."""
    try:
        signature, signed = read_armor(armored), signed_bytes(namespace, message)
    except (FormError, ValueError):
        return None
    is_verified = _is_signed(signature.public_key, signature.signature, signed)
    return signature if is_verified and signature.namespace == namespace else None


def _has_changes(result: Verification) -> bool:
    return any(finding.kind == "changed" for finding in result.findings)


def _is_within_change(name: str, result: Verification) -> bool:
    """Tell whether a file is in a folder that the seal has as one part, so that only this says which file it is."""
    folders = tuple(each.name for each in result.findings if each.kind == "changed" and each.name.endswith("/"))
    return name.startswith(folders)


def _verify_files(archive: Archive, key: bytes | None, password: str | None, result: Verification) -> None:
    """Read the files, and compare them with the manifests and the signature of these.

    Raises:
        UnreadableError: One of them cannot be read.
    """
    result.encrypted = archive.is_encrypted
    result.encryption = "password" if result.encrypted else None
    if result.encrypted and password is None:
        return
    digests, tags = dict[str, FileDigest](), dict[str, bytes]()
    try:
        for name, digest, content in archive.files(password):
            if name in digests:
                result.findings.append(Finding("extra", name))
            digests[name], tags[name] = digest, content
    except WrongPasswordError:
        result.findings.append(Finding("wrong-password"))
        return
    result.opened, result.files = True, len(digests)
    _compare(digests, tags, key, result)
    _verify_activity(archive, tags, key, result)


def _verify_activity(archive: Archive, tags: dict[str, bytes], key: bytes | None, result: Verification) -> None:
    """Verify the activity with the key of the package.

    Raises:
        UnreadableError: A file of it cannot be read.
    """
    # Whoever seals a package anew without the site's key can leave that in it, which then names the first bad entry.
    key = _public_key(tags) or key
    activity = verify_packaged(archive, key, _is_signed) if key else None
    if activity:
        result.take_activity(activity)


def _is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        VerifyKey(key).verify(message, signature)
    except (CryptoError, ValueError):
        return False
    return True


def _verify_encrypted_bag(archive: Archive, opener: Opener | None, result: Verification) -> None:
    """Decrypt the package within, and verify that it is one of the same key.

    Raises:
        UnreadableError: It is damaged.
    """
    result.encrypted, result.encryption = True, "age"
    if opener is None:
        return
    try:
        inner = _verify_inner(archive, opener, result.fingerprint)
    except WrongIdentityError:
        result.findings.append(Finding("wrong-identity"))
        return
    except (UnreadableError, WrongPasswordError) as error:
        raise UnreadableError(bag.ENCRYPTED) from error
    if not inner.verified or not inner.opened:
        result.findings.append(Finding("bag-changed", bag.PACKED))
    result.opened, result.files, result.facts, result.activity = True, inner.files, inner.facts, inner.activity


def _verify_inner(archive: Archive, opener: Opener, fingerprint: str | None) -> Verification:
    """Verify what is encrypted in a package, in a file without a name."""
    with TemporaryFile() as packed:
        with TemporaryFile() as encrypted:
            archive.extract(bag.ENCRYPTED, encrypted)
            encrypted.seek(0)
            opener(encrypted, packed)
        return verify(mapped(packed), fingerprint)


def _compare(digests: dict[str, FileDigest], tags: dict[str, bytes], key: bytes | None, result: Verification) -> None:
    known = {(finding.kind, finding.name) for finding in result.findings}
    for name, kind, expected, digest in bag.differences(digests, tags):
        if (kind, name) not in known:
            result.findings.append(Finding(kind, name, expected=expected, found=digest))
    armored = tags.get(bag.SIGNATURE, b"").decode("ascii", "replace")
    signature = _verified(armored, bag.NAMESPACE, tags.get(bag.TAG_MANIFEST, b""))
    if signature is None or (key is not None and signature.public_key != key) or not _has_key(tags, signature):
        result.findings.append(Finding("signature-broken", bag.SIGNATURE))
    result.facts = bag.read_info(tags.get(bag.INFO, b"").decode(errors="replace"))


def _has_key(tags: dict[str, bytes], signature: Signature) -> bool:
    """Tell whether the key in the package is the one that signed it."""
    return _public_key(tags) == signature.public_key


def _public_key(tags: dict[str, bytes]) -> bytes | None:
    try:
        return read_public_line(tags.get(bag.PUBLIC_KEY, b"").decode())
    except ValueError:
        return None
