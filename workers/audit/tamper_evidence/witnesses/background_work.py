"""The work in the background that shows checkpoints to the witnesses of a site; it delays no recording."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import NoteError
from contracts.evidence.merkle_tree import ProofError
from contracts.message import Store
from workers.audit.row_types import DueCheckpointRow
from workers.audit.tamper_evidence import attestations
from workers.audit.tamper_evidence.attestations import Attested, Kind
from workers.audit.tamper_evidence.checkpoint_copies import CheckpointCopies
from workers.audit.tamper_evidence.witnesses.errors import WitnessError, WitnessRefusedError
from workers.audit.tamper_evidence.witnesses.http_witness import cosign
from workers.audit.tamper_evidence.witnesses.mailbox import Mailbox, send
from workers.audit.tamper_evidence.witnesses.stamping import name_of, stamp
from workers.audit.tamper_evidence.witnesses.tree_proofs import read_proof
from workers.audit.tamper_evidence.witnesses.witness_list import Cosigner, WitnessesFileError, read_witnesses
from workers.common.asyncio_cancellation import run_cancellable
from workers.common.logs import describe
from workers.common.pdf_signing.authority import Authority
from workers.common.process_settings import Settings
from workers.runtime.bus.lane_ownership import EVENTS_LANE
from workers.runtime.process.running_components import RunningComponents
from workers.runtime.storage.database import connect_autocommit

_PAUSE_SECONDS: Final = 0.5
_DELAY_SECONDS: Final = 1.0
_DELAY_SECONDS_MAX: Final = 600.0
"""A witness that is away is asked after a second, then after twice as long each time, up to this."""

log = structlog.get_logger()
Attest = Callable[[AsyncConnection, DueCheckpointRow], Awaitable[str]]
"""Returns what a witness says about a checkpoint, or raises an error of witnesses."""


class Witness(NamedTuple):
    """A witness of a site: its name, what it leaves, how it is asked, and the least time between two requests."""

    name: str
    kind: Kind
    attest: Attest
    pause: timedelta = timedelta(0)


async def run(running: RunningComponents) -> None:
    """Show the newest checkpoints to each witness, in the process that signs them."""
    settings = running.settings
    witnesses = [*_configured(settings), *_stamping(settings), *_mailing(settings)]
    await _announce(running, witnesses)
    async with asyncio.TaskGroup() as group:
        for witness in witnesses:
            group.create_task(run_cancellable(_Attendance(running, witness).run()))


def _configured(settings: Settings) -> list[Witness]:
    """Return the witnesses that the settings name; those of a file that cannot be read are missing, as the log says."""
    try:
        cosigners = read_witnesses(settings.witnesses)
    except WitnessesFileError as error:
        log.warning("witnesses_not_read", path=str(error.path), reason=error.reason)
        return []
    attest = partial(_cosigned, settings.witness_seconds)
    return [Witness(each.key.name, Kind.COSIGNATURE, partial(attest, each)) for each in cosigners]


def _stamping(settings: Settings) -> list[Witness]:
    """Return the authority that stamps times, which is asked less often: it may be one that is paid for."""
    url, pause = settings.timestamp_url, timedelta(seconds=settings.attestation_seconds)
    if url is None:
        return []
    authority = Authority(url, settings.timestamp_seconds)
    return [Witness(name_of(url), Kind.TIME_STAMP, partial(stamp, authority), pause)]


def _mailing(settings: Settings) -> list[Witness]:
    """Return the mailbox to which checkpoints are sent."""
    to, pause = settings.witness_mail, timedelta(seconds=settings.attestation_seconds)
    if to is None:
        return []
    mailbox = Mailbox(to, settings.mail_from or to, settings.smtp_url, settings.witness_seconds)
    return [Witness(mailbox.name, Kind.LETTER, partial(send, mailbox), pause)]


async def _announce(running: RunningComponents, witnesses: Sequence[Witness]) -> None:
    while True:
        try:
            if EVENTS_LANE in running.lanes.owned:
                async with connect_autocommit(running.engine) as connection:
                    await attestations.configure(connection, [(each.name, each.kind) for each in witnesses])
                return
        except (SQLAlchemyError, OSError) as error:
            log.info("witnesses_not_announced", **describe(error))
            await asyncio.sleep(_DELAY_SECONDS)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _cosigned(seconds: float, cosigner: Cosigner, connection: AsyncConnection, due: DueCheckpointRow) -> str:
    proof = partial(read_proof, connection, Store(due["store"]), new=due["size"])
    cosignature = await cosign(cosigner, due["note"], due["attested"], proof, seconds)
    return cosignature.line


class _Attendance:
    """One witness: when it is asked next, and whether it has failed since it last answered."""

    def __init__(self, running: RunningComponents, witness: Witness) -> None:
        self._running = running
        self._witness = witness
        self._copies = CheckpointCopies(running)
        self._delay_seconds = 0.0
        self._failure: type[WitnessError] | None = None

    async def run(self) -> None:
        """Ask for as long as the process lives, and more rarely while it is in vain."""
        while True:
            try:
                if EVENTS_LANE in self._running.lanes.owned:
                    await self._round()
            except (SQLAlchemyError, OSError) as error:
                self._slow_down()
                log.info("witness_not_asked", witness=self._witness.name, **describe(error))
            await asyncio.sleep(self._delay_seconds or _PAUSE_SECONDS)

    def _slow_down(self) -> None:
        self._delay_seconds = min(max(_DELAY_SECONDS, self._delay_seconds * 2), _DELAY_SECONDS_MAX)

    async def _round(self) -> None:
        async with connect_autocommit(self._running.engine) as connection:
            due = await attestations.due_checkpoints(connection, self._witness.name, self._witness.pause)
            errors = [error for each in due if (error := await self._ask(connection, each))]
            if errors:
                await self._fail(connection, errors[0])
            else:
                self._delay_seconds = 0.0
            if due and not errors:
                await self._recover(connection)

    async def _ask(self, connection: AsyncConnection, due: DueCheckpointRow) -> WitnessError | None:
        """Ask about one log, and return why it was in vain; the other log is asked about all the same."""
        try:
            content = await self._witness.attest(connection, due)
        except WitnessError as error:
            return error
        except ProofError:
            return WitnessRefusedError("no proof leads from what it saw to this tree")
        except NoteError:
            return WitnessRefusedError("the checkpoint in the database is none")
        await attestations.store(connection, due, Attested(self._witness.name, self._witness.kind, content))
        if self._witness.kind is Kind.COSIGNATURE:
            await self._copies.add(connection, Store(due["store"]), due["size"], due["note"])
        elif self._witness.kind is Kind.TIME_STAMP:
            await self._copies.add_stamp(Store(due["store"]), content)
        return None

    async def _fail(self, connection: AsyncConnection, error: WitnessError) -> None:
        self._slow_down()
        await attestations.fail(connection, self._witness.name, str(error))
        if self._failure is not type(error):
            name, reason = self._witness.name, str(error)
            if isinstance(error, WitnessRefusedError):
                log.error("witness_refused", witness=name, reason=reason)
            else:
                log.warning("witness_away", witness=name, reason=reason)
        self._failure = type(error)

    async def _recover(self, connection: AsyncConnection) -> None:
        if self._failure:
            log.info("witness_back", witness=self._witness.name)
        self._failure = None
        await attestations.recover(connection, self._witness.name)
