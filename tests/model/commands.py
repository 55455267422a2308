"""Commands as hypothesis makes them: small numbers stand for ids, so that a failure shrinks to few."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.model.people import PROJECTS

PEOPLE = ("admin", "olga", "carl")
PRINCIPALS = st.sampled_from(("admin", "olga", "olga", "admin", "carl"))


@dataclass(frozen=True)
class Ref:
    """Something that has an id only when the command is sent."""

    what: str
    number: int


@dataclass(frozen=True)
class Wish:
    """A command or a question: its verb, and its body with references."""

    verb: str
    body: dict[str, Any]


Wishes = SearchStrategy[Wish]


def ref(kind: str, highest: int) -> SearchStrategy[Ref]:
    """Stand for one of a few things."""
    return st.builds(Ref, st.just(kind), st.integers(0, highest))


TIMES = st.sampled_from(("2026-03-01T12:00:00Z", "2026-03-01T13:30:00+01:00", "2026-03-02T00:00:00Z"))
TEXTS = st.sampled_from(("", "Bag seen.", "été"))
WORDS = st.sampled_from(("Bag seen.", "été"))
REFERENCES = st.sampled_from(("2020-001", "INC7", "inc7"))
CLEARABLE_TIMES = st.none() | TIMES
CATEGORY = ref("category-value", 1) | ref("category-value", 4) | st.none()
TYPE = ref("type", 1) | ref("type", 1) | ref("type", 3) | st.none()
STATUS = ref("status", 0) | ref("status", 2) | st.none()
SLOT = st.integers(1, 2)
EXPECTED = st.sampled_from((None, None, None, Ref("revision", 0), Ref("revision", 1), Ref("revision", -2)))


def wish(verb: str, needed: dict[str, Any], optional: dict[str, Any] | None = None) -> Wishes:
    """Make commands of one verb."""
    left = {name: value for name, value in (optional or {}).items() if name not in needed}
    return st.builds(Wish, st.just(verb), st.fixed_dictionaries(needed, optional=left))


def project_wish(verb: str, needed: dict[str, Any] | None = None, optional: dict[str, Any] | None = None) -> Wishes:
    """Make commands about a project; the project is put in when they are sent."""
    return wish(f"projects.{verb}", {**(needed or {}), "expected_revision": EXPECTED}, optional)


SITES = st.sampled_from((None, "main", "harbour", "harbour", "elsewhere"))
CAMERA = {"camera_id": st.sampled_from(("cam-4", "cam-5")), "camera_name": st.just("Gate 4")}
SPAN = {
    "start": st.sampled_from(("2026-03-01T12:00:00Z", "2026-03-01T12:05:00Z")),
    "end": st.just("2026-03-01T12:10:00Z"),
}
SEQUENCE = st.fixed_dictionaries({"sequence_id": ref("sequence", 2), **CAMERA, **SPAN}, optional={"site": SITES})
SEQUENCES = st.lists(SEQUENCE, min_size=1, max_size=2)
CAMERAS = st.lists(st.fixed_dictionaries(CAMERA, optional={"site": SITES}), min_size=1, max_size=2)
SEQUENCE_IDS = {"sequence_ids": st.lists(ref("sequence", 2), min_size=1, max_size=2)}
DATA = {
    "integer_1": st.none() | st.integers(-1, 1),
    "decimal_1": st.none() | st.sampled_from(("1.5", "1.50", "-3")),
    "text_1": st.none() | TEXTS,
    "checkbox_1": st.none() | st.booleans(),
    "datetime_1": CLEARABLE_TIMES,
}
MAIN = {
    "type_id": TYPE,
    "status_id": STATUS,
    "reference": st.none() | REFERENCES,
    "description": st.none() | TEXTS,
    "start_time": CLEARABLE_TIMES,
    "end_time": CLEARABLE_TIMES,
}
CHARACTERISTICS = {
    "categories": st.fixed_dictionaries({}, optional={"1": CATEGORY, "2": CATEGORY}),
    "data": st.fixed_dictionaries({}, optional=DATA),
}
COMMENT = {"comment_id": ref("comment", 1)}
CALL = {"call_id": ref("call", 1)}
CALL_DETAILS = {"direction": st.sampled_from(("made", "received")), "at": TIMES, "party": WORDS}
MORE = {"number": TEXTS, "duration_seconds": st.none() | st.integers(0, 2), "notes": TEXTS}
OPENED = {
    "type_id": MAIN["type_id"],
    "reference": MAIN["reference"],
    "description": TEXTS,
    "start_time": CLEARABLE_TIMES,
    "end_time": CLEARABLE_TIMES,
    "sequences": SEQUENCES,
}
FROM_DRAFT = {"from_draft": st.just(value=True)}

PROJECT = st.one_of(
    wish("projects.create", {}, {**OPENED, **FROM_DRAFT}),
    project_wish("update", {"description": TEXTS}, MAIN),
    project_wish("update", {"type_id": MAIN["type_id"]}, {**MAIN, **CHARACTERISTICS}),
    project_wish("update", {"data": CHARACTERISTICS["data"]}, CHARACTERISTICS),
    project_wish("add-comment", {**COMMENT, "text": WORDS}),
    project_wish("edit-comment", {**COMMENT, "text": WORDS}),
    project_wish("delete-comment", COMMENT),
    project_wish("add-call", {**CALL, **CALL_DETAILS}, MORE),
    project_wish("edit-call", {**CALL, **CALL_DETAILS}, MORE),
    project_wish("delete-call", CALL),
    project_wish("add-sequences", {"sequences": SEQUENCES}),
    project_wish("add-sequences", FROM_DRAFT, {"sequences": SEQUENCES}),
    project_wish("remove-sequences", SEQUENCE_IDS),
    project_wish("remove-all-sequences"),
    project_wish("delete"),
)
TAKING_OVER = wish("projects.create", FROM_DRAFT, OPENED) | project_wish("add-sequences", FROM_DRAFT)
DRAFT = st.one_of(
    wish("projects.draft-sequences", {"sequences": SEQUENCES}),
    wish("projects.draft-sequences", {"cameras": CAMERAS, **SPAN}, {"sequences": SEQUENCES}),
    wish("projects.draft-sequences", {"sequences": SEQUENCES}, {"start": SPAN["start"]}),
    wish("projects.undraft-sequences", SEQUENCE_IDS),
    wish("projects.clear-draft", {}),
)
FOREIGN = st.fixed_dictionaries(
    {
        "project_id": ref("project", 4),
        "number": ref("number", 3),
        "created_by": st.sampled_from(("zoe", "olga")),
        "created_at": st.sampled_from(("2009-05-17T23:30:00+02:00", "2009-05-31T23:30:00Z", "2025-12-31T08:00:00Z")),
    },
    optional={
        **{name: value for name, value in MAIN.items() if name != "description"},
        "description": TEXTS,
        "retention_exempt": st.booleans(),
    },
)
IMPORT = wish("projects.import", {"projects": st.lists(FOREIGN, min_size=1, max_size=4)})

NAME = {"name": WORDS}
DESCRIBED = {"description": TEXTS}
BELOW = ("main-details", "categories", "comments", "calls", "sequences", "activity-logs", "retention")
PERMISSIONS = st.dictionaries(
    st.sampled_from(
        ("incident-properties", "roles", "settings", PROJECTS, PROJECTS, *(f"{PROJECTS}/{name}" for name in BELOW))
    ),
    st.sampled_from(("none", "view", "manage")),
    max_size=6,
)
ROLE = {"role_id": st.sampled_from(("operators", "clerks", "administrators"))}
MEMBER = {**ROLE, "principal": st.sampled_from(PEOPLE)}
ROLES = st.one_of(
    wish("administration.define-role", {**ROLE, **NAME, "permissions": PERMISSIONS}),
    wish("administration.delete-role", ROLE),
    wish("administration.assign-role", MEMBER),
    wish("administration.unassign-role", MEMBER),
)
SHOWN = st.fixed_dictionaries(
    {PROJECTS: st.sampled_from(("view", "view", "none"))},
    optional={f"{PROJECTS}/{name}": st.sampled_from(("none", "view")) for name in BELOW},
)
NARROWED = wish(
    "administration.define-role", {"role_id": st.sampled_from(("operators", "clerks")), **NAME, "permissions": SHOWN}
)


def _values(kind: str, slot: dict[str, Any]) -> list[Wishes]:
    value_fields = {"id": ref(kind, 0) | ref(kind, 3), **slot}
    return [
        wish(f"administration.add-{kind}", {**slot, **NAME}, DESCRIBED),
        wish(f"administration.edit-{kind}", {**value_fields, **NAME}, DESCRIBED),
        wish(f"administration.delete-{kind}", value_fields),
    ]


CHILDREN = {"child_sites": st.sampled_from(([], ["harbour"], ["harbour"], ["harbour", "airport"]))}
SETTINGS = wish("administration.change-settings", CHILDREN) | wish(
    "administration.change-settings",
    {"timezone": st.sampled_from(("UTC", "Europe/Zurich", "America/New_York", "Mars/Olympus"))},
    {
        "retention_days": st.sampled_from((7, 365_000)),
        "report_title": TEXTS,
        "language": st.sampled_from(("en", "fr")),
        "log_archive_bytes": st.sampled_from((200_000, 10_000_000)),
        **CHILDREN,
    },
)
LICENCE = wish("administration.activate-licence", {"token": ref("token", 3)})
ADMINISTRATION = st.one_of(
    *_values("type", {}),
    *_values("status", {}),
    wish("administration.add-status", {**NAME, "closing": st.just(value=True)}),
    wish("administration.mark-status", {"id": ref("status", 0) | ref("status", 3), "closing": st.booleans()}),
    *_values("category-value", {"slot": SLOT}),
    wish("administration.define-category", {"slot": SLOT, "enabled": st.booleans(), **NAME}, DESCRIBED),
    wish(
        "administration.define-data-field",
        {
            "kind": st.sampled_from(("integer", "decimal", "text", "checkbox", "datetime")),
            "slot": st.just(1),
            "enabled": st.booleans(),
            **NAME,
        },
        DESCRIBED,
    ),
    ROLES,
    SETTINGS,
    LICENCE,
)
