"""Finding personal data: every text is found where it is, and shown to those who may read it."""

import json
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.audit import SiteLog
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.personal_data import FIND_QUERIES, FindInProjects, TextStore
from contracts.projects.commands import CreateProject, UpdateProject
from contracts.projects.parts import AddCall, AddComment
from contracts.projects.queries import GetProject
from contracts.projects.redaction import RedactProject
from incidents import Client
from tests.privacy.finding import MarkedSite, occurrences
from tests.privacy.markers import text_fields
from tests.projects.helpers import NOON, refusal_of
from tests.support import Site, eventually
from workers.runtime.queries import personal_data

NOT_STORED: Final = {
    "projects.export password": "it is never stored",
    "reports.list created_by": "a query",
    **{
        f"projects.{query} filter.{name}[]": "a query"
        for query in ("list", "statistics", "watch")
        for name in ("created_by", "camera_ids", "references")
    },
    "projects.list search": "a query",
    **{
        f"reports.generate-batch {name}": "a selection that matches nothing is refused, and not stored"
        for name in ("search", "filter.created_by[]", "filter.camera_ids[]", "filter.references[]")
    },
}
"""Texts that no store keeps, each with the reason; queries for personal data are recorded without their words."""


@pytest.fixture
async def marked(site: Site) -> MarkedSite:
    """A site with a marker in every text."""
    await site.workers()
    marked = MarkedSite(site, await site.caller("admin"))
    await marked.write()
    return marked


@pytest.mark.timeout(180)
async def test_every_text_is_found(site: Site, marked: MarkedSite) -> None:
    """Of each text field of the wire, what was written into it is found; a new field is found or explained."""
    client = await site.client("admin")

    lost = [place for word, place in marked.markers.places.items() if not await occurrences(client, word)]
    changed, hidden = "found: retention.hold reference", "found: projects.export password"
    assert lost == [changed, hidden, "found: projects.export access_reason"], "the project is not restricted"
    written = {field.name for field in marked.markers.fields}
    expected = {field.name for field in text_fields() if field.is_marked and ".find-in-" not in field.name}
    assert expected - written == NOT_STORED.keys() - {"projects.export password"}


async def create(client: Client, *comments: str, description: str = "At the gate.") -> UUID:
    """Create a project with comments."""
    project_id = uuid7()
    await client.send(CreateProject(project_id=project_id, description=description))
    for text in comments:
        await client.send(AddComment(project_id=project_id, comment_id=uuid7(), text=text))
    return project_id


@pytest.mark.parametrize(
    "words", ["dupont", "DUPÓNT Maríe", "06 12 34 56 78", "+33 (0)6.12.34.56.78", "0033612345678", '"Marie Dupont"']
)
async def test_spelling_does_not_matter(site: Site, words: str) -> None:
    """Case, accents, order, and the spelling of a telephone number make no difference, as in the search of projects."""
    await site.workers()
    client = await site.client("admin")
    project_id = await create(client, "Nobody.", "Marie Dupont, 0612345678, was here.", "Mme Dupond: 0612345679")
    comment, past = await occurrences(client, words)
    assert past.store == TextStore.HISTORY
    assert past.part_id == comment.part_id
    assert past.field == "comment"
    assert comment.store == TextStore.COMMENT
    assert comment.project_id == project_id
    assert comment.project_number == 1
    assert comment.part == 2
    assert comment.field == "text"
    assert comment.by == "admin"
    assert comment.excerpt == "Marie Dupont, 0612345678, was here."


@pytest.mark.parametrize(
    "words",
    ["%", "_", ".*", "(", "\u200b", " ", " ".join(f"{letter}x" for letter in "abcdefghijklmnopqrstu"), "x" * 201, ""],
)
async def test_words_that_nothing_has_are_refused(site: Site, words: str) -> None:
    """A search without a letter or digit, or too long, is refused by name and finds nothing."""
    await site.workers()
    caller = await site.caller("admin")
    for query in FIND_QUERIES:
        answer, status = await caller.ask(query.subject, {"search": words})
        assert (status, answer["error"]["details"]["fields"][0]["field"]) == ("400", "search"), (query.subject, answer)


@pytest.mark.parametrize("words", ["50%", "a_b", "d.*t"])
async def test_signs_are_no_wildcards(site: Site, words: str) -> None:
    """Signs of SQL and of regular expressions are gaps between words."""
    await site.workers("projects")
    client = await site.client("admin")
    await create(client, "Dupont", "500 euros", "axb")
    assert (await client.ask(FindInProjects(search=words))).items == []


async def test_a_redacted_text_is_found_no_more(site: Site) -> None:
    """The present wording is found, and each earlier one with its revision, until they are redacted."""
    await site.workers()
    client = await site.client("admin")
    project_id = await create(client, description="Marie Dupont fell.")
    await client.send(UpdateProject(project_id=project_id, description="Marie Dupont slipped."))
    places = await occurrences(client, "dupont")
    assert [(each.store, each.field, each.revision) for each in places] == [
        (TextStore.PROJECT, "description", 2),
        (TextStore.HISTORY, "description", 2),
        (TextStore.HISTORY, "description", 2),
    ]
    await client.send(RedactProject(project_id=project_id, field="description", reason="Article 17."))
    assert await occurrences(client, "dupont") == []


async def test_who_may_only_find_reads_no_more_than_before(site: Site) -> None:
    """With view, the place is told, and the words only where other permissions show them; with manage, all."""
    await site.workers()
    await create(await site.client("admin"), "Marie Dupont", description="Marie Dupont")
    await site.grant("dora", {Node.PERSONAL_DATA: "view"})
    comments = {Node.PROJECTS: "view", Node.COMMENTS: "view"}
    await site.grant("carl", {Node.PERSONAL_DATA: "view", **comments})
    await site.grant("dpo", {Node.PERSONAL_DATA: "manage"})
    shown = {name: await occurrences(await site.client(name), "dupont") for name in ("dora", "carl", "dpo")}
    excerpts = {principal: [each.excerpt for each in texts] for principal, texts in shown.items()}
    name = ["Marie Dupont"]
    assert excerpts == {"dora": [None] * 3, "carl": [None, *name * 2], "dpo": name * 3}
    for principal in ("dora", "carl"):
        refusal = await refusal_of((await site.client(principal)).ask(FindInProjects(search="dupont", whole=True)))
        assert refusal.code == Code.NOT_AVAILABLE
        assert refusal.error.details["nodes"] == [Node.PERSONAL_DATA]


async def test_the_search_is_recorded_without_its_words(site: Site) -> None:
    """Who searched, with how many words, and how many texts had them, is in the activity; the words are not."""
    await site.workers()
    client = await site.client("admin")
    project_id = await create(client, "Marie Dupont")
    await client.ask(FindInProjects(search="dupont marie"))

    async def entries() -> list[dict[str, Any]]:
        log = SiteLog(activities=["audit.page-viewed"], with_activity=True)
        pages = (await client.ask(log)).items
        return [entry.details for entry in pages if entry.details["query"] == "projects.find-in-projects"]

    (details,) = await eventually(entries)
    assert details["words"] == 2
    assert details["occurrences"] == 2
    assert details["project_ids"] == [str(project_id)]
    stored = await site.sql("SELECT details FROM audit.activity WHERE activity = 'audit.page-viewed'")
    assert "upont" not in json.dumps([row.details for row in stored])


@pytest.mark.parametrize("seconds, limit", [(-1.0, 100), (60.0, 1)])
async def test_a_page_ends_and_the_next_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch, seconds: float, limit: int
) -> None:
    """A page ends when its time is over, or when it is full; together the pages have each text once."""
    await site.workers()
    client = await site.client("admin")
    for number in range(3):
        await create(client, f"Marie Dupont {number}", "Nobody")
    monkeypatch.setattr(personal_data, "SEARCH_SECONDS", seconds)
    pages = [await client.ask(FindInProjects(search="dupont", limit=limit))]
    while pages[-1].next:
        pages.append(await client.ask(FindInProjects(search="dupont", limit=limit, after=pages[-1].next)))
    assert len(pages) > 6
    names = sorted(each.excerpt or "" for page in pages for each in page.items)
    assert names == sorted(f"Marie Dupont {number}" for number in (0, 1, 2) for _ in ("comment", "history"))


async def test_the_number_of_a_part_is_that_of_its_project(site: Site) -> None:
    """A call is numbered as the project lists it, by its time; a deleted part is in the history with its id."""
    await site.workers()
    client = await site.client("admin")
    project_id = await create(client)
    for minute, party in ((30, "Marie Dupont"), (10, "Police")):
        at = NOON.replace(minute=minute)
        await client.send(AddCall(project_id=project_id, call_id=uuid7(), direction="made", at=at, party=party))
    call, _ = await occurrences(client, "dupont")
    project = await client.ask(GetProject(project_id=project_id))
    assert project.calls
    assert call.part == 2
    assert project.calls[1].call_id == call.part_id
