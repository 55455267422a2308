"""Whether the message bus runs JetStream with `strict: true`.

A PubAck goes wherever a client's reply subject points, also to JetStream's own interface: there, only a strict server
refuses it for the fields that no request has. Without it, anybody who may send a command can purge a stream.
"""

from typing import Final

from nats.aio.client import Client

from workers.runtime.bus import streams

_UNKNOWN_FIELD: Final = {"a_field_that_no_request_has": True}
_INVALID_JSON: Final = 10025


class NotStrictError(RuntimeError):
    """The server guesses at requests that it does not understand."""

    def __init__(self) -> None:
        """Say how it is changed."""
        super().__init__(
            "JetStream runs without `strict: true`: anybody who may send a command could purge a stream. "
            "Start every server with the configuration that `incidents access init` writes."
        )


async def is_strict(nats: Client, verb: str = f"STREAM.INFO.{streams.COMMANDS}") -> bool:
    """Ask something harmless with a field that does not exist: a strict server refuses it."""
    answer = await streams.api(nats, verb, _UNKNOWN_FIELD)
    return bool(answer.get("error", {}).get("err_code") == _INVALID_JSON)
