"""The demonstration: workplace injuries of a fictitious institute, played through the public client."""

from typing import Annotated

import typer

from incidents.demo.play import play
from incidents.locate import data_directory
from incidents.terminal.options import command
from incidents.terminal.session import Session


def register(app: typer.Typer) -> None:
    """Add `demo`."""
    command(
        app,
        "demo",
        "incidents demo",
        "incidents demo --once --lang fr",
        "incidents demo --data trial",
    )(demo)


async def demo(
    session: Session,
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop the system at the end.")] = False,
) -> None:
    """Document sample incidents on a system on this machine, and keep the system running until Ctrl-C.

    It uses the system that runs in the data directory, or starts one there.
    A second run keeps the definitions and creates new projects.
    """
    await play(session, data_directory(session.data), once=once)
