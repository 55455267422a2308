"""Replaying a dead letter: its message goes back to its worker unchanged, wrapped in another one.

It goes through its original lane, under a subject that only workers may publish to. The worker handles it as the
original message, with the same principal and id, and with the permissions that the principal has now.
"""

import base64
from dataclasses import replace
from typing import Any

from nats.aio.msg import Msg
from pydantic_core import from_json, to_json

from contracts.subjects import REDELIVER, SYSTEM, Work, read_work


def wrap(subject: str, headers: dict[str, str], body: bytes) -> str:
    """Return the body that carries a message back to its worker."""
    content = {"subject": subject, "headers": headers, "body_base64": base64.b64encode(body).decode()}
    return to_json(content).decode()


def is_redelivery(work: Work) -> bool:
    """Return whether a message of a lane wraps another one."""
    return work.principal == SYSTEM and work.verb == REDELIVER


def unwrap(raw: Msg) -> Msg | None:
    """Return the wrapped message, with the reply subject of its wrapper; None if there is none."""
    try:
        content: Any = from_json(raw.data)
        read_work(content["subject"])
        body = base64.b64decode(content["body_base64"], validate=True)
        return replace(raw, subject=str(content["subject"]), headers=dict(content["headers"]), data=body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
