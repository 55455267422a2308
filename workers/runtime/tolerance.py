"""Messages whose subject is no text, which any client can send and nats-py does not survive."""

from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg


def tolerate(nats: Client) -> None:
    """Let a connection read subjects that are not UTF-8: nats-py's reader would end, and hear nothing any more."""

    def build(sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None) -> Msg:
        names: dict[str, Any] = {"subject": _text(subject), "reply": _text(reply)}
        return nats.msg_class(**names, data=data, headers=headers, _client=nats, _sid=sid)

    setattr(nats, "_build_message", build)  # noqa: B010 - the method has no public name


def _text(told: bytes) -> str:
    return told.decode(errors="backslashreplace")
