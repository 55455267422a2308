"""Statements on libpq's own pipeline: what is written between two reads travels in one piece, and is awaited once.

psycopg sends each statement by itself and waits for the socket each time, which costs a lone command more than its
statements do. https://www.postgresql.org/docs/current/libpq-pipeline-mode.html describes the pipeline.
"""

import asyncio
import re
from collections import deque
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final

from psycopg import AsyncConnection as Driver
from psycopg import abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import DictRow

_PARAMETER: Final = re.compile(r"%\((\w+)\)s|%%")
_FAILED: Final = frozenset({ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE, ExecStatus.PIPELINE_ABORTED})
_STALE: Final = frozenset({b"0A000", b"26000"})
"""States of statements that must be prepared again: the schema has changed, or the server has forgotten them."""

_TEXT: Final = 0
_STATEMENTS_MAX: Final = 200
"""Statements that stay prepared on a connection; a statement counts once for each combination of types."""

_numbers = count(1)


class StatementAnswer:
    """The answer to one statement of the pipeline, once it has come."""

    __slots__ = ("prepared", "result", "transformer")

    def __init__(self, transformer: abc.Transformer | None = None, prepared: Any = None) -> None:
        """Await the rows of a statement, or the confirmation that it is prepared."""
        self.transformer = transformer
        self.prepared = prepared
        self.result: PGresult | None = None

    def rows(self) -> list[DictRow]:
        """Return the rows by the names of their columns."""
        if self.result is None or self.transformer is None or self.result.status != ExecStatus.TUPLES_OK:
            return []
        self.transformer.set_pgresult(self.result)
        names = [(self.result.fname(column) or b"").decode() for column in range(self.result.nfields)]
        return self.transformer.load_rows(0, self.result.ntuples, lambda values: dict(zip(names, values, strict=True)))


class Pipeline:
    """The pipeline of one connection; a task at a time may use it."""

    def __init__(self, driver: Driver[Any]) -> None:
        """Take the connection behind psycopg's; `driver` itself is passed to what adapts its types."""
        self._pg: PGconn = driver.pgconn
        self._waiting: deque[StatementAnswer] = deque()
        self._prepared: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._failure: PGresult | None = None
        self.in_transaction = False
        self.prepares = False
        """Whether statements stay prepared: only where psycopg prepares none: its rollbacks drop all."""

    def send(self, driver: Driver[Any], statement: str, parameters: Mapping[str, Any]) -> StatementAnswer:
        """Append a statement, which leaves with the next wait; without autocommit it first begins a transaction."""
        self._enter()
        if not driver.autocommit and self._pg.transaction_status == TransactionStatus.IDLE and not self._waiting:
            self.command(b"BEGIN")
        sql, names = _positional(statement)
        transformer = Transformer(driver)
        values = transformer.dump_sequence([parameters[name] for name in names], [PyFormat.AUTO] * len(names))
        types, formats = tuple(transformer.types or ()), transformer.formats
        if self.prepares:
            name = self._prepared.get((sql, types)) or self._prepare(sql, types)
            self._pg.send_query_prepared(name, values, formats, result_format=_TEXT)
        else:
            self._pg.send_query_params(sql, values, types, formats, result_format=_TEXT)
        return self._await(StatementAnswer(transformer))

    def _prepare(self, sql: bytes, types: tuple[int, ...]) -> bytes:
        if len(self._prepared) >= _STATEMENTS_MAX:
            oldest = next(iter(self._prepared))
            self._pg.send_close_prepared(self._prepared.pop(oldest))
            self._await(StatementAnswer())
        name = self._prepared[sql, types] = b"lane_%d" % next(_numbers)
        self._pg.send_prepare(name, sql, types)
        self._await(StatementAnswer(prepared=(sql, types)))
        return name

    def command(self, sql: bytes) -> None:
        """Append a statement without parameters and rows that is not prepared."""
        self._enter()
        self._pg.send_query_params(sql, None)
        self._await(StatementAnswer())

    def _enter(self) -> None:
        if self._pg.pipeline_status == PipelineStatus.OFF:
            self._pg.enter_pipeline_mode()

    def _await(self, answer: StatementAnswer) -> StatementAnswer:
        self._waiting.append(answer)
        return answer

    async def wait_for(self, answer: StatementAnswer) -> None:
        """Send what was appended, and wait for an answer and all before it.

        Raises:
            psycopg.Error: One of the statements failed; the transaction can only be undone.
        """
        self._pg.send_flush_request()
        await self._receive(answer)
        self._require_success()

    async def finish(self) -> None:
        """Send what was appended, wait for all answers, and leave the pipeline.

        Raises:
            psycopg.Error: One of the statements failed.
        """
        await self._leave()
        self._require_success()

    async def undo(self) -> None:
        """Leave the pipeline whatever failed, and roll the transaction back.

        Raises:
            psycopg.Error: The connection is lost.
        """
        await self._leave()
        self._failure = None
        if self._pg.transaction_status != TransactionStatus.IDLE:
            self.command(b"ROLLBACK")
            await self.finish()

    async def _leave(self) -> None:
        if self._pg.pipeline_status != PipelineStatus.OFF:
            self._pg.pipeline_sync()
            self._await(StatementAnswer())
            await self._receive(None)
            self._pg.exit_pipeline_mode()

    def _require_success(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise error_from_result(failure)

    async def _receive(self, until: StatementAnswer | None) -> None:
        """Exchange bytes until an answer, or all of them, have come; an interruption closes the connection."""
        complete = False
        try:
            while self._waiting and (until is None or until.result is None):
                unsent = self._pg.flush()
                self._read_results()
                if self._waiting and (until is None or until.result is None):
                    await _readiness(self._pg.socket, write=bool(unsent))
                    self._pg.consume_input()
            complete = True
        finally:
            if not complete:
                self._pg.finish()

    def _read_results(self) -> None:
        """Take the results that have come: one for each statement, with a mark behind it, and one for the end."""
        while self._waiting and not self._pg.is_busy():
            result = self._pg.get_result()
            if result is None:
                if self._waiting[0].result is None:
                    return
                self._waiting.popleft()
                continue
            answer = self._waiting[0]
            answer.result = result
            if result.status == ExecStatus.PIPELINE_SYNC:
                self._waiting.popleft()
            elif result.status in _FAILED:
                self._note_failure(answer, result)

    def _note_failure(self, answer: StatementAnswer, result: PGresult) -> None:
        if answer.prepared is not None:
            self._prepared.pop(answer.prepared, None)
        if self._failure is None and result.status != ExecStatus.PIPELINE_ABORTED:
            self._failure = result
            if result.error_field(DiagnosticField.SQLSTATE) in _STALE:
                self._prepared.clear()


@lru_cache(maxsize=512)
def _positional(statement: str) -> tuple[bytes, Sequence[str]]:
    """Return a statement with numbered parameters, and their names in this order."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%"
        return f"${names.setdefault(match[1], len(names) + 1)}"

    return _PARAMETER.sub(number, statement).encode(), tuple(names)


async def _readiness(socket: int, *, write: bool) -> None:
    """Wait until a socket can be read, or written if that is wanted."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def on_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(socket, on_ready)
    if write:
        loop.add_writer(socket, on_ready)
    try:
        await ready
    finally:
        loop.remove_reader(socket)
        if write:
            loop.remove_writer(socket)
