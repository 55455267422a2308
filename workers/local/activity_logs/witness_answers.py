"""What witnesses outside the site know of a log: from its notes, and by asking them now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Literal, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.evidence.checkpoints import Checkpoint, NoteError
from contracts.evidence.cosignatures import Verifier, parts_of, read_cosignatures
from contracts.evidence.merkle_tree import ProofError
from contracts.message import Store
from workers.audit.tamper_evidence.witnesses.errors import WitnessAwayError, WitnessRefusedError
from workers.audit.tamper_evidence.witnesses.http_witness import cosign
from workers.audit.tamper_evidence.witnesses.tree_proofs import read_proof
from workers.audit.tamper_evidence.witnesses.witness_list import Cosigner
from workers.common.signing_key import is_signature
from workers.runtime.storage.database import connect_autocommit

_SECONDS: Final = 10.0
_NEWEST: Final = text("SELECT size, note FROM audit.checkpoint WHERE store = :store ORDER BY size DESC LIMIT 1")
Verdict = Literal["agrees", "refuses", "away"]


class CosignedState(NamedTuple):
    """A checkpoint that a known witness has cosigned, and when."""

    checkpoint: Checkpoint
    at: datetime
    witness: str


class WitnessAnswer(NamedTuple):
    """What a witness says now about the newest checkpoint, and why it does not agree."""

    witness: str
    verdict: Verdict
    reason: str | None = None


class Asked(NamedTuple):
    """What witnesses say now, and the notes that they have cosigned just now."""

    answers: Sequence[WitnessAnswer]
    notes: Sequence[str]


class Witnessed(NamedTuple):
    """What is known of a log by its witnesses: the last state that they cosigned, and what they say now."""

    last: CosignedState | None
    answers: Sequence[WitnessAnswer]

    @property
    def is_refused(self) -> bool:
        """Whether no witness has cosigned a state of this log, or one says that it saw another history."""
        return self.last is None or any(answer.verdict == "refuses" for answer in self.answers)


def cosigned_states(notes: Iterable[str], known: Sequence[Verifier]) -> list[CosignedState]:
    """Return the checkpoints in notes that known witnesses have cosigned; the site's signature is not looked at."""
    states = []
    for note in set(notes):
        try:
            parts = parts_of(note)
        except NoteError:
            continue
        for witness in known:
            cosignatures = read_cosignatures(parts.text, parts.signatures, witness, is_signature)
            states += [CosignedState(parts.checkpoint, each.at, each.witness) for each in cosignatures]
    return sorted(states, key=lambda state: (state.checkpoint.size, state.at))


async def ask(engine: AsyncEngine, store: Store, witnesses: Sequence[Cosigner]) -> Asked:
    """Show the newest checkpoint to witnesses: each compares it with what it saw last."""
    answers, notes = [], []
    for witness in witnesses:
        try:
            notes.append(await _ask(engine, store, witness))
            answers.append(WitnessAnswer(witness.key.name, "agrees"))
        except WitnessRefusedError as error:
            answers.append(WitnessAnswer(witness.key.name, "refuses", str(error)))
        except WitnessAwayError as error:
            answers.append(WitnessAnswer(witness.key.name, "away", str(error)))
        except ProofError:
            answers.append(WitnessAnswer(witness.key.name, "refuses", "no proof leads from what it saw to this tree"))
    return Asked(answers, notes)


async def _ask(engine: AsyncEngine, store: Store, witness: Cosigner) -> str:
    """Return the newest note with a cosignature of now; one that is newer meanwhile is shown instead."""
    size = -1
    while True:
        async with connect_autocommit(engine) as connection:
            newest = (await connection.execute(_NEWEST, {"store": store.value})).one_or_none()
            if newest is None:
                raise WitnessAwayError("no checkpoint is signed yet")
            proof = partial(read_proof, connection, store, new=newest.size)
            try:
                cosignature = await cosign(witness, newest.note, newest.size, proof, _SECONDS)
            except WitnessRefusedError:
                if newest.size == size:
                    raise
                size = newest.size  # the system may have shown the witness a newer one
            else:
                return f"{newest.note}{cosignature.line}"
