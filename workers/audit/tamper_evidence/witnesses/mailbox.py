"""Letters with checkpoints to a mailbox of somebody else, who keeps them."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import read_unverified_note
from workers.audit.row_types import DueCheckpointRow
from workers.audit.tamper_evidence.witnesses.errors import WitnessAwayError

_WORDS: Final = """\
The attached file has the signed state of an activity log: its name, the number of its entries, and the root of their
tree. Keep it. With it, `incidents audit verify --checkpoints DIRECTORY` tells whether the log was changed since.
"""


class Mailbox(NamedTuple):
    """Where letters go, whom they are from, and the mail server that takes them, in so many seconds."""

    to: str
    sender: str
    server: str
    seconds: float

    @property
    def name(self) -> str:
        """The name among the witnesses of a site."""
        return f"mail:{self.to}"


async def send(mailbox: Mailbox, _: AsyncConnection, due: DueCheckpointRow) -> str:
    """Send the note of a checkpoint, and return the id of the letter.

    Raises:
        WitnessAwayError: The mail server did not take it.
    """
    letter = _letter(mailbox, due)
    try:
        await asyncio.to_thread(_deliver, mailbox, letter)
    except (OSError, smtplib.SMTPException) as error:
        raise WitnessAwayError(getattr(error, "strerror", None) or type(error).__name__) from error
    return str(letter["Message-ID"])


def _letter(mailbox: Mailbox, due: DueCheckpointRow) -> EmailMessage:
    checkpoint, letter = read_unverified_note(due["note"]), EmailMessage()
    letter["From"], letter["To"] = mailbox.sender, mailbox.to
    letter["Subject"] = f"{checkpoint.origin}: {checkpoint.size}"
    letter["Message-ID"] = make_msgid(domain=mailbox.sender.rpartition("@")[2])
    letter.set_content(_WORDS)
    name = f"{due['store']}.notes"
    # As bytes, so that no mail server changes the ends of lines.
    letter.add_attachment(due["note"].encode(), maintype="application", subtype="octet-stream", filename=name)
    return letter


def _deliver(mailbox: Mailbox, letter: EmailMessage) -> None:
    parts, context = urlsplit(mailbox.server), ssl.create_default_context()
    with _connect(mailbox, context) as server:
        if parts.username:
            if parts.scheme == "smtp":
                server.starttls(context=context)  # a password never travels without TLS
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(letter)


def _connect(mailbox: Mailbox, context: ssl.SSLContext) -> smtplib.SMTP:
    parts = urlsplit(mailbox.server)
    host, port = parts.hostname or "", parts.port or 0
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=mailbox.seconds, context=context)
    return smtplib.SMTP(host, port, timeout=mailbox.seconds)
