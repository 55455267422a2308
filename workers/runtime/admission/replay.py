"""A dead letter on its way back to its worker: the product carries it, and what arrives is what was sent.

It goes through the lane that it came through, under a subject that only workers may publish to. There it is taken for
the message that it holds: of the same principal, under the same id, judged by what that principal may do now.
"""

import base64
from dataclasses import replace
from typing import Any

from nats.aio.msg import Msg
from pydantic_core import from_json, to_json

from contracts.subjects import REDELIVER, SYSTEM, Work, read_work


def wrapped(subject: str, headers: dict[str, str], body: bytes) -> str:
    """Return the body under which a message goes back to its worker."""
    told = {"subject": subject, "headers": headers, "body_base64": base64.b64encode(body).decode()}
    return to_json(told).decode()


def is_redelivery(work: Work) -> bool:
    """Tell whether a message in a lane holds another one."""
    return work.principal == SYSTEM and work.verb == REDELIVER


def unwrapped(raw: Msg) -> Msg | None:
    """Return the message that another one holds, at the place of that; None where it holds none."""
    try:
        told: Any = from_json(raw.data)
        read_work(told["subject"])
        body = base64.b64decode(told["body_base64"], validate=True)
        return replace(raw, subject=str(told["subject"]), headers=dict(told["headers"]), data=body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
