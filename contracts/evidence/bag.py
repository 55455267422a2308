"""The bag of a package (BagIt, RFC 8493): the names of its files, and the texts that list and describe them."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from contracts.printable import printable

BAGIT: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
README: Final = "README.txt"
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
SIGNATURE: Final = "tagmanifest-sha256.txt.sig"
PUBLIC_KEY: Final = "signing-key.pub"
PAYLOAD: Final = "data/"

PACKED: Final = "bag.zip"
"""The package in one that is encrypted to keys, when it was opened."""

ENCRYPTED: Final = "bag.zip.age"
"""The same as it is before."""

NAMESPACE: Final = "incident-manager-package"
"""What the signature of the tag manifest is for, so that no other signature of the key is taken for it."""

DECLARATION: Final = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S.*)")
_UNLISTED: Final = frozenset({TAG_MANIFEST, SIGNATURE})


class FileDigest(NamedTuple):
    """What a manifest needs of a file: its size and its SHA-256."""

    bytes: int
    sha256: str


class Difference(NamedTuple):
    """A file of a bag that is not as its manifests say: changed, missing or extra."""

    name: str
    kind: Literal["changed", "missing", "extra"]
    expected: str | None = None
    found: str | None = None


def sha256(data: bytes) -> str:
    """Return a digest in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digests(files: Mapping[str, bytes]) -> dict[str, FileDigest]:
    """Return the sizes and digests of files by their names."""
    return {name: FileDigest(len(data), sha256(data)) for name, data in files.items()}


def manifest(files: Mapping[str, FileDigest], *, tags: bool) -> str:
    """Return the manifest of the payload, or of the tag files, in the form that sha256sum reads."""
    names = (name for name in files if name not in _UNLISTED and name.startswith(PAYLOAD) is not tags)
    return "".join(f"{files[name].sha256}  {name}\n" for name in sorted(names))


def read_manifest(text: str) -> dict[str, str]:
    """Return the digests of a manifest by the names of the files.

    Raises:
        ValueError: It has a line of another form, or a file twice.
    """
    lines = [_LINE.fullmatch(line) for line in text.removesuffix("\n").split("\n")]
    found = {match[2]: match[1] for match in lines if match}
    if len(found) != len(lines):
        raise ValueError
    return found


def oxum(files: Mapping[str, FileDigest]) -> str:
    """Return the size of the payload and the number of its files."""
    sizes = [digest.bytes for name, digest in files.items() if name.startswith(PAYLOAD)]
    return f"{sum(sizes)}.{len(sizes)}"


def info(values: Iterable[tuple[str, str | None]]) -> str:
    """Return what describes a bag, one line for each label with a value."""
    return "".join(f"{label}: {printable(' '.join(value.split()))}\n" for label, value in values if value)


def read_info(text: str) -> dict[str, str]:
    """Return the values of a bag's description by their labels."""
    pairs = (line.partition(": ") for line in text.splitlines())
    return {label: value for label, _, value in pairs}


def differences(files: Mapping[str, FileDigest], tags: Mapping[str, bytes]) -> list[Difference]:
    """Compare the files of a bag with its manifests, and those with each other; `tags` has the content of these.

    The signature of the tag manifest is for others to verify.
    """
    found = list[Difference]()
    listed = dict[str, str]()
    for name in (MANIFEST, TAG_MANIFEST):
        try:
            listed |= read_manifest(tags[name].decode())
        except KeyError:
            found.append(Difference(name, "missing"))
        except ValueError:
            found.append(Difference(name, "changed", found=sha256(tags[name])))
    found += [Difference(name, "missing", digest) for name, digest in listed.items() if name not in files]
    found += [Difference(name, "extra") for name in files if name not in listed and name not in _UNLISTED]
    present = {name: files[name].sha256 for name in listed if name in files}
    found += [
        Difference(name, "changed", listed[name], digest) for name, digest in present.items() if digest != listed[name]
    ]
    stated = read_info(tags.get(INFO, b"").decode(errors="replace")).get("Payload-Oxum")
    if stated != oxum(files) and not found:
        found.append(Difference(INFO, "changed", oxum(files), stated))
    return found
