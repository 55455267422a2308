"""Verifying packages that are encrypted to keys of age: closed, opened, changed, and of somebody else."""

import random
import shlex
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from pyrage import x25519

from incidents.evidence.encrypted_bags import IdentityError, decrypt, read_identities
from incidents.evidence.findings import Verification
from incidents.evidence.verification import verify
from tests.checks.typed_lines import lines as typed_lines
from tests.evidence.sample import PASSWORD, encrypted_to, package, unpacked
from tests.evidence.test_verification import FLIPS, is_named, kinds
from workers.common.signing_key import SigningKey

KEY, FORGER = SigningKey.generate("incident-manager-main"), SigningKey.generate("somebody")
POLICE, STRANGER = x25519.Identity.generate(), x25519.Identity.generate()
RECIPIENTS = [str(POLICE.to_public())]


@pytest.fixture(scope="module")
def closed() -> bytes:
    """A package that is encrypted to a key."""
    return encrypted_to(RECIPIENTS, KEY)


def opened(data: bytes, identity: x25519.Identity = POLICE, expected: str | None = None) -> Verification:
    """Verify a package with an identity."""
    return verify(data, expected, opener=partial(decrypt, identities=[identity]))


def test_an_untouched_package_is_verified(closed: bytes) -> None:
    """The seal is verified without an identity, and with it everything, by one key."""
    sealed, result = verify(closed, KEY.fingerprint), opened(closed, expected=KEY.fingerprint)
    assert sealed.verified
    assert sealed.pinned
    assert not sealed.opened
    assert sealed.facts == {}
    assert sealed.encrypted
    assert sealed.encryption == "age"
    assert result.verified
    assert result.pinned
    assert result.opened
    assert result.encryption == "age"
    plain = verify(package(KEY))
    assert result.facts == plain.facts
    assert result.files == plain.files


@pytest.mark.skipif(shutil.which("age") is None, reason="age is not installed here")
def test_stock_age_opens_it_as_the_page_says(tmp_path: Path) -> None:
    """The lines of the page make a key, and open with it what was encrypted to it; the bag is the package."""
    lines = [shlex.split(line) for page, line in typed_lines() if page == "docs/evidence.md" and line.startswith("age")]
    opening, making = sorted(lines)
    subprocess.run(making, cwd=tmp_path, check=True, capture_output=True)
    public = (tmp_path / "key.txt").read_text().partition("public key: ")[2].split()[0]
    for name, data in unpacked(encrypted_to([public], KEY)).items():
        (tmp_path / name).write_bytes(data)
    assert " ".join(opening) in (tmp_path / "README.txt").read_text()
    subprocess.run(opening, cwd=tmp_path, check=True, capture_output=True)
    assert verify((tmp_path / "bag.zip").read_bytes(), KEY.fingerprint).verified


def test_another_identity_shows_no_change(closed: bytes) -> None:
    """An identity that the package is not for opens nothing, and is not taken for a change."""
    assert kinds(opened(closed, STRANGER)) == [("wrong-identity", "")]


@pytest.mark.parametrize("is_open", [False, True], ids=["closed", "opened"])
def test_every_flipped_byte_is_found(closed: bytes, is_open: bool) -> None:
    """Whichever byte is changed, in the page, the encrypted bag, the list at the end or the seal, it is named."""
    chance = random.Random(7)
    places = range(len(closed)) if len(closed) <= FLIPS else sorted(chance.sample(range(len(closed)), FLIPS // 3))
    for place in places:
        flipped = bytearray(closed)
        flipped[place] ^= 1 << chance.randrange(8)
        result = opened(bytes(flipped)) if is_open else verify(bytes(flipped))
        assert not result.verified, place
        assert is_named(result, place), (place, result.findings)
        assert ("wrong-identity", "") not in kinds(result), place


def test_what_is_encrypted_is_the_sites_too() -> None:
    """A bag that was changed, of another key or no package, in a ZIP that is sealed all the same, is found."""
    whole = package(KEY)
    place = whole.index(b"data/project.json") + 200
    changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    for data in (changed, package(FORGER), whole[:-1], b"PK", b""):
        forged = encrypted_to(RECIPIENTS, KEY, data)
        assert verify(forged).verified
        assert kinds(opened(forged)) == [("bag-changed", "bag.zip")]


def test_a_package_that_somebody_else_wraps_is_not_theirs() -> None:
    """A recipient who wraps the bag again cannot seal it as the site, nor pass it off as their own."""
    forged = encrypted_to(RECIPIENTS, FORGER, package(KEY))
    assert kinds(opened(forged)) == [("bag-changed", "bag.zip")]
    assert ("other-key", "") in kinds(opened(forged, expected=KEY.fingerprint))


def test_a_damaged_bag_without_a_seal_cannot_be_read(closed: bytes) -> None:
    """Where the seal is gone as well, the encryption itself shows that its bytes were changed."""
    unsealed = bytearray(closed[: closed.rindex(b"Seal of an")])
    place = closed.index(b"age-encryption.org/v1") + 2000
    unsealed[place] ^= 1
    assert ("unreadable", "bag.zip.age") in kinds(opened(bytes(unsealed)))


def test_a_wrapper_with_a_password_cannot_be_read(closed: bytes) -> None:
    """A wrapper whose entries claim to be encrypted on their own is no package, and is not opened."""
    forged = bytearray(closed)
    for record, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        forged[closed.rindex(record) + place] |= 1
    assert {"changed"} == {kind for kind, _ in kinds(opened(bytes(forged)))}
    unsealed = bytes(forged[: closed.rindex(b"Seal of an")])
    assert ("unreadable", "bag.zip.age") in kinds(opened(unsealed))


def test_wrapping_twice_opens_once() -> None:
    """A bag that is encrypted again is not opened endlessly: only what the product makes is verified."""
    twice = encrypted_to(RECIPIENTS, KEY, encrypted_to(RECIPIENTS, KEY))
    assert kinds(opened(twice)) == [("bag-changed", "bag.zip")]
    assert kinds(opened(encrypted_to(RECIPIENTS, KEY, package(KEY, PASSWORD)))) == [("bag-changed", "bag.zip")]


def test_a_file_of_identities_is_read_as_age_reads_it(tmp_path: Path, closed: bytes) -> None:
    """Comments and empty lines are skipped, and any of several identities opens the package."""
    path = tmp_path / "key.txt"
    path.write_text(f"# created: 2026-03-01\n# public key: {RECIPIENTS[0]}\n\n{STRANGER}\r\n  {POLICE}\n")
    result = verify(closed, opener=partial(decrypt, identities=read_identities(path)))
    assert result.verified
    assert result.opened


@pytest.mark.parametrize(
    "content",
    [b"", b"# only a comment\n", f"{RECIPIENTS[0]}\n".encode(), b"\xff\xfe", b"AGE-SECRET-KEY-1QQQ\n"],
    ids=["empty", "a comment", "a public key", "no text", "a mistyped key"],
)
def test_a_file_without_identities_is_none(tmp_path: Path, content: bytes) -> None:
    """A public key, a damaged identity or nothing at all is not taken for an identity."""
    path = tmp_path / "key.txt"
    path.write_bytes(content)
    with pytest.raises(IdentityError):
        read_identities(path)


@pytest.mark.parametrize("head", [b"age-encryption.org/v1\n-> scrypt", b"-----BEGIN AGE ENCRYPTED FILE-----\n"])
def test_a_file_of_identities_that_is_encrypted_is_called_so(tmp_path: Path, head: bytes) -> None:
    """An identity with a passphrase of its own is told from a file that is none."""
    path = tmp_path / "key.txt"
    path.write_bytes(head)
    with pytest.raises(IdentityError) as caught:
        read_identities(path)
    assert caught.value.is_encrypted
