"""What happens, as it happens: shown line by line until Ctrl-C."""

from rich.text import Text

from client.client import Client
from client.feed import CloudEvent
from client.terminal import show
from client.terminal.session import Session
from client.watching import Watch
from contracts.project_queries import ProjectFilter
from contracts.watching import WatchedProjects


def followed(client: Client, chosen: ProjectFilter) -> Watch:
    """Return a feed of the projects that a list holds."""
    given = {name: getattr(chosen, name) for name in chosen.model_fields_set}
    return client.feed(matching=WatchedProjects.model_construct(**given))


async def show_events(session: Session, feed: Watch) -> None:
    """Show what a feed brings, until it ends."""
    async for event in feed:
        session.show(event, event_line(event, session.language))


def event_line(event: CloudEvent, language: str) -> Text:
    """Write an event on one line."""
    return Text.assemble(
        (show.local(event.time, language), "dim"),
        "  ",
        (f"{event.actor:<12}", "cyan"),
        " ",
        (f"{event.happened:<28}", "bold"),
        " ",
        show.details_of(event.data),
    )
