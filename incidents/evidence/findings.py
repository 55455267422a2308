"""What a verification finds, and the file in which it looks."""

import os
from dataclasses import asdict, dataclass, field
from mmap import ACCESS_READ, mmap
from typing import Any, BinaryIO, Final, Literal

from contracts.evidence.activity_verification import ActivityProblem, ActivityResult
from contracts.evidence.seal import Data

_HEAD: Final = b"%PDF-"
_ZIP_HEAD: Final = b"PK\x03\x04"
_END: Final = b"%%EOF"
_EDGE_BYTES: Final = 1024

Kind = Literal[
    "no-seal",
    "no-package",
    "seal-broken",
    "other-key",
    "uncovered",
    "changed",
    "missing",
    "extra",
    "unreadable",
    "wrong-password",
    "wrong-identity",
    "bag-changed",
    "signature-broken",
    "no-signature",
    "pdf-signature-broken",
    "bytes-changed",
    "appended",
    "cut",
    "not-valid",
    "time-stamp-broken",
    "read-otherwise",
    ActivityProblem,
]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was signed: of which file in the package, and in which bytes of its file.

    `entry` is that of an activity, counted from 1, and `log_index` its place in the log.
    """

    kind: Kind
    name: str = ""
    first_byte: int | None = None
    last_byte: int | None = None
    expected: str | None = None
    found: str | None = None
    entry: int | None = None
    log_index: int | None = None


@dataclass(frozen=True)
class Activity:
    """What is proven of the activity in a package or a report.

    Of its `entries`, `proven` were in the log of the site when it had `log_size` entries. Of these, `partial` are in
    the file without all that they say in the log.
    """

    entries: int
    proven: int
    partial: int
    log_origin: str | None
    log_size: int | None


@dataclass
class Verification:
    """The result: `opened` tells whether the files in it were read, `pinned` whether the key was the expected one."""

    bytes: int
    form: Literal["package", "pdf"] = "package"
    findings: list[Finding] = field(default_factory=list)
    fingerprint: str | None = None
    pinned: bool = False
    encrypted: bool = False
    encryption: Literal["password", "age"] | None = None
    opened: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    files: int = 0
    activity: Activity | None = None

    @property
    def verified(self) -> bool:
        """Whether everything is as it was signed."""
        return not self.findings

    def take_activity(self, activity: ActivityResult) -> None:
        """Add what was found out about the activity."""
        named = (activity.entries, activity.proven, activity.partial, activity.log_origin, activity.log_size)
        self.activity = Activity(*named)
        self.findings += [
            Finding(kind, name, entry=entry, log_index=index) for kind, name, entry, index in activity.problems
        ]

    def document(self) -> dict[str, Any]:
        """Return the result for programs."""
        return {"verified": self.verified, **asdict(self)}


def is_pdf(data: Data) -> bool:
    """Tell whether a file is a PDF, or was one before its first or last bytes were changed."""
    if data[: len(_ZIP_HEAD)] == _ZIP_HEAD:  # the first file in it may be a PDF that is stored as it is
        return False
    return _HEAD in data[:_EDGE_BYTES] or _END in data[-_EDGE_BYTES:]


def mapped(file: BinaryIO) -> Data:
    """Map a file into memory, where the system reads it as it is needed.

    Raises:
        OSError: It cannot be mapped, because it is none on a disk.
    """
    is_empty = file.seek(0, os.SEEK_END) == 0
    return b"" if is_empty else mmap(file.fileno(), 0, access=ACCESS_READ)
