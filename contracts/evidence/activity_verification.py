"""Verifying the activity of a package: each entry against its proof, each proof against the checkpoint of the log.

The checkpoint and the entries as a whole are signed with the key that signs packages. Nothing else is trusted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from contracts.evidence import bag
from contracts.evidence.checkpoints import Checkpoint, NoteError, Verify, read_note, verifier_line
from contracts.evidence.merkle_tree import ProofError, leaf_hash, require_included, root_of
from contracts.evidence.packaged_activity import (
    ENTRIES,
    LOG_KEY,
    PROOFS,
    PackagedEntry,
    activity_origin,
    is_activity,
    ordered,
    package_origin,
    read_entries,
)
from contracts.evidence.tlog_proofs import ProofFormError, TlogProof, read_proofs

ActivityProblem = Literal[
    "entry-changed",
    "entry-missing",
    "entry-added",
    "entry-not-logged",
    "entry-not-listed",
    "entries-changed",
    "activity-unreadable",
    "checkpoint-not-signed",
]


PROBLEMS: Final[dict[ActivityProblem, str]] = {
    "entry-changed": "Entry {entry} of {name} was changed.",
    "entry-missing": "The entry at place {index} of the log, which {name} proves, is missing.",
    "entry-added": "Entry {entry} of {name} was added, or its proof was removed.",
    "entry-not-logged": "Entry {entry} of {name} is not the one that the log has at place {index}.",
    "entry-not-listed": "Entry {entry} of {name} is not the one that the report lists there.",
    "entries-changed": "The entries of the activity are not those that {name} signs.",
    "activity-unreadable": "{name} does not have the form of activities and their proofs.",
    "checkpoint-not-signed": "{name} is not signed with the key of the site, or is about another log.",
}
"""What each of them means, for people."""


class Problem(NamedTuple):
    """Something that is not as it was signed: in which file, of which entry there, and of which place in the log."""

    kind: ActivityProblem
    name: str
    entry: int | None = None
    log_index: int | None = None


class Trust(NamedTuple):
    """What is trusted: the site's key and what verifies signatures with it, and the names of both trees."""

    key: bytes
    verify: Verify
    log_origin: str
    package_origin: str


@dataclass
class ActivityResult:
    """What was found out about the activity of a package.

    Of its `entries`, `proven` are in the log at the state of a checkpoint, `partial` of these without all that they say
    in the log. `log_origin` and `log_size` are those of the checkpoint.
    """

    entries: int = 0
    proven: int = 0
    partial: int = 0
    log_origin: str | None = None
    log_size: int | None = None
    problems: list[Problem] = field(default_factory=list)


class PackagedLog(NamedTuple):
    """The small files about the activity of a package: the signed state of its entries, and the key of the log."""

    entries_note: str
    key_line: str


class PackagedFiles(Protocol):
    """The files of a package that may be forged or damaged."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the files in the folder."""

    def content(self, name: str) -> bytes:
        """Return the content of a file."""

    def lines(self, name: str) -> Iterable[str]:
        """Yield the lines of a file."""


def verify_packaged(archive: PackagedFiles, key: bytes, verify: Verify) -> ActivityResult | None:
    """Verify the activity in a package, with the site's key; None if it has none, or one of an older form.

    Raises:
        UnreadableError: A file of it cannot be read.
    """
    names = archive.names
    entries, unreadable = list[PackagedEntry](), list[Problem]()
    for name in filter(is_activity, names):
        try:
            entries += read_entries(name, archive.content(name))
        except ValueError:
            unreadable.append(Problem("activity-unreadable", name))
    if not unreadable and all(entry.log_index is None for entry in entries) and not {ENTRIES, PROOFS} & {*names}:
        return None

    def text(name: str) -> str:
        return archive.content(name).decode(errors="replace") if name in names else ""

    info = bag.read_info(text(bag.INFO))
    site, package_id = info.get("Site", ""), info.get("External-Identifier", "")
    trust = Trust(key, verify, activity_origin(site), package_origin(site, package_id))
    proofs = archive.lines(PROOFS) if PROOFS in names else ()
    result = verify_activity(entries, PackagedLog(text(ENTRIES), text(LOG_KEY)), proofs, trust)
    result.problems[:0] = unreadable
    return result


def verify_activity(
    entries: Iterable[PackagedEntry], log: PackagedLog, proofs: Iterable[str], trust: Trust
) -> ActivityResult:
    """Verify the entries of a package with the lines of its file of proofs."""
    verification = _Verification(trust)
    for entry in entries:
        verification.take(entry)
    try:
        for proof in read_proofs(proofs):
            verification.compare(proof)
    except ProofFormError:
        verification.result.problems.append(Problem("activity-unreadable", PROOFS))
    verification.end(log)
    result = verification.result
    result.problems.sort(key=lambda problem: (problem.entry is None, problem.name, problem.entry or 0))
    return result


class _Verification:
    """One pass over the proofs of a package, whose entries are known."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._entries: dict[int, PackagedEntry] = {}
        self._missing_proofs: set[int] = set()
        self._all: list[PackagedEntry] = []
        self._checkpoints: dict[str, Checkpoint | None] = {}
        self.result = ActivityResult()

    def take(self, entry: PackagedEntry) -> None:
        """Note an entry; two cannot have one place."""
        self.result.entries += 1
        self._all.append(entry)
        if entry.log_index is None or entry.log_index in self._entries:
            self._report("entry-added", entry)
        else:
            self._entries[entry.log_index] = entry
            self._missing_proofs.add(entry.log_index)

    def compare(self, proof: TlogProof) -> None:
        """Compare a proof with its entry and its checkpoint."""
        entry = self._entries.get(proof.place)
        if entry is None or proof.place not in self._missing_proofs:
            self.result.problems.append(Problem("entry-missing", PROOFS, log_index=proof.place))
            return
        self._missing_proofs.remove(proof.place)
        if entry.shown_hash is None or entry.shown_hash != proof.extra:
            self._report("entry-changed", entry)
        elif (checkpoint := self._checkpoint(proof.note)) is not None:
            self._prove(entry, proof, checkpoint)

    def _prove(self, entry: PackagedEntry, proof: TlogProof, checkpoint: Checkpoint) -> None:
        try:
            require_included(proof.place, entry.log_hash or b"", checkpoint.size, checkpoint.root, proof.hashes)
        except ProofError:
            self._report("entry-not-logged", entry)
            return
        self.result.proven += 1
        self.result.partial += not entry.is_whole

    def _checkpoint(self, note: str) -> Checkpoint | None:
        """Return the checkpoint of a proof, which is verified once; all proofs have the same."""
        if note not in self._checkpoints:
            self._checkpoints[note] = self._signed(note, self._trust.log_origin)
            if self._checkpoints[note] is None or len(self._checkpoints) > 1:
                self.result.problems.append(Problem("checkpoint-not-signed", PROOFS))
        return self._checkpoints[note]

    def _signed(self, note: str, origin: str) -> Checkpoint | None:
        try:
            checkpoint = read_note(note, self._trust.key, self._trust.verify)
        except NoteError:
            return None
        return checkpoint if checkpoint.origin == origin else None

    def end(self, log: PackagedLog) -> None:
        """Compare the entries as a whole with what was signed, and name those that lack a proof."""
        checkpoint = next(iter(self._checkpoints.values()), None)
        if checkpoint:
            self.result.log_origin, self.result.log_size = checkpoint.origin, checkpoint.size
            for index in sorted(self._missing_proofs):
                if index < checkpoint.size:
                    self._report("entry-added", self._entries[index])
        signed = self._signed(log.entries_note, self._trust.package_origin)
        leaves = [entry.shown_hash or b"" for entry in ordered(self._all)]
        leaves += [leaf_hash(note.encode()) for note in self._checkpoints]
        if signed is None:
            self.result.problems.append(Problem("checkpoint-not-signed", ENTRIES))
        elif (signed.size, signed.root) != (len(leaves), root_of(leaves)) and not self.result.problems:
            self.result.problems.append(Problem("entries-changed", ENTRIES))
        if log.key_line.strip() != verifier_line(self._trust.log_origin, self._trust.key):
            self.result.problems.append(Problem("checkpoint-not-signed", LOG_KEY))

    def _report(self, kind: ActivityProblem, entry: PackagedEntry) -> None:
        self.result.problems.append(Problem(kind, entry.name, entry.number, entry.log_index))
