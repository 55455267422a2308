"""Commands and questions as hypothesis makes them: small numbers stand for ids, so that a failure shrinks to few."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.model.people import PROJECTS

PEOPLE = ("admin", "olga", "carl")
WHO = st.sampled_from(("admin", "olga", "olga", "admin", "carl"))


@dataclass(frozen=True)
class Ref:
    """Something that has an id only when the command is sent."""

    what: str
    number: int


@dataclass(frozen=True)
class Wish:
    """A command: its verb, and its body with references."""

    verb: str
    body: dict[str, Any]


Wishes = SearchStrategy[Wish]


def ref(what: str, highest: int) -> SearchStrategy[Ref]:
    """Stand for one of a few things."""
    return st.builds(Ref, st.just(what), st.integers(0, highest))


TIMES = st.sampled_from(("2026-03-01T12:00:00Z", "2026-03-01T13:30:00+01:00", "2026-03-02T00:00:00Z"))
TEXTS = st.sampled_from(("", "Bag seen.", "été"))
WORDS = st.sampled_from(("Bag seen.", "été"))
CLEARABLE_TIMES = st.none() | TIMES
CATEGORY = ref("category-value", 4) | st.none()
SLOT = st.integers(1, 2)
EXPECTED = st.sampled_from((None, None, None, Ref("revision", 0), Ref("revision", 1)))


def wish(verb: str, needed: dict[str, Any], optional: dict[str, Any] | None = None) -> Wishes:
    """Make commands of one verb."""
    left = {name: one for name, one in (optional or {}).items() if name not in needed}
    return st.builds(Wish, st.just(verb), st.fixed_dictionaries(needed, optional=left))


def about(verb: str, needed: dict[str, Any] | None = None, optional: dict[str, Any] | None = None) -> Wishes:
    """Make commands about a project; the project is put in when they are sent."""
    return wish(f"projects.{verb}", {**(needed or {}), "expected_revision": EXPECTED}, optional)


SEQUENCE = st.fixed_dictionaries(
    {
        "sequence_id": ref("sequence", 2),
        "camera_id": st.just("cam-4"),
        "camera_name": st.just("Gate 4"),
        "start": st.just("2026-03-01T12:00:00Z"),
        "end": st.just("2026-03-01T12:10:00Z"),
    }
)
SEQUENCES = st.lists(SEQUENCE, min_size=1, max_size=2)
DATA = {
    "integer_1": st.none() | st.integers(-1, 1),
    "decimal_1": st.none() | st.sampled_from(("1.5", "1.50", "-3")),
    "text_1": st.none() | TEXTS,
    "checkbox_1": st.none() | st.booleans(),
    "datetime_1": CLEARABLE_TIMES,
}
MAIN = {
    "type_id": st.none() | ref("type", 2),
    "status_id": st.none() | ref("status", 2),
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
TOLD = {"direction": st.sampled_from(("made", "received")), "at": TIMES, "party": WORDS}
MORE = {"number": TEXTS, "duration_seconds": st.none() | st.integers(0, 2), "notes": TEXTS}

PROJECT = st.one_of(
    wish(
        "projects.create",
        {},
        {
            "type_id": MAIN["type_id"],
            "description": TEXTS,
            "start_time": CLEARABLE_TIMES,
            "end_time": CLEARABLE_TIMES,
            "sequences": SEQUENCES,
        },
    ),
    about("update", {"description": TEXTS}, MAIN),
    about("update", {"type_id": MAIN["type_id"]}, {**MAIN, **CHARACTERISTICS}),
    about("update", {"data": CHARACTERISTICS["data"]}, CHARACTERISTICS),
    about("add-comment", {**COMMENT, "text": WORDS}),
    about("edit-comment", {**COMMENT, "text": WORDS}),
    about("delete-comment", COMMENT),
    about("add-call", {**CALL, **TOLD}, MORE),
    about("edit-call", {**CALL, **TOLD}, MORE),
    about("delete-call", CALL),
    about("add-sequences", {"sequences": SEQUENCES}),
    about("remove-sequences", {"sequence_ids": st.lists(ref("sequence", 2), min_size=1, max_size=2)}),
    about("remove-all-sequences"),
    about("delete"),
)

NAMED = {"name": WORDS}
DESCRIBED = {"description": TEXTS}
PERMISSIONS = st.dictionaries(
    st.sampled_from(
        (
            *("incident-properties", "roles", PROJECTS, PROJECTS),
            *(f"{PROJECTS}/{name}" for name in ("main-details", "categories", "comments", "calls", "sequences")),
        )
    ),
    st.sampled_from(("none", "view", "manage")),
    max_size=6,
)
ROLE = {"role_id": st.sampled_from(("operators", "clerks", "administrators"))}


def _values(kind: str, slot: dict[str, Any]) -> list[Wishes]:
    one = {"id": ref(kind, 3), **slot}
    return [
        wish(f"administration.add-{kind}", {**slot, **NAMED}, DESCRIBED),
        wish(f"administration.edit-{kind}", {**one, **NAMED}, DESCRIBED),
        wish(f"administration.delete-{kind}", one),
    ]


ADMINISTRATION = st.one_of(
    *_values("type", {}),
    *_values("status", {}),
    *_values("category-value", {"slot": SLOT}),
    wish("administration.define-category", {"slot": SLOT, "enabled": st.booleans(), **NAMED}, DESCRIBED),
    wish(
        "administration.define-data-field",
        {
            "kind": st.sampled_from(("integer", "decimal", "text", "checkbox", "datetime")),
            "slot": st.just(1),
            "enabled": st.booleans(),
            **NAMED,
        },
        DESCRIBED,
    ),
    wish("administration.define-role", {**ROLE, **NAMED, "permissions": PERMISSIONS}),
    wish("administration.delete-role", ROLE),
    wish("administration.assign-role", {**ROLE, "principal": st.sampled_from(PEOPLE)}),
    wish("administration.unassign-role", {**ROLE, "principal": st.sampled_from(PEOPLE)}),
)

QUESTION = st.one_of(
    wish("projects.get", {"project_id": ref("project", 2)}),
    wish(
        "projects.list",
        {
            "filter": st.fixed_dictionaries(
                {},
                optional={
                    "type_ids": st.lists(ref("type", 2) | st.none(), max_size=2),
                    "status_ids": st.lists(ref("status", 2) | st.none(), max_size=2),
                },
            ),
            "sort": st.sampled_from(("created_at", "-created_at")),
            "limit": st.integers(1, 3),
        },
    ),
    wish("administration.properties", {}),
    wish("administration.roles", {}),
    wish("administration.me", {}),
)
EVERY_QUESTION = (
    *(Wish("projects.get", {"project_id": Ref("project", number)}) for number in range(3)),
    Wish("projects.list", {"filter": {}, "sort": "-created_at", "limit": 2}),
    *(Wish(f"administration.{verb}", {}) for verb in ("properties", "roles", "me")),
)
OPENING = (
    Wish(
        "administration.define-role",
        {
            "role_id": "operators",
            "name": "Operators",
            "permissions": {
                "incident-properties": "view",
                PROJECTS: "manage",
                **{
                    f"{PROJECTS}/{name}": "manage"
                    for name in ("main-details", "categories", "comments", "calls", "sequences")
                },
            },
        },
    ),
    Wish(
        "administration.define-role",
        {
            "role_id": "clerks",
            "name": "Clerks",
            "permissions": {PROJECTS: "view", f"{PROJECTS}/comments": "manage"},
        },
    ),
    Wish("administration.assign-role", {"role_id": "operators", "principal": "olga"}),
    Wish("administration.assign-role", {"role_id": "clerks", "principal": "carl"}),
    *(Wish(f"administration.add-{kind}", {"name": kind}) for kind in ("type", "type", "status")),
    *(Wish("administration.define-category", {"slot": slot, "enabled": True, "name": "Place"}) for slot in (1, 2)),
    *(Wish("administration.add-category-value", {"slot": slot, "name": "Hall"}) for slot in (1, 1, 2)),
    *(
        Wish("administration.define-data-field", {"kind": kind, "slot": 1, "enabled": True, "name": kind})
        for kind in ("integer", "decimal", "text", "checkbox", "datetime")
    ),
    Wish("projects.create", {}),
)
