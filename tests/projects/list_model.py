"""Projects in the database, and the plain model of their list."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from contracts.permissions import EVERYTHING
from contracts.projects.queries import ListProjects, ProjectFilter, ProjectPage, Span
from tests.support import Site
from workers.common.text_search.text_folding import sort_key
from workers.projects.queries.lists import list_projects
from workers.projects.search.index import keep_words
from workers.runtime.queries.query_dispatch import QueryContext

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = ("Ladder", "gate", "4", "Élève", "BLESSÉ", "straße", "bag", "ab", "escalator", "naïve", "Ωmega")
NUMBERED = (*WORDS, "ZH123456", "2026")
PARTS = ("ladder", "LADD", "calat", "eleve", "blesse", "STRASSE", "4", "ab", "gate bag", "omega", "ive", "nothing")
DIGITS = ("123", "026", "3456", "zh12", "H12", "345 2026", "2026 bag", "235")
CAMERAS = ("cam-1", "cam-2", "cam-3")
PEOPLE = ("alice", "bob", "carol")
DAYS = (0, 0, 31, 365)
"""Days that are in several months."""


@dataclass
class ModelProject:
    """One project of the model."""

    id: UUID
    row: dict[str, Any]
    cameras: set[str] = field(default_factory=set)
    comments: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    def words(self) -> set[str]:
        """Return its words, computed in another way than the product does."""
        written = [self.row["description"], *self.comments, *(text for call in self.calls for text in call)]
        plain = unicodedata.normalize("NFKD", " ".join(written)).casefold()
        return set("".join(character for character in plain if not unicodedata.combining(character)).split())


class ModelProjects(list[ModelProject]):
    """The projects of a test."""

    def __repr__(self) -> str:
        """Keep the output of a failed example short."""
        return f"{len(self)} projects"


async def create_projects(site: Site) -> ModelProjects:
    """Insert sixty projects of two years, always the same ones, and return them."""
    chance = Random(4)
    projects = ModelProjects(project(chance, number) for number in range(1, 61))
    await insert_projects(site, projects)
    return projects


def project(chance: Random, number: int) -> ModelProject:
    """Make a project; equal times and missing values are frequent."""

    def at() -> datetime | None:
        return chance.choice([None, NOON + timedelta(hours=chance.randint(0, 5))])

    def random_words() -> str:
        return " ".join(chance.choices(NUMBERED, k=chance.randint(0, 3)))

    created = NOON + timedelta(hours=chance.randint(0, 9), days=chance.choice(DAYS))
    row = {
        "number": number,
        "type_id": chance.choice([None, 1, 2]),
        "status_id": chance.choice([None, 21, 22]),
        "category_1": chance.choice([None, 11, 12]),
        "category_5": chance.choice([None, None, 13]),
        "description": random_words(),
        "start_time": at(),
        "end_time": at(),
        "created_by": chance.choice(PEOPLE),
        "created_at": created,
        "updated_at": created + timedelta(hours=chance.randint(0, 3)),
    }
    model_project = ModelProject(
        UUID(int=chance.getrandbits(128)), row, set(chance.sample(CAMERAS, chance.randint(0, 2)))
    )
    model_project.comments = [random_words() for _ in range(chance.randint(0, 2))]
    model_project.calls = [(random_words(), random_words(), random_words()) for _ in range(chance.randint(0, 1))]
    return model_project


async def insert_projects(site: Site, projects: Iterable[ModelProject]) -> None:
    """Insert projects as their commands would leave them."""
    for project in projects:
        columns = {"id": project.id, **project.row}
        names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
        await site.sql(
            f"INSERT INTO projects.project ({names}, revision, updated_by, imported, retention_exempt) "  # noqa: S608 - a test's own text
            f"VALUES ({values}, 1, 'bob', false, false)",
            **columns,
        )
        for camera in project.cameras:
            await site.sql(
                "INSERT INTO projects.camera VALUES (:p, :c, :at)", p=project.id, c=camera, at=project.row["created_at"]
            )
        for comment in project.comments:
            await site.sql(
                "INSERT INTO projects.comment VALUES (:p, gen_random_uuid(), :t, 'bob', now())", p=project.id, t=comment
            )
        for party, reference, notes in project.calls:
            await site.sql(
                "INSERT INTO projects.call VALUES "
                "(:p, gen_random_uuid(), 'made', now(), :party, '', NULL, :reference, :notes, 'bob', now())",
                p=project.id,
                party=party,
                reference=reference,
                notes=notes,
            )
    async with site.engine.begin() as connection:
        await keep_words(connection, [], {project.id for project in projects})


async def ask(site: Site, query: ListProjects) -> ProjectPage:
    """Ask the query's own function, without a message."""
    async with site.engine.connect() as connection:
        now = (await connection.execute(text("SELECT now()"))).scalar_one()
        page = await list_projects(query, QueryContext("admin", EVERYTHING, connection, now, "en"))
    assert isinstance(page, ProjectPage)
    return page


async def read_all_pages(site: Site, query: ListProjects) -> list[UUID]:
    """Read every page and return the ids."""
    results: list[UUID] = []
    while True:
        page = await ask(site, query)
        results += [row.project_id for row in page.items]
        if page.next is None:
            return results
        query = query.model_copy(update={"after": page.next})


def expected_ids(projects: Iterable[ModelProject], query: ListProjects) -> list[UUID]:
    """Return the ids that the list must have, by brute force."""
    matching = [
        project
        for project in projects
        if matches_filter(project, query.filter) and matches_search(project, query.search)
    ]
    name, backward = query.sort.removeprefix("-"), query.sort.startswith("-")

    def place(project: ModelProject) -> tuple[Any, ...]:
        value = project.row[name]
        own = (sort_key(value) if name == "description" else value,)
        return (*(() if value is None else own), project.row["created_at"], project.id)

    filled = sorted((project for project in matching if project.row[name] is not None), key=place, reverse=backward)
    empty = sorted((project for project in matching if project.row[name] is None), key=place, reverse=backward)
    return [row.id for row in filled + empty]


def matches_filter(project: ModelProject, filters: ProjectFilter) -> bool:
    """Return whether a project matches a filter."""
    row = project.row
    named: list[tuple[str, Any]] = [
        ("type_id", filters.type_ids),
        ("status_id", filters.status_ids),
        ("created_by", filters.created_by),
    ]
    named += [("number", filters.numbers), *((f"category_{slot}", ids) for slot, ids in filters.categories.items())]
    spans = [("created_at", filters.created), ("start_time", filters.start_time), ("updated_at", filters.updated)]
    return (
        all(ids is None or row.get(name) in ids for name, ids in named)
        and all(is_in_span(row[name], span) for name, span in spans)
        and (filters.camera_ids is None or bool(project.cameras & set(filters.camera_ids)))
    )


def is_in_span(at: datetime | None, span: Span) -> bool:
    """Return whether a time is in a span."""
    if at is None:
        return not (span.from_ or span.to)
    return (span.from_ is None or at >= span.from_) and (span.to is None or at < span.to)


def matches_search(project: ModelProject, search: str | None) -> bool:
    """Return whether every word of a search is a word, or from three letters on a part of one."""
    terms = unicodedata.normalize("NFKD", search or "").casefold().split()
    return all(any(term == word or (len(term) > 2 and term in word) for word in project.words()) for term in terms)
