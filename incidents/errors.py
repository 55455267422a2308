"""How a call fails: it is none, the system refused it, or could not be reached."""

from types import TracebackType
from typing import Any, ClassVar
from uuid import UUID

from contracts.errors import Code, Error
from contracts.message import Command, Query


class Refused(Exception):  # noqa: N818 - the answer no, as the wire calls it
    """The system refused, or did not answer in time (`unavailable`).

    `error` is the refusal on the wire; `command_id` is set if a command was refused, so that the same
    command can be sent again with the same id.
    """

    def __init__(self, error: Error, *, command_id: object = None) -> None:
        """Keep the refusal, with the reasons of its details in the message."""
        super().__init__(f"{error.message} ({': '.join([error.code, *filter(None, [_reasons(error.details)])])})")
        self.error = error
        self.command_id = command_id

    @property
    def code(self) -> Code:
        """The code of the wire."""
        return self.error.code

    @property
    def message(self) -> str:
        """The sentence for people, in the requested language."""
        return self.error.message

    @property
    def retryable(self) -> bool:
        """Whether the same message may succeed later."""
        return self.error.retryable

    @property
    def retry_after_seconds(self) -> float | None:
        """The delay before the same message may be sent again with the same id; None if that does not help."""
        seconds = self.error.details.get("retry_after_seconds")
        return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else None

    @property
    def details(self) -> dict[str, Any]:
        """The details for the remedy: fields, times, people."""
        return self.error.details


class PendingError(Refused):
    """A command was accepted and will be carried out, but its outcome did not come in time.

    It is not a refusal. With `command_id`, ask for the outcome, or send the same command again safely.
    """


class SuppressNotAvailable:
    """A block that does without what the caller may not see; other refusals, such as no answer, are raised."""

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """End the block quietly if something in it may not be seen."""
        return isinstance(error, Refused) and error.code is Code.NOT_AVAILABLE


def _reasons(details: dict[str, Any]) -> str:
    fields = [f"{field['field']} {field['reason']}".strip() for field in details.get("fields", ()) if "reason" in field]
    return "; ".join(fields) or str(details.get("reason", ""))


class UnreachableError(Exception):
    """No system can be reached: none runs there, or it does not accept the credentials.

    `where` is an address or a file, `reason` the problem, `remedy` a command to type, and `hint` a sentence, if any.
    """

    is_mistake: ClassVar[bool] = False
    """Whether the caller's own address or credentials are wrong, and no server was asked."""

    def __init__(self, where: object, reason: object, remedy: str = "", hint: str = "") -> None:
        """Keep the place, the reason, the remedy and the hint."""
        super().__init__(f"{where}: {reason}")
        self.where = str(where)
        self.reason = str(reason)
        self.remedy = remedy
        self.hint = hint


class InvalidAddressError(UnreachableError):
    """An address is not that of a message bus, so that no server was looked for."""

    is_mistake = True


class CredentialsError(UnreachableError):
    """A system does not accept the credentials, or the file contains none, is missing or cannot be read.

    `hint` is a sentence: what names the file, and how to get one.
    """

    is_mistake = True


class RejectedCredentialsError(CredentialsError):
    """A system does not accept the credentials: they have expired, were revoked, or belong to another site."""

    is_mistake = False


def require_command(message: object, command_id: object) -> None:
    """Refuse what is no command, and an id of which no outcome could be recognised.

    Raises:
        TypeError: The message is a query, a class, or of another type, or the id is no UUID; the text says what to
            write instead.
    """
    if isinstance(message, Query):
        raise TypeError(f"{type(message).__name__} is a query: use client.ask()")
    if not isinstance(message, Command):
        raise TypeError(_not_a_message(message, "command", "CreateProject"))
    if command_id is not None and not isinstance(command_id, UUID):
        raise TypeError(f"command_id must be a UUID, not {type(command_id).__name__}: use uuid.UUID(...)")


def require_query(message: object) -> None:
    """Refuse what is no query.

    Raises:
        TypeError: The message is a command, a class, or of another type; the text says what to write instead.
    """
    if isinstance(message, Command):
        raise TypeError(f"{type(message).__name__} is a command: use client.send()")
    if not isinstance(message, Query):
        raise TypeError(_not_a_message(message, "query", "ListProjects"))


def _not_a_message(value: object, kind: str, example: str) -> str:
    if isinstance(value, type) and issubclass(value, Command | Query):
        return f"expected a {kind}, not the class {value.__name__}: use {value.__name__}(...)"
    return f"expected a {kind} such as {example}(...), not {type(value).__name__}"
