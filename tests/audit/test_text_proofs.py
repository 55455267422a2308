"""A salted hash in the activity log proves which text stood in a project, until the salt dies."""

from typing import Any
from uuid import UUID

import pytest

from contracts.ids import uuid7
from contracts.message import Store
from contracts.projects.commands import CreateProject, DeleteProject, UpdateProject
from contracts.projects.parts import AddComment, EditComment
from contracts.projects.redaction import RedactProject
from incidents import Client
from tests.audit.test_activity import entries_of
from tests.audit.test_tampering import change
from tests.client.command_line import CommandResult, incidents
from tests.support import Site, eventually

FIRST, SECOND = "A bag was left at gate 4.", "Un sac \u00e9tait l\u00e0."


async def prove(site: Site, *line: object, wording: str) -> CommandResult:
    """Type the command with a file that has these words, and the address of the owner."""
    file = site.directory / "wording.txt"
    file.write_text(wording, "utf-8")
    environment = {"INCIDENTS_DATABASE_URL": site.database_url}
    return await incidents("audit", "prove-text", *line, file, environment=environment)


@pytest.fixture
async def client(site: Site) -> Client:
    """A caller of a site whose projects stay for long, with the workers that record what happens."""
    await site.sql("UPDATE administration.settings SET retention_days = 183")
    await site.workers("projects", "audit")
    return await site.client()


async def reworded_project(client: Client) -> UUID:
    """Create a project and change its description; return its id when both are recorded."""
    project_id = uuid7()
    await client.send(CreateProject(project_id=project_id, description=FIRST))
    await client.send(UpdateProject(project_id=project_id, description=SECOND))
    await entries_of(client, project_id, 2)
    return project_id


async def salts(site: Site) -> list[Any]:
    """Return the revisions and the fields of which there are salts."""
    return [tuple(row) for row in await site.sql("SELECT revision, field FROM audit.text_salt ORDER BY 1, 2")]


async def test_each_wording_is_proven(site: Site, client: Client) -> None:
    """The wording of a revision is told from every other text, with the entry that has its hash."""
    project_id = await reworded_project(client)
    ended = await prove(site, project_id, 1, "description", wording=f"{FIRST}\n")
    assert ended.status == 0
    assert ended.err == ""
    assert "this text is description of project" in ended.out
    assert "entry 0 of the activity log is as it was recorded" in ended.out
    assert (await prove(site, 1, 2, "description", wording=SECOND)).status == 0
    other = await prove(site, 1, 2, "description", wording=FIRST)
    assert other.status == 1
    assert "this text is not description" in other.out
    document = (await prove(site, 1, 2, "description", "--json", wording="x")).json
    assert document["is_same"] is False
    assert document["is_intact"] is True
    assert document["actor"] == "admin"


async def test_no_answer_shows_a_hash(site: Site, client: Client) -> None:
    """Neither the activity nor what is stored of it has the words; hashes are not shown to callers."""
    project_id = await reworded_project(client)
    for entry in await entries_of(client, project_id, 2):
        assert "text_hashes" not in entry.details
    stored = await site.sql("SELECT details::text FROM audit.activity ORDER BY log_index")
    assert all("text_hashes" in details for (details,) in stored[:2])
    assert not any(FIRST in details or SECOND in details for (details,) in stored)


async def test_parts_have_hashes_too(site: Site, client: Client) -> None:
    """Each wording of a comment is proven by the revision that wrote it."""
    project_id, comment_id = uuid7(), uuid7()
    await client.send(CreateProject(project_id=project_id))
    await client.send(AddComment(project_id=project_id, comment_id=comment_id, text="Seen."))
    await client.send(EditComment(project_id=project_id, comment_id=comment_id, text="Heard."))
    await entries_of(client, project_id, 3)
    for revision, wording in ((2, "Seen."), (3, "Heard.")):
        assert (await prove(site, 1, revision, "comment", wording=wording)).status == 0
    assert (await prove(site, 1, 3, "comment", wording="Seen.")).status == 1
    french = await prove(site, 1, 2, "commentaire", "--lang", "fr", wording="Seen.")
    assert (french.status, "ce texte est celui du champ «\u00a0commentaire\u00a0» du projet 1" in french.out) == (
        0,
        True,
    )
    none = await prove(site, 1, 2, "téléphone", "--lang", "fr", wording="Seen.")
    assert "révisions dont il en a une\u00a0: aucune" in " ".join(none.err.split(" "))
    unknown = await prove(site, 1, 2, "titre", "--lang", "fr", wording="Seen.")
    assert (unknown.status, "Choisissez parmi\u00a0: description, référence, text_1" in unknown.err) == (2, True)


async def test_salts_die_with_their_project(site: Site, client: Client) -> None:
    """After the deletion nobody can tell which text it was, and the command says why."""
    project_id = await reworded_project(client)
    await client.send(DeleteProject(project_id=project_id))
    assert await salts(site) == []
    ended = await prove(site, 1, 1, "description", wording=FIRST)
    assert ended.status == 2
    assert "was deleted with the project" in ended.err


@pytest.mark.parametrize("earlier_only", [False, True])
async def test_salts_die_with_a_redaction(site: Site, client: Client, earlier_only: bool) -> None:
    """A redacted wording can be proven no more; the present one stays provable if only earlier ones were redacted."""
    project_id = await reworded_project(client)
    await client.send(
        RedactProject(project_id=project_id, field="description", earlier_only=earlier_only, reason="asked for")
    )
    assert await salts(site) == ([(2, "description")] if earlier_only else [])
    assert (await prove(site, 1, 1, "description", wording=FIRST)).status == 2
    assert (await prove(site, 1, 2, "description", wording=SECOND)).status == (0 if earlier_only else 2)


async def test_a_short_retention_has_no_hashes(site: Site, client: Client) -> None:
    """Where no rule keeps projects for 183 days, the log has no hash of texts either."""
    await site.sql("UPDATE administration.settings SET retention_days = 182")
    await reworded_project(client)
    assert await salts(site) == []
    ended = await prove(site, 1, 2, "description", wording=SECOND)
    assert ended.status == 2
    assert "the log has no hash of description in revision 2" in ended.err


async def test_a_changed_entry_proves_nothing(site: Site, client: Client) -> None:
    """Who changes the entry so that another text fits is found."""
    await reworded_project(client)

    async def is_grown() -> bool:
        return await site.sql("SELECT size >= 2 FROM audit.tree WHERE store = 'incident_manager'") == [(True,)]

    await eventually(is_grown)
    change(site, Store.INCIDENT_MANAGER, "UPDATE audit.activity SET actor = 'oscar' WHERE revision = 2")
    ended = await prove(site, 1, 2, "description", wording=SECOND)
    assert ended.status == 1
    assert "was changed since it was recorded" in ended.out


@pytest.mark.parametrize("project, reason", [(7, "there is no project 7"), (1, "no entry of revision 9")])
async def test_what_is_not_there_is_said(site: Site, client: Client, project: int, reason: str) -> None:
    """A project or a revision that is not there is named."""
    await reworded_project(client)
    ended = await prove(site, project, 9, "description", wording="x")
    assert ended.status == 2
    assert reason in ended.err
