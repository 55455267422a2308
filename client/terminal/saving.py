"""Saving a report, and making sure that it is the one that was generated."""

import hashlib
from contextlib import nullcontext
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from client.client import Client
from client.errors import Refused
from client.terminal.session import Session
from contracts.errors import Code, Error
from contracts.reports import ReportGenerated
from contracts.texts import Part, Phrase, phrase


async def save(session: Session, client: Client, generated: ReportGenerated, path: Path) -> None:
    """Download a report; the file is there when all of it is, and is what was generated.

    Raises:
        Refused: The report is gone, or what arrived is not what was generated.
    """
    digest, draft = hashlib.sha256(), path.with_name(f"{path.name}.part")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=session.err, transient=True)
    with progress if session.err.is_terminal and not session.json else nullcontext():
        task = progress.add_task(session.say("downloading"), total=generated.bytes)
        with draft.open("wb") as file:
            async for part in client.download(generated.report_id):
                file.write(part)
                digest.update(part)
                progress.advance(task, len(part))
    if digest.hexdigest() != generated.sha256:
        draft.unlink()
        reason = session.say("the report is damaged: its SHA-256 differs")
        message = phrase(Phrase.REPORT_NOT_GENERATED, session.language, Part.REPORT)
        raise Refused(Error(code=Code.UNAVAILABLE, message=message, retryable=True, details={"reason": reason}))
    draft.replace(path)
