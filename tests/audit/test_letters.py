"""Letters with checkpoints: a mail server on this machine takes them, refuses them, or is away."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message

import pytest

from contracts.evidence.checkpoints import read_note
from contracts.ids import uuid7
from contracts.projects.commands import ProjectDeleted
from tests.audit.publisher import open_publisher
from tests.support import Site, eventually
from tests.support.witness import site_key
from workers.common.signing_key import is_signature

OK = b"250 OK\r\n"


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that keeps letters, or refuses every recipient."""

    def __init__(self, *, refuses: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[Message] = []
        self.refuses = refuses


class _Session(socketserver.StreamRequestHandler):
    """The part of SMTP that a client without options uses (RFC 5321)."""

    server: MailServer

    def handle(self) -> None:
        """Answer until the client ends."""
        self.wfile.write(b"220 mail.example\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.wfile.write(b"221 Bye\r\n")
                return
            if verb == b"DATA":
                self.wfile.write(b"354 Go on\r\n")
                self.server.letters.append(message_from_bytes(b"".join(iter(self.rfile.readline, b".\r\n"))))
            self.wfile.write(b"550 No such mailbox\r\n" if verb == b"RCPT" and self.server.refuses else OK)


@contextmanager
def mail_server(*, refuses: bool = False) -> Iterator[MailServer]:
    """Run a mail server on this machine."""
    with MailServer(refuses=refuses) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


async def start(site: Site, port: int) -> None:
    """Start the worker of the logs with a mailbox, and record an entry."""
    url = f"smtp://127.0.0.1:{port}"
    await site.worker("audit", checkpoint_seconds=1, witness_mail="notary@example.org", smtp_url=url)
    await (await open_publisher(site)).publish(ProjectDeleted(project_id=uuid7(), number=1))


async def test_each_log_has_its_letter(site: Site) -> None:
    """A letter has the signed note as a file, which a verification takes; the next one waits for its time."""
    with mail_server() as server:
        await start(site, server.server_address[1])

        async def are_there() -> bool:
            return await site.count("audit.attestation") == 2

        await eventually(are_there)
    for letter in server.letters:
        [_, file] = letter.walk() if not letter.is_multipart() else list(letter.walk())[1:]
        note = bytes(file.get_payload(decode=True)).decode()
        checkpoint = read_note(note, site_key(site).public_key, is_signature)
        assert letter["To"] == "notary@example.org"
        assert letter["Subject"] == f"{checkpoint.origin}: 1"
    assert len(server.letters) == 2
    ids = {row[0] for row in await site.sql("SELECT content FROM audit.attestation WHERE kind = 'letter'")}
    assert ids == {letter["Message-ID"] for letter in server.letters}


@pytest.mark.parametrize("refuses", [True, False])
async def test_a_mailbox_that_takes_nothing_delays_nothing(site: Site, refuses: bool) -> None:
    """A mail server that refuses the letter, or is not there, is noted, and checkpoints are signed."""
    with mail_server(refuses=refuses) as server:
        port = server.server_address[1] if refuses else 1
        await start(site, port)
        failing = "SELECT 1 FROM audit.witness WHERE name = 'mail:notary@example.org' AND problem IS NOT NULL"
        await eventually(lambda: site.sql(failing))
    assert await site.count("audit.checkpoint") > 0
    assert await site.count("audit.attestation") == 0
