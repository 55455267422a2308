"""What a verification finds."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal[
    "no-seal",
    "seal-broken",
    "other-key",
    "uncovered",
    "changed",
    "missing",
    "extra",
    "unreadable",
    "wrong-password",
    "signature-broken",
]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was signed: of which file in the package, and in which bytes of its file."""

    kind: Kind
    name: str = ""
    first_byte: int | None = None
    last_byte: int | None = None
    expected: str | None = None
    found: str | None = None


@dataclass
class Verification:
    """The result: `opened` tells whether the files in it were read, `pinned` whether the key was the expected one."""

    bytes: int
    findings: list[Finding] = field(default_factory=list)
    fingerprint: str | None = None
    pinned: bool = False
    encrypted: bool = False
    opened: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    files: int = 0

    @property
    def verified(self) -> bool:
        """Whether everything is as it was signed."""
        return not self.findings

    def document(self) -> dict[str, Any]:
        """Return the result for programs."""
        return {"verified": self.verified, **asdict(self)}
