"""A log of some activities, and what a package has of it, made here without the code that makes packages."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.evidence.checkpoints import Checkpoint, signed_note, verifier_line
from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import inclusion_proof, leaf_hash, root_of
from contracts.evidence.packaged_activity import ENTRIES, LOG_KEY, PROOFS, shown_entry, shown_hash
from contracts.evidence.tlog_proofs import TlogProof
from workers.common.signing_key import SigningKey

LOG_SIZE = 300
ORIGIN = "incidents/main/incident_manager"
PROJECT = UUID("0190a000-0000-7000-8000-000000000001")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def row(index: int) -> dict[str, Any]:
    """Return an entry as the database has it."""
    return {
        "event_id": UUID(int=PROJECT.int + 1000 + index),
        "project_id": PROJECT,
        "command_id": None if index % 2 else PROJECT,
        "log_index": index,
        "at": NOON + timedelta(seconds=index, microseconds=index % 3),
        "actor": "oscar",
        "activity": "projects.opened",
        "revision": None,
        "details": {"text": "\u00e9t\u00e9 \u2028 </script>", "number": index},
    }


HASHES = [leaf_hash(leaf_of(row(index))) for index in range(LOG_SIZE)]


def activity(indexes: Iterable[int], *, shows_names: bool = True) -> list[dict[str, Any]]:
    """Return some entries as a package has them."""
    return [shown_entry(row(index), row(index)["details"], shows_names=shows_names) for index in indexes]


def note_of(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return a signed checkpoint."""
    return signed_note(checkpoint, key.public_key, key.sign_raw)


def log_note(key: SigningKey, size: int = LOG_SIZE, origin: str = ORIGIN) -> str:
    """Return the signed state of the log when it had this size."""
    return note_of(Checkpoint(origin, size, root_of(HASHES[:size])), key)


def proof_of(index: int, note: str, extra: bytes | None, size: int = LOG_SIZE) -> TlogProof:
    """Return the proof of an entry."""
    return TlogProof(index, inclusion_proof(index, HASHES[:size]), note, extra)


def log_files(
    items: Sequence[dict[str, Any]], key: SigningKey, file_id: object, size: int = LOG_SIZE, kind: str = "packages"
) -> dict[str, bytes]:
    """Return the files about the entries of a package or a report, of whose log this size was signed."""
    entries = sorted((entry for entry in items if "log_index" in entry), key=lambda entry: entry["log_index"])
    note = log_note(key, size)
    proofs = [
        proof_of(entry["log_index"], note, shown_hash(entry), size) for entry in entries if entry["log_index"] < size
    ]
    leaves = [shown_hash(entry) for entry in entries] + ([leaf_hash(note.encode())] if proofs else [])
    checkpoint = Checkpoint(f"incidents/main/{kind}/{file_id}", len(leaves), root_of(leaves))
    files = {PROOFS: "".join(proof.text for proof in proofs).encode()} if proofs else {}
    files[ENTRIES] = note_of(checkpoint, key).encode()
    return {**files, LOG_KEY: f"{verifier_line(ORIGIN, key.public_key)}\n".encode()} if entries else {}
