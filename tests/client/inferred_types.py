"""What the type checker must infer; it reads this file, nothing runs it."""

from collections.abc import AsyncGenerator
from typing import assert_type
from uuid import UUID

from contracts.administration_queries import GetMe, Me
from contracts.message import Outcome
from contracts.projects.commands import CreateProject, ProjectCreated, ProjectUpdated, UpdateProject
from contracts.projects.parts import AddComment, CommentAdded
from contracts.projects.queries import GetOutcome, ListProjects, ProjectPage
from contracts.reports import DownloadReport, GenerateReport, ReportGenerated
from incidents import Client, CloudEvent, Submitted


async def commands_are_answered_with_their_events(client: Client, any_id: UUID) -> None:
    """A command's class says what sending it returns."""
    assert_type(await client.send(CreateProject(project_id=any_id)), ProjectCreated)
    assert_type(await client.send(UpdateProject(project_id=any_id, type_id=None)), ProjectUpdated)
    assert_type(await client.send(AddComment(project_id=any_id, comment_id=any_id, text="x")), CommentAdded)
    assert_type(await client.send(GenerateReport(report_id=any_id, project_id=any_id)), ReportGenerated)


async def queries_are_answered_with_their_answers(client: Client, any_id: UUID) -> None:
    """A query's class says what asking it returns."""
    assert_type(await client.ask(ListProjects()), ProjectPage)
    assert_type(await client.ask(GetMe()), Me)
    assert_type(await client.ask(GetOutcome(command_id=any_id)), Outcome)
    assert_type(await client.ask(DownloadReport(report_id=any_id)), bytes)


async def the_rest_is_typed_too(client: Client, any_id: UUID) -> None:
    """What is not an answer has its own types."""
    submitted = await client.submit(CreateProject(project_id=any_id))
    assert_type(submitted, Submitted)
    assert_type(await submitted.outcome(), Outcome)
    assert_type(client.download(DownloadReport(report_id=any_id)), AsyncGenerator[bytes, None])
    assert_type(client.watch(), AsyncGenerator[CloudEvent, None])
    assert_type(client.overhear(), AsyncGenerator[CloudEvent, None])
