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
    """Play incidents on a system of this machine, and leave it running until Ctrl-C.

    A system that runs in the data directory is used; otherwise one is started there.
    Played again, it leaves the definitions alone and opens new projects.
    """
    await play(session, data_directory(session.data), once=once)
