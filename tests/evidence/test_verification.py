"""A verification finds every change of a package, and names what was changed."""

import io
import os
import random
import zipfile

import pytest

from contracts.evidence import bag
from contracts.projects.exports import EXPORT_PROJECTS_MAX
from incidents.evidence.findings import Verification
from incidents.evidence.verification import verify
from tests.evidence.logged_activity import LOG_SIZE, activity
from tests.evidence.sample import PASSWORD, copy, export, files, package, packed, project, unpacked
from workers.common.signing_key import SigningKey

KEY, FORGER = SigningKey.generate("incident-manager-main"), SigningKey.generate("somebody")
FLIPS = int(os.environ.get("FLIPS", "1500"))
"""How many bytes are changed, one at a time; `make flips` changes each of them."""


@pytest.fixture(scope="module")
def plain() -> bytes:
    """A package without a password."""
    return package(KEY)


@pytest.fixture(scope="module")
def encrypted() -> bytes:
    """A package with a password."""
    return package(KEY, PASSWORD)


def kinds(result: Verification) -> list[tuple[str, str]]:
    """Return the kinds and names of what was found."""
    return [(finding.kind, finding.name) for finding in result.findings]


def test_an_untouched_package_is_verified(plain: bytes, encrypted: bytes) -> None:
    """A package as it was sealed is verified with its facts, also unopened; the expected key is told from any other."""
    result = verify(plain, KEY.fingerprint)
    assert result.verified
    assert result.pinned
    assert result.opened
    assert not result.encrypted
    assert result.facts["Recipient"] == "Police of the canton"
    assert result.fingerprint == KEY.fingerprint
    assert not verify(plain).pinned
    sealed, opened = verify(encrypted), verify(encrypted, password=PASSWORD)
    assert sealed.verified
    assert not sealed.opened
    assert sealed.facts == {}
    assert opened.verified
    assert opened.opened
    assert opened.facts == result.facts
    assert kinds(verify(encrypted, password="incorrect horse")) == [("wrong-password", "")]


def test_another_key_is_not_the_expected_one(plain: bytes) -> None:
    """A whole package of somebody else verifies, and fails as soon as a key is expected."""
    forged = package(FORGER)
    assert verify(forged).verified
    assert kinds(verify(forged, KEY.fingerprint)) == [("other-key", "")]
    assert kinds(verify(plain, FORGER.fingerprint)) == [("other-key", "")]


def test_new_hashes_do_not_hide_a_change(plain: bytes) -> None:
    """A forger who writes all hashes anew, and seals the file with a key of their own, cannot sign as the site."""
    forged = unpacked(plain)
    forged["data/project.json"] = forged["data/project.json"].replace(b"Gate 4", b"Gate 5")
    forged["bag-info.txt"] = forged["bag-info.txt"].replace(b"Harbour", b"Airport")
    forged["manifest-sha256.txt"] = bag.manifest(bag.digests(forged), tags=False).encode()
    forged["tagmanifest-sha256.txt"] = bag.manifest(bag.digests(forged), tags=True).encode()
    for result in (verify(packed(forged, FORGER)), verify(packed(forged, FORGER), KEY.fingerprint)):
        assert ("signature-broken", bag.SIGNATURE) in kinds(result)
    forged["tagmanifest-sha256.txt.sig"] = FORGER.sign(bag.NAMESPACE, forged["tagmanifest-sha256.txt"]).encode()
    assert ("signature-broken", bag.SIGNATURE) in kinds(verify(packed(forged, FORGER)))
    assert ("signature-broken", bag.SIGNATURE) in kinds(verify(packed(forged, KEY)))
    forged["signing-key.pub"] = FORGER.public_line.encode()
    assert ("changed", "signing-key.pub") in kinds(verify(packed(forged, FORGER)))


def test_one_key_signs_all(plain: bytes) -> None:
    """A package of the site in a ZIP that somebody else has sealed is neither the site's nor the other's."""
    assert kinds(verify(packed(unpacked(plain), FORGER))) == [("signature-broken", bag.SIGNATURE)]


def test_packing_again_is_noticed(plain: bytes) -> None:
    """The same files in another ZIP have no seal, though their own signature still holds."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in unpacked(plain).items():
            archive.writestr(f"folder/{name}", data)
    result = verify(target.getvalue())
    assert kinds(result) == [("no-seal", "")]
    assert result.opened


@pytest.mark.parametrize("name", sorted(unpacked(package(KEY))))
def test_a_changed_missing_or_extra_file_is_named(name: str) -> None:
    """Each file counts: changed, missing or beside the others, it is named."""
    bagged = {str(each): data for each, data in files(export(), KEY, encrypted=False).items()}
    assert name in {each for _, each in kinds(verify(packed({**bagged, name: bagged[name] + b"\n"}, KEY)))} | (
        {name} if name == bag.TAG_MANIFEST else set()
    )
    less = packed({each: data for each, data in bagged.items() if each != name}, KEY)
    assert not verify(less).verified
    assert ("extra", f"data/{name}") in kinds(verify(packed({**bagged, f"data/{name}": b""}, KEY)))


def is_named(result: Verification, place: int) -> bool:
    """Tell whether a finding names the bytes in which a place is."""
    spans = [(finding.first_byte, finding.last_byte) for finding in result.findings]
    return any(first is not None and last is not None and first <= place <= last for first, last in spans)


@pytest.mark.parametrize("password", [None, PASSWORD], ids=["plain", "encrypted"])
def test_every_flipped_byte_is_found(plain: bytes, encrypted: bytes, password: str | None) -> None:
    """Whichever byte is changed, in a file, a header, the list at the end or the seal, its place is named."""
    data, chance = (encrypted if password else plain), random.Random(7)
    places = range(len(data)) if len(data) <= FLIPS else sorted(chance.sample(range(len(data)), FLIPS))
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        result = verify(bytes(flipped))
        assert not result.verified, place
        assert is_named(result, place), (place, result.findings)


def test_bytes_around_it_are_found(plain: bytes) -> None:
    """Bytes before, within and behind a package, and those that are gone, are found, though readers ignore them."""
    directory, mark = plain.rindex(b"PK\x01\x02"), plain.rindex(b"Seal of an")
    assert kinds(verify(plain[:mark] + b"x" + plain[mark:])) == [("uncovered", "")]
    for forged in (
        b"x" + plain,
        plain + b"x",
        plain[:-1],
        plain[:directory] + b"x" + plain[directory:],
        plain[:1000],
        b"",
    ):
        assert not verify(forged).verified
    assert kinds(verify(b"PK"))[0] == ("no-seal", "")


def package_of(count: int) -> bytes:
    """Return a package of so many projects, whose numbers are long."""
    numbers = range(10**12 - count, 10**12)
    copies = [
        copy(export(project={**project(), "number": number}, activity=activity([number % LOG_SIZE])), f"{number}/")
        for number in numbers
    ]
    bagged = files(export(), KEY, encrypted=False, copies=copies, has_folders=True)
    return packed(bagged, KEY)


def test_the_largest_package_is_sealed_and_a_changed_report_is_named() -> None:
    """A hundred projects fit into a seal, which names the report that was changed, and where."""
    data = package_of(EXPORT_PROJECTS_MAX)
    result = verify(data, KEY.fingerprint)
    assert result.verified
    assert result.files == 6 * EXPORT_PROJECTS_MAX + 12
    name = f"data/{10**12 - 7}/report.pdf"
    forged = bytearray(data)
    place = data.index(name.encode()) + len(name) + 5
    forged[place] ^= 1
    assert ("changed", name) in kinds(verify(bytes(forged)))
    assert is_named(verify(bytes(forged)), place)


def test_recordings_beyond_the_room_of_a_seal_are_one_part_of_it() -> None:
    """However many recordings there are, the seal covers them, and the manifest names the one that was changed."""
    recordings = {f"media/{number}.mkv": b"of a camera" for number in range(1, 1001)}
    described, of_project = copy(export())
    bagged = files(export(), KEY, encrypted=False, copies=[(described, {**of_project, **recordings})])
    data = packed(bagged, KEY)
    assert verify(data).verified
    assert verify(data).files == len(bagged)
    forged = bytearray(data)
    place = data.index(b"data/media/700.mkv") + len("data/media/700.mkv") + 3
    forged[place] ^= 1
    result = verify(bytes(forged))
    assert {"data/media/", "data/media/700.mkv"} <= {name for _, name in kinds(result)}
    assert is_named(result, place)


def test_the_form_of_a_seal_is_strict() -> None:
    """Both forms of a seal are read as they are written, and no other spelling of them."""
    for count, version in ((2, b"1"), (EXPORT_PROJECTS_MAX, b"2")):
        data = package_of(count)
        title = b"Seal of an Incident Manager package, version "
        assert title + version in data
        for other in (b"3", b"2" if version == b"1" else b"1"):
            result = verify(data.replace(title + version, title + other))
            assert {kind for kind, _ in kinds(result)} & {"seal-broken", "no-seal"}


@pytest.mark.parametrize("more", [b"\n", b"x" * 100_000, b"PK\x05\x06" + bytes(18), b"-----END SSH SIGNATURE-----"])
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_bytes_after_the_seal_are_named(more: bytes, password: str | None) -> None:
    """However many bytes follow the seal, and whatever they are, they are the only thing that is found."""
    data = package(KEY, password)
    result = verify(data + more, KEY.fingerprint, password)
    [appended] = result.findings
    assert appended.kind == "appended"
    assert appended.first_byte == len(data)
    assert appended.last_byte == len(data) + len(more) - 1
    assert result.pinned
    assert result.opened
    assert not result.verified
