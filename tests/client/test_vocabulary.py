"""The words of the wire as people see them: each has its French, and what is shown can be typed."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from contracts.administration_queries import Settings
from contracts.catalogue import commands, events
from contracts.errors import Code
from contracts.permissions import Level, Node
from contracts.projects.exports import Included
from contracts.projects.queries import Sort
from contracts.projects.statistics import Interval
from incidents.cli.administration.definitions import _KINDS
from incidents.terminal.activities import _label, details_of
from incidents.terminal.activity_names import WORDS, activity_name, choose_activities
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.printing import Screen
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.refusals import field_place, refusal_panel
from incidents.terminal.tables.sheet import local
from incidents.terminal.tables.values import Names
from incidents.terminal.text.language import catalogue
from incidents.terminal.text.words import name_of

COLUMNS = [name for name in get_args(Sort) if not name.startswith("-")]
TYPED: dict[str, list[str]] = {
    "permission": list(Node),
    "kind": list(_KINDS),
    "interval": list(get_args(Interval)),
    "field": COLUMNS,
}
SHOWN: dict[str, list[str]] = {
    **TYPED,
    "level": [level.name.lower() for level in Level],
    "code": list(Code),
    "field": [
        *COLUMNS,
        *Settings.model_fields,
        *get_args(Included),
        *(name for form in (*events().values(), *commands().values()) for name in form.model_fields),
    ],
}
OF_SITES = ("category_", "integer_", "decimal_", "text_", "checkbox_", "datetime_")


@pytest.mark.parametrize("kind", SHOWN)
def test_every_word_of_the_wire_has_its_french(kind: str) -> None:
    """Activities, fields, permissions, levels, kinds and codes are named in French."""
    known: Any = catalogue("fr")  # keeps its texts under a private name
    words = {str(word) for word in SHOWN[kind] if not str(word).startswith(OF_SITES)}
    assert sorted(word for word in words if f"{kind}\x04{word}" not in known._catalog) == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", TYPED)
def test_what_is_shown_can_be_typed(kind: str, language: str) -> None:
    """The shown word stands for one word of the wire, which can be typed itself, case and accents aside."""
    session = Session("admin", language=language)
    for word in TYPED[kind]:
        name = name_of(language, kind, word)
        spellings: Iterable[str] = (word, name, name.upper(), name.replace("é", "e"))
        assert {read_word(session, kind, text, TYPED[kind], "Field") for text in spellings} == {word}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_activity_is_typed_as_it_is_shown(language: str) -> None:
    """Every event has words for people, in French too, which stand for it alone, as its name does."""
    assert sorted(WORDS) == sorted(events())
    session = Session("admin", language=language)
    for name in WORDS:
        assert choose_activities(session, [activity_name(name, language)]) == [name]
        assert choose_activities(session, [name]) == [name]


def test_a_near_word_is_offered() -> None:
    """A slip of the finger is answered with what was probably meant, in the language."""
    with pytest.raises(UsageError, match=r"Vouliez-vous dire.*projet supprimé"):
        choose_activities(Session("admin", language="fr"), ["projet suprimé"])
    with pytest.raises(UsageError, match=r"Did you mean.*project deleted"):
        choose_activities(Session("admin"), ["projects.delted"])


def test_details_are_named_in_the_language() -> None:
    """What an activity changed is reported with the names of its fields, and yes and no."""
    details = {"changed": {"description": {"old": "a", "new": "b"}}, "duration_seconds": 1.5, "complete": True}
    assert details_of(details, "fr") == "Description\u00a0: a → b  Durée (s)\u00a0: 1,5  Complet\u00a0: oui"
    assert details_of(details, "en") == "Description: a → b  Duration (s): 1.5  Complete: yes"


@pytest.mark.parametrize("language, sentence", [("en", "Closing: no → yes"), ("fr", "Clôture\u00a0: non → oui")])
def test_no_value_is_shown_as_a_program_writes_it(language: str, sentence: str) -> None:
    """Yes and no, local times, levels and codes are words of the language, also in an event's details."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    details = {
        "changed": {"closing": {"old": False, "new": True}},
        "expires_at": at.isoformat(),
        "permissions": {"incident-projects/calls": "view"},
    }
    shown = details_of(details, language)
    assert sentence in shown
    assert local(at, language) in shown
    assert ("projets/appels\u00a0: voir" if language == "fr" else "incident-projects/calls: view") in shown


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_event_names_its_project_by_number(language: str) -> None:
    """No event that is watched shows an id where the number is known; only that of an unknown project is there."""
    some_id = "0190a000-0000-7000-8000-000000000001"
    for form in events().values():
        names = [name for name in form.model_fields if name.endswith(("_id", "_ids"))]
        details = {name: [some_id] if name.endswith("_ids") else some_id for name in names}
        assert some_id not in details_of(details, language, 12)
        assert "project_id" not in details or "12" in details_of(details, language, 12)
    assert some_id in details_of({"project_id": some_id}, language)
    assert details_of({"project_id": some_id, "number": 7}, language) == details_of(
        {"project_id": some_id}, language, 7
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_detail_of_an_activity_has_a_label(language: str) -> None:
    """What is shown beside a value begins with a capital and is no name of a program."""
    names = {name for form in events().values() for name in form.model_fields}
    labels = {name: _label(name, Names(None), language) for name in names}
    assert {name: label for name, label in labels.items() if "_" in label or not label[0].isupper()} == {}


def test_an_unknown_activity_is_refused_with_names_to_type() -> None:
    """Where nothing is near, all are named as they are shown."""
    with pytest.raises(UsageError) as refusal:
        choose_activities(Session("admin", language="fr"), ["zzz rlôe"], "--happened")
    sentence = str(refusal.value)
    assert sentence.startswith("--happened\u00a0: ")
    named = sentence.partition("parmi\u00a0: ")[2].split(", ")
    assert len(named) > 40
    assert {"consulté", "projet créé"} <= set(named)
    assert not {"viewed", *WORDS} & set(named)


def test_a_refusal_names_its_fields_in_the_language() -> None:
    """The code and the field of a refusal are named as people call them."""
    fields = [{"field": "type_id", "kind": "int_type", "reason": "doit être un nombre entier"}]
    fields.append({"field": "project_id", "kind": "not_here", "reason": "n'existe pas"})
    more = {"nodes": ["incident-projects/comments"], "level": "view"}
    error = {"code": "invalid", "message": "Non.", "details": {"fields": fields, "retryable": True, **more}}
    out = io.StringIO()
    Screen(width=80, file=out).print(refusal_panel(error, "fr"))
    text = " ".join(out.getvalue().split())
    assert [
        word
        for word in (
            "non valide",
            "type doit être",
            "projet n'existe",
            "à renvoyer oui",
            "projets/commentaires",
            "voir",
        )
        if word not in text
    ] == []


@pytest.mark.parametrize("language, unnamed, category", [("en", "field", "Category"), ("fr", "champ", "Catégorie")])
def test_a_refusal_names_a_field_of_the_site_as_the_site_does(language: str, unnamed: str, category: str) -> None:
    """A data field or a category has the organisation's name where it is known, and else its kind and number."""
    labels = {"integer_1": "Blessés", "category_2": "Lieu"}
    shown = {"data.integer_1": "Blessés", "data.decimal_2": f"{unnamed} decimal_2", "integer_1": "Blessés"}
    shown |= {"categories.2": "Lieu", "categories.3": f"{category} 3", "filter.categories.2.0": "Lieu"}
    assert {name: field_place(name, language, labels) for name in shown} == shown
