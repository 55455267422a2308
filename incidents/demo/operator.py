"""The operator's part: create projects, fill them, and generate a report."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from contracts.administration_queries import Properties, Property
from contracts.ids import uuid7
from contracts.message import Command
from contracts.projects.commands import CreateProject, ProjectCreated, UpdateProject
from contracts.projects.parts import AddCall, AddComment
from contracts.reports import DownloadReport, GenerateReport
from incidents.client import Client
from incidents.demo.scenario import BilingualText, Scenario, Story, stories
from incidents.demo.stage import Stage
from incidents.terminal.saving import save

R = TypeVar("R")


class Operator:
    """Documents incidents."""

    def __init__(self, stage: Stage, client: Client, scenario: Scenario, properties: Properties) -> None:
        self._stage = stage
        self._client = client
        self._scenario = scenario
        self._properties = properties
        self.sent = 0

    async def document(self, now: datetime) -> list[ProjectCreated]:
        """Create a project for each story and fill it; commands of one step are sent together."""
        all_stories = list(stories(self._scenario, self._client.language, now))
        opened = await self._do("create {number} projects", [self._opening(story) for story in all_stories])
        pairs = list(zip(opened, all_stories, strict=True))
        details = [self._details(project, story) for project, story in pairs]
        await self._do("set status, categories and incident data", details)
        comments = [
            AddComment(project_id=project.project_id, comment_id=uuid7(), text=text)
            for project, story in pairs
            for text in story.comments
        ]
        await self._do("add {number} comments", comments)
        calls = [call for project, story in pairs for call in self._calls(project, story)]
        await self._do("add {number} calls", calls)
        return opened

    async def report(self, project: ProjectCreated) -> Path:
        """Generate the report of a project and save it in the current directory."""
        language = self._client.language
        path = Path(f"incident-{project.number}-{self._stage.session.say('report')}.pdf")
        with self._stage.step("generate the report of project {number}", number=project.number) as step:
            command = GenerateReport(
                report_id=uuid7(), project_id=project.project_id, language="fr" if language == "fr" else "en"
            )
            generated = await self._client.send(command)
            step.count = 1
            self.sent += 1
        with self._stage.step("download it to {path}", path=path) as step:
            download = DownloadReport(report_id=generated.report_id)
            await save(self._stage.session, self._client, GenerateReport, download, generated, path)
            singular, plural = "{count} page, SHA-256 verified", "{count} pages, SHA-256 verified"
            step.note = self._stage.session.count(generated.pages, singular, plural)
        return path

    async def _do(self, words: str, commands: Sequence[Command[R]]) -> list[R]:
        with self._stage.step(words, number=len(commands)) as step:
            done = await asyncio.gather(*(self._client.send(command) for command in commands))
            step.count = len(done)
            self.sent += len(done)
        return list(done)

    def _opening(self, story: Story) -> CreateProject:
        return CreateProject(
            project_id=uuid7(),
            type_id=_id_of(self._properties.types, self._scenario.types[story.type]),
            description=story.description,
            start_time=story.start,
            end_time=story.end,
            sequences=story.sequences,
        )

    def _details(self, project: ProjectCreated, story: Story) -> UpdateProject:
        values = {each.slot: each.values for each in self._properties.categories}
        reasons, places = self._scenario.categories
        return UpdateProject(
            project_id=project.project_id,
            status_id=_id_of(self._properties.statuses, self._scenario.statuses[story.status]),
            categories={
                "1": _id_of(values[reasons.slot], reasons.values[story.reason]),
                "2": _id_of(values[places.slot], places.values[story.place]),
            },
            data=story.data,
        )

    def _calls(self, project: ProjectCreated, story: Story) -> list[Command[Any]]:
        return [
            AddCall(
                project_id=project.project_id,
                call_id=uuid7(),
                direction=call.direction,
                at=story.end + timedelta(minutes=5 * position),
                party=call.party.in_(self._client.language),
                number=call.number,
                duration_seconds=60 + 45 * position,
                notes=call.notes.in_(self._client.language),
            )
            for position, call in enumerate(story.calls, start=1)
        ]


def _id_of(properties: Sequence[Property], name: BilingualText) -> int:
    return next(property_.id for property_ in properties if name.matches(property_.name))
