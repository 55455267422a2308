"""Retention's part: an old project is imported, becomes due, and is deleted by a sweep."""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.errors import Code, Error
from contracts.ids import uuid7
from contracts.projects.imports import ImportedProject, ImportProjects
from contracts.projects.queries import GetProject, ListProjects
from contracts.retention import PreviewRetention, Sweep
from contracts.texts import Phrase, phrase
from incidents.client import Client
from incidents.demo.scenario import Scenario
from incidents.demo.stage import Stage
from incidents.errors import Refused
from incidents.terminal.tables import show
from incidents.terminal.tables.refusals import refusal_panel

_PREVIOUS_SYSTEM: Final = "previous-system"
_AGE: Final = timedelta(days=30)
_GONE_SECONDS: Final = 60.0
_PAUSE_SECONDS_MIN: Final = 0.05
_PAUSE_SECONDS_MAX: Final = 1.0

COMMANDS: Final = 2
"""The number of commands of this part."""


async def expire(stage: Stage, client: Client, scenario: Scenario, now: datetime) -> UUID:
    """Show that an expired project is deleted, and return its id."""
    project_id = uuid7()
    with stage.step("import a project from 30 days ago") as step:
        number = await _next_number(client)
        old = _old_project(project_id, number, scenario.imported.in_(client.language), now - _AGE)
        await client.send(ImportProjects(projects=[old]))
        step.count = 1
    with stage.step("preview the expired projects") as step:
        preview = await client.ask(PreviewRetention())
        step.note = show.preview(preview, stage.session.language)
    with stage.step("sweep, and wait until the project is gone") as step:
        await client.send(Sweep())
        step.count = 1
        refusal = await _wait_until_gone(stage, client, project_id)
    if not stage.session.json:
        stage.session.out.print(stage.session.say("Now the system shows:"))
        stage.session.out.print(refusal_panel(refusal.error.model_dump(mode="json"), stage.session.language))
    return project_id


async def _next_number(client: Client) -> int:
    """Return an unused number; later projects continue from it."""
    page = await client.ask(ListProjects(limit=500))
    return max((row.number for row in page.items), default=0) + 1


def _old_project(project_id: UUID, number: int, description: str, created: datetime) -> ImportedProject:
    return ImportedProject(
        project_id=project_id,
        number=number,
        created_by=_PREVIOUS_SYSTEM,
        created_at=created,
        description=description,
        start_time=created - timedelta(hours=2),
        end_time=created - timedelta(hours=1),
    )


async def _wait_until_gone(stage: Stage, client: Client, project_id: UUID) -> Refused:
    """Query the project until it is refused as gone."""
    pause, waited = _PAUSE_SECONDS_MIN, 0.0
    while waited < _GONE_SECONDS:
        try:
            await client.ask(GetProject(project_id=project_id))
        except Refused as refused:
            if refused.code is Code.GONE:
                return refused
            raise
        await asyncio.sleep(pause)
        waited += pause
        pause = min(pause * 2, _PAUSE_SECONDS_MAX)
    reason = stage.session.say("it still exists after a minute")
    message = phrase(Phrase.TRY_AGAIN_LATER, client.language)
    raise Refused(Error(code=Code.UNAVAILABLE, message=message, retryable=True, details={"reason": reason}))
