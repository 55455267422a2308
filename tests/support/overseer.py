"""Somebody who may do everything on a message bus: a test looks at, and breaks, what nobody else can."""

from typing import Final

import nkeys

from workers.local.access.signing_keys import Trust
from workers.runtime.bus import nats_jwt

OVERSEER: Final = "overseer"


def overseer(trust: Trust) -> str:
    """Return credentials without any limit, signed by the account itself and in no register."""
    seed = nats_jwt.new_seed(nkeys.PREFIX_BYTE_USER)
    subject = nkeys.from_seed(seed.encode()).public_key.decode()
    claims = {"type": "user", "subs": -1, "data": -1, "payload": -1}
    return nats_jwt.credentials(nats_jwt.encode(trust._keys["account"], subject, OVERSEER, claims), seed)
