"""The words of the wire as people see them: each has its French, and what is shown can be typed."""

import io
from collections.abc import Iterable
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
from incidents.terminal.activities import WORDS, activity_name, choose_activities, details_of
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.printing import Screen
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.refusals import refusal_panel
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
    words = {str(item) for item in SHOWN[kind] if not str(item).startswith(OF_SITES)}
    assert sorted(word for word in words if f"{kind}\x04{word}" not in known._catalog) == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", TYPED)
def test_what_is_shown_can_be_typed(kind: str, language: str) -> None:
    """The shown word stands for one word of the wire, which can be typed itself, case and accents aside."""
    session = Session("admin", language=language)
    for word in TYPED[kind]:
        name = name_of(language, kind, word)
        typed: Iterable[str] = (word, name, name.upper(), name.replace("é", "e"))
        assert {read_word(session, kind, item, TYPED[kind], "Field") for item in typed} == {word}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_activity_is_typed_as_it_is_shown(language: str) -> None:
    """Every event has words for people, in French too, which stand for it alone, as its name does."""
    assert sorted(WORDS) == sorted(events())
    session = Session("admin", language=language)
    for name in WORDS:
        assert (choose_activities(session, [activity_name(name, language)]), choose_activities(session, [name])) == (
            [name],
            [name],
        )


def test_a_near_word_is_offered() -> None:
    """A slip of the finger is answered with what was probably meant, in the language."""
    with pytest.raises(UsageError, match=r"Vouliez-vous dire.*projet supprimé"):
        choose_activities(Session("admin", language="fr"), ["projet suprimé"])
    with pytest.raises(UsageError, match=r"Did you mean.*projects\.deleted"):
        choose_activities(Session("admin"), ["projects.delted"])


def test_details_are_named_in_the_language() -> None:
    """What an activity changed is reported with the names of its fields, and yes and no."""
    details = {"changed": {"description": {"old": "a", "new": "b"}}, "duration_seconds": 1.5, "complete": True}
    assert details_of(details, "fr") == "description: a → b  durée (s)=1,5  complet=oui"
    assert details_of(details, "en") == "description: a → b  duration_seconds=1.5  complete=yes"


def test_a_refusal_names_its_fields_in_the_language() -> None:
    """The code and the field of a refusal are named as people call them."""
    fields = [{"field": "type_id", "kind": "int_type", "reason": "doit être un nombre entier"}]
    more = {"nodes": ["incident-projects/comments"], "level": "view"}
    error = {"code": "invalid", "message": "Non.", "details": {"fields": fields, "retryable": True, **more}}
    out = io.StringIO()
    Screen(width=80, file=out).print(refusal_panel(error, "fr"))
    text = " ".join(out.getvalue().split())
    assert [
        word
        for word in ("non valable", "type doit être", "à renouveler oui", "projets/commentaires", "voir")
        if word not in text
    ] == []
