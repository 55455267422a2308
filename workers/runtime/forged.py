"""Dead letters that no worker wrote: a PubAck that a client steered there. They are counted, and nobody reads them."""

import structlog
from nats.aio.msg import Msg

from contracts import subjects
from workers.runtime.accepted import COMMAND_ID
from workers.runtime.running import Running

_QUEUE = "forged-letters"
log = structlog.get_logger()


def is_forged(letter: Msg) -> bool:
    """Tell whether a letter is none: every worker's has an id, and what a server confirms has no headers."""
    return COMMAND_ID not in (letter.headers or {})


async def watch_letters(running: Running) -> None:
    """Count forged letters; of all processes one hears each of them."""

    async def look(letter: Msg) -> None:
        if is_forged(letter):
            running.forged_letters += 1
            log.warning("forged_letter", subject=letter.subject)

    await running.nats.subscribe(subjects.every_dead_letter(running.settings.site), queue=_QUEUE, cb=look)
