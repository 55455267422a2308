"""`incidents projects redact` on a running site: what is typed is erased, and what is shown says so."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.parts import AddComment, DeleteComment
from tests.client.command_line import CommandResult, incidents
from tests.support import Site

RunLine = Callable[..., Awaitable[CommandResult]]
REASON = ("--reason", "Article 17")
GONE = UUID("0190a000-0000-7000-8000-000000000002")


@pytest.fixture
async def run_line(site: Site, tmp_path: Path) -> RunLine:
    """Type a command line as the administrator of a site with one project, a comment and a deleted one."""
    await site.workers()
    client, project_id = await site.client(), uuid7()
    await client.send(CreateProject(project_id=project_id, description="Zorbax fell."))
    for comment_id in (uuid7(), GONE):
        await client.send(AddComment(project_id=project_id, comment_id=comment_id, text="Zorbax saw it."))
    await client.send(DeleteComment(project_id=project_id, comment_id=GONE))
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}

    async def run(*line: object) -> CommandResult:
        return await incidents("projects", *line, folder=tmp_path, environment=environment)

    return run


async def test_each_place_is_named_as_people_name_it(run_line: RunLine) -> None:
    """A comment by its number, a deleted one by its id, a field by its name in the language of the reader."""
    for place in (("comment", "last"), ("commentaire", GONE, "--lang", "fr")):
        assert (await run_line("redact", 1, *place, *REASON, "--yes")).status == 0
    ended = await run_line("redact", 1, "description", *REASON, "--yes")
    assert "1 text erased. No file showed it." in ended.out
    shown = (await run_line("show", 1)).out
    assert "Zorbax" not in shown
    assert "(redacted)" in shown
    assert "Redacted texts" in shown
    assert "Article 17" in shown
    history = await run_line("history", 1, "--all", "--lang", "fr")
    assert "Zorbax" not in history.out
    assert "(texte caviardé)" in history.out


async def test_nothing_is_erased_without_an_answer(run_line: RunLine) -> None:
    """A person is asked first, and no is no."""
    ended = await run_line("redact", 1, "description", *REASON)
    assert ended.status != 0
    assert "Zorbax fell." in (await run_line("show", 1)).out


@pytest.mark.parametrize(
    "place, sentence",
    [
        (("comment",), "say which of the comments"),
        (("description", "1"), "has no parts: leave out 1"),
        (("comment", "9"), "9 is not in the list"),
        (("reference",), "has no words to erase here"),
        (("status",), "Choose one of: description, reference, comment, call, sequence"),
        (("camera",), "say which of the sequences"),
        (("text_1",), "has no words to erase here"),
        (("integer_1",), "integer_1 does not exist"),
        (("category_1",), "category_1 does not exist"),
    ],
)
async def test_a_place_without_words_is_refused(run_line: RunLine, place: tuple[str, ...], sentence: str) -> None:
    """Each refusal says what to do instead."""
    ended = await run_line("redact", 1, *place, *REASON, "--yes")
    assert ended.status != 0
    assert sentence in ended.err
