"""How a call fails: the system said no, or nobody could be reached."""

from typing import Any

from contracts.errors import Code, Error


class Refused(Exception):  # noqa: N818 - the answer no, as the wire calls it
    """The system answered no, or `unavailable` when it did not answer in time.

    `error` is the refusal as it travels; `command_id` is set when a command was refused, so that the
    same command can be sent again under the same id.
    """

    def __init__(self, error: Error, *, command_id: object = None) -> None:
        """Keep the refusal, and say it with the reasons that its details give."""
        super().__init__(f"{error.message} ({': '.join([error.code, *filter(None, [_reasons(error.details)])])})")
        self.error = error
        self.command_id = command_id

    @property
    def code(self) -> Code:
        """Why, as one of the codes of the wire."""
        return self.error.code

    @property
    def message(self) -> str:
        """The sentence for people, in the asked language."""
        return self.error.message

    @property
    def retryable(self) -> bool:
        """Whether the same message may succeed later."""
        return self.error.retryable

    @property
    def retry_after_seconds(self) -> float | None:
        """How long to wait before the same message is sent again under the same id; None where that helps nothing."""
        told = self.error.details.get("retry_after_seconds")
        return float(told) if isinstance(told, int | float) and told > 0 else None

    @property
    def details(self) -> dict[str, Any]:
        """What shows the way out: fields, times, people."""
        return self.error.details


class PendingError(Refused):
    """A command was accepted, and its outcome did not come in time: it will be carried out.

    It is no refusal of the command. `command_id` asks for its outcome, and sends the same command again safely.
    """


def _reasons(details: dict[str, Any]) -> str:
    fields = [f"{one['field']} {one['reason']}".strip() for one in details.get("fields", ()) if "reason" in one]
    return "; ".join(fields) or str(details.get("reason", ""))


class UnreachableError(Exception):
    """No system can be reached: none runs there, or it does not accept these credentials.

    `where` is an address or a file, `reason` what is wrong there, `remedy` a command to type, if one helps.
    """

    def __init__(self, where: object, reason: object, remedy: str = "") -> None:
        """Say where, why, and what to do."""
        super().__init__(f"{where}: {reason}")
        self.where = str(where)
        self.reason = str(reason)
        self.remedy = remedy


class CredentialsError(UnreachableError):
    """A system runs there and does not accept these credentials, or the file holds none."""
