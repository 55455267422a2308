"""Every refusal says what stands in the way and what to do about it, in both languages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from contracts.errors import Code, Refusal, project_gone
from contracts.permissions import EVERYTHING, Grants
from contracts.projects.commands import CreateProject
from contracts.projects.queries import ListProjects
from contracts.texts import Part
from tests.checks.tree import ROOT
from workers.administration import domain as administration
from workers.administration.row_types import PropertyRow
from workers.projects import domain as projects
from workers.projects.row_types import ProjectRow
from workers.projects.rules import camera_recording_rules, creation_rules
from workers.reports import domain as reports
from workers.reports.row_types import TombstoneRow
from workers.runtime.admission import authorisation, licence_check
from workers.runtime.queries import query_dispatch

ID = UUID("0190a000-0000-7000-8000-000000000001")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROJECT: ProjectRow = {**creation_rules.new_project(CreateProject(project_id=ID), 1, "ann", NOW), "revision": 3}
TOMBSTONE: TombstoneRow = {
    "project_id": ID,
    "number": 1,
    "deleted_at": NOW,
    "deleted_by": "ann",
    "expired": False,
    "restricted": False,
    "erase_after": None,
}
REFERENCES = {1: ("type", None), 2: ("status", None), 16: ("category-value", 2)}
TYPE: PropertyRow = {"id": 1, "kind": "type", "slot": None, "name": "", "description": "", "closing": False}
VALUE: PropertyRow = {**TYPE, "kind": "category-value", "slot": 2}


class Case(NamedTuple):
    """How to be refused, the field that is named, and the words that show the way out."""

    code: Code
    call: Callable[[], object]
    field: str
    english: str
    french: str


def saying(refusal: Refusal) -> Callable[[], object]:
    """Raise a refusal that is made elsewhere."""

    def call() -> object:
        raise refusal

    return call


def set_field(name: str, value: object) -> Callable[[], object]:
    """Give a project's field a value."""
    return lambda: projects.require_defined({name: value}, REFERENCES, {"category_1"})


CASES = [
    Case(
        Code.PERMISSION_DENIED,
        lambda: authorisation.authorise(CreateProject(project_id=ID), "bob", Grants()),
        "incident-projects",
        "Ask an administrator",
        "Demandez à un administrateur",
    ),
    Case(
        Code.NOT_AVAILABLE,
        lambda: authorisation.authorise(ListProjects(), "bob", Grants()),
        "incident-projects",
        "Ask an administrator",
        "Demandez à un administrateur",
    ),
    Case(Code.GONE, saying(Refusal(Code.GONE)), "", "request the list again", "redemandez la liste"),
    Case(Code.GONE, saying(project_gone(TOMBSTONE, None)), "project_id", "continue without it", "continuez sans"),
    Case(Code.GONE, saying(project_gone(None, None)), "project_id", "correct it", "corrigez la valeur"),
    Case(
        Code.GONE,
        saying(projects.part_gone(Part.CALL, ID, projects.Removal("ann", NOW))),
        "call_id",
        "continue without it",
        "continuez sans",
    ),
    Case(
        Code.GONE, saying(projects.part_gone(Part.COMMENT, ID, None)), "comment_id", "correct it", "corrigez la valeur"
    ),
    Case(
        Code.GONE, lambda: reports.require_project(False, TOMBSTONE), "project_id", "continue without", "continuez sans"
    ),
    Case(Code.GONE, lambda: reports.require_project(False, None), "project_id", "choose one", "choisissez dans"),
    Case(Code.GONE, lambda: reports.require_report(None), "report_id", "correct it", "corrigez la valeur"),
    Case(
        Code.GONE,
        lambda: projects.require_package(None, "ann", NOW, EVERYTHING),
        "package_id",
        "export the project again",
        "exportez à nouveau le projet",
    ),
    Case(Code.CONFLICT, saying(Refusal(Code.CONFLICT)), "", "repeat the change", "relisez"),
    Case(
        Code.CONFLICT,
        lambda: projects.require_unchanged_since(PROJECT, 2, [], EVERYTHING),
        "expected_revision",
        "read the project again",
        "relisez le projet",
    ),
    Case(
        Code.CONFLICT,
        lambda: projects.require_same_creation({"text": "a"}, {"text": "b"}, "comment_id"),
        "comment_id",
        "create a new id",
        "créez un nouvel id",
    ),
    Case(
        Code.CONFLICT,
        lambda: administration.require_changeable_role("administrators"),
        "role_id",
        "define another role",
        "définissez un autre rôle",
    ),
    Case(
        Code.CONFLICT,
        lambda: administration.require_an_administrator("administrators", "ann", ["ann"]),
        "principal",
        "grant the role to somebody else",
        "attribuez d'abord le rôle à quelqu'un d'autre",
    ),
    Case(Code.UNAVAILABLE, saying(Refusal(Code.UNAVAILABLE)), "", "Try again later", "Réessayez ultérieurement"),
    Case(
        Code.INVALID,
        lambda: projects.require_order(PROJECT, {"start_time": NOW, "end_time": NOW.replace(year=2025)}),
        "end_time",
        "must not be before the start",
        "ne doit pas précéder le début",
    ),
    Case(
        Code.INVALID, lambda: query_dispatch.parse("projects.lost", b"{}"), "projects.lost", "use one", "utilisez une"
    ),
    Case(Code.UNKNOWN_REFERENCE, set_field("type_id", 7), "type_id", "choose one that is", "choisissez-en un"),
    Case(Code.UNKNOWN_REFERENCE, set_field("status_id", 1), "status_id", "of another kind", "d'un autre genre"),
    Case(Code.UNKNOWN_REFERENCE, set_field("category_1", 16), "category_1", "another category", "autre catégorie"),
    Case(Code.UNKNOWN_REFERENCE, set_field("category_1", 1), "category_1", "of another kind", "d'un autre genre"),
    Case(
        Code.UNKNOWN_REFERENCE, set_field("category_2", 16), "category_2", "ask an administrator to enable", "activer"
    ),
    Case(Code.UNKNOWN_REFERENCE, set_field("text_1", "x"), "text_1", "ask an administrator to enable", "activer"),
    Case(
        Code.UNKNOWN_REFERENCE,
        lambda: camera_recording_rules.require_known_sites([("sequences.0.site", "moon")], "main", ["north"]),
        "sequences.0.site",
        "ask an administrator to add it",
        "ajouter par un administrateur",
    ),
    Case(Code.UNKNOWN_REFERENCE, lambda: administration.require_role(None, "x"), "role_id", "choose", "choisissez"),
    Case(
        Code.UNKNOWN_REFERENCE,
        lambda: administration.require_property(None, "type", 9),
        "id",
        "choose one that is",
        "choisissez-en un",
    ),
    Case(
        Code.UNKNOWN_REFERENCE,
        lambda: administration.require_property(TYPE, "status", 9),
        "id",
        "choose one of this kind",
        "choisissez-en une de ce genre",
    ),
    Case(
        Code.UNKNOWN_REFERENCE,
        lambda: administration.require_property(VALUE, "category-value", 9, 1),
        "slot",
        "name the category that the value belongs to",
        "indiquez celle",
    ),
    Case(Code.UNKNOWN_REFERENCE, lambda: administration.require_category(None, 5), "slot", "choose", "choisissez"),
    Case(Code.IN_USE, lambda: administration.require_unassigned(12), "12", "Remove it there", "Retirez-la"),
    Case(Code.HELD, saying(Refusal(Code.HELD)), "", "Release the hold first", "Levez d'abord le blocage"),
    Case(Code.NOT_LICENSED, saying(licence_check.refusal("expired")), "expired", "activate one", "d'en activer une"),
    Case(Code.COMMAND_ID_REUSED, saying(Refusal(Code.COMMAND_ID_REUSED)), "", "Use a new id", "un nouvel id"),
]


def refusal_of(case: Case, language: str) -> tuple[Code, str]:
    """Return the code of a refusal, and all that it says."""
    with pytest.raises(Refusal) as refusal:
        case.call()
    error = refusal.value.as_error(language)
    return error.code, f"{error.message} {error.details}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.field}-{case.english}")
def test_a_refusal_shows_the_way_out(case: Case) -> None:
    """A refusal names the obstacle and the way out, in the asked language (MSG-01 to MSG-10)."""
    for language, way_out in (("en", case.english), ("fr", case.french)):
        code, words = refusal_of(case, language)
        assert code is case.code
        assert case.field in words
        assert way_out in words


def test_every_code_has_a_case() -> None:
    """No code is without a way out."""
    assert {case.code for case in CASES} == set(Code)


def test_no_sentence_of_a_refusal_stands_in_the_code() -> None:
    """A reason is named by its kind and said in both languages by the contracts, never written into a worker."""
    sources = [*(ROOT / "workers").rglob("*.py"), *(ROOT / "incidents").rglob("*.py")]
    calls: list[Any] = [path for path in sources if 'reason="' in path.read_text() or 'reason=f"' in path.read_text()]
    assert calls == []
