"""What the product says, in both languages."""

import json
import re
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts import catalogue
from contracts.errors import Code, Refusal
from contracts.licence import Licence
from contracts.projects.imports import ImportedProject
from contracts.texts import LANGUAGES, PARTS, PHRASES, REASONS, Part, Phrase, phrase, preferred_language, reason
from incidents.importing.mapping import Mapping
from tests.checks.tree import sources

COMMENT = Part.COMMENT
REFERENCE = [
    (
        Phrase.SEQUENCE_NOT_ADDED,
        "Impossible d'ajouter la séquence. Réessayez ultérieurement.",
        "Unable to add the sequence. Try again later.",
    ),
    (
        Phrase.PROJECT_NOT_CREATED,
        "Impossible de créer le projet d'incident. Réessayez ultérieurement.",
        "Unable to create the incident project. Try again later.",
    ),
    (
        Phrase.REPORT_NOT_GENERATED,
        "Impossible de générer le rapport. Réessayez ultérieurement.",
        "Unable to generate the report. Try again later.",
    ),
    (
        Phrase.REFRESH_THE_LIST,
        "Impossible d'effectuer cette action. Veuillez actualiser la liste.",
        "Unable to perform this action. Refresh the list.",
    ),
    (
        Phrase.TRY_AGAIN_LATER,
        "Impossible d'effectuer cette action. Réessayez ultérieurement.",
        "Unable to perform this action. Try again later.",
    ),
    (
        Phrase.SEQUENCES_NOT_REMOVED,
        "Impossible de supprimer toutes les séquences. Réessayez ultérieurement.",
        "Unable to remove all sequences. Try again later.",
    ),
    (
        Phrase.NOT_SAVED,
        "Impossible d'enregistrer le commentaire. Réessayez ultérieurement.",
        "Unable to save the comment. Try again later.",
    ),
    (Phrase.PERMISSION_DENIED, "Permission refusée.", "Permission denied."),
    (
        Phrase.REPORT_INCOMPLETE,
        "Le rapport a été généré mais il n'inclut pas toutes les informations.",
        "The report was generated but does not include all information.",
    ),
    (
        Phrase.NOT_AVAILABLE,
        "Vous n'avez pas accès à ces informations.",
        "This information is not available to you.",
    ),
]
"""The reference product's ten messages, word for word, MSG-07 about a comment."""

JUNK: list[Any] = [
    *(None, True, 1, -1, 1.5, 10**20, "", "x", "\0", "x" * 30_000, "2026-01-01T00:00:00", "4100-01-01T00:00:00Z"),
    *([], [1] * 2_000, ["x"], [{}], {}, {"x": 1}, {"1": "x"}, {"from": "x"}),
    *({"decimal_1": wrong} for wrong in (1, "x", "1e-20", "1e27", "1" * 20 + "." + "1" * 10)),
]


def failures() -> Iterator[str]:
    """Yield every kind of failure that junk in the fields of commands and queries leads to."""
    for asking in [*catalogue.commands().values(), *catalogue.queries().values()]:
        for body in ({name: junk} for name in asking.model_fields for junk in JUNK):
            try:
                asking.model_validate_json(json.dumps(body))
            except ValidationError as error:
                yield from (problem["type"] for problem in error.errors())


@pytest.mark.parametrize("text_id, french, english", REFERENCE)
def test_the_ten_messages_are_word_for_word(text_id: Phrase, french: str, english: str) -> None:
    """The reference product's sentences are said as it says them (MSG-01 to MSG-10)."""
    assert phrase(text_id, "fr", COMMENT) == french
    assert phrase(text_id, "en", COMMENT) == english


def test_everything_is_said_in_both_languages() -> None:
    """Every sentence, part and reason has an English and a French text, and they differ."""
    assert PHRASES.keys() == set(Phrase)
    assert PARTS.keys() == set(Part)
    for english, french in [*PHRASES.values(), *PARTS.values(), *REASONS.values()]:
        assert english.strip()
        assert french.strip()
        assert english != french


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same_in_both_languages(language: str) -> None:
    """No sentence has a placeholder but the [x] of MSG-07."""
    index = LANGUAGES.index(language)
    placeholders = {
        text_id: [name for _, name, _, _ in string.Formatter().parse(text[index]) if name]
        for text_id, text in PHRASES.items()
    }
    assert {text_id: names for text_id, names in placeholders.items() if names} == {Phrase.NOT_SAVED: ["x"]}


@pytest.mark.parametrize("part", Part)
def test_what_could_not_be_saved_is_named(part: Part) -> None:
    """The [x] of MSG-07 is filled in with the part, with its article, in the language of the sentence (MSG-07)."""
    assert (
        phrase(Phrase.NOT_SAVED, "fr", part) == f"Impossible d'enregistrer {PARTS[part][1]}. Réessayez ultérieurement."
    )
    assert phrase(Phrase.NOT_SAVED, "en", part) == f"Unable to save {PARTS[part][0]}. Try again later."


@pytest.mark.parametrize("subject", catalogue.commands())
def test_every_command_has_a_whole_sentence_for_its_failure(subject: str) -> None:
    """A command that fails with MSG-07 says what could not be saved."""
    command = catalogue.commands()[subject]
    for language in LANGUAGES:
        sentence = phrase(command.failure_phrase, language, command.part)
        assert "{" not in sentence
        assert " ." not in sentence


@pytest.mark.parametrize("code", Code)
def test_every_code_has_its_sentence(code: Code) -> None:
    """A refusal says something in both languages; only what passes is worth trying again."""
    english, french = (Refusal(code).as_error(language) for language in LANGUAGES)
    assert english.message != french.message
    assert english.retryable is (code is Code.UNAVAILABLE)


def test_every_way_to_be_wrong_has_its_reason() -> None:
    """Whatever is wrong with a field is reported in words, not only as `is not valid`."""
    assert sorted(set(failures()) - REASONS.keys()) == []


CHECKED: tuple[type[BaseModel], ...] = (
    *catalogue.commands().values(),
    *catalogue.queries().values(),
    Licence,
    ImportedProject,
    Mapping,
)
"""What people write and pydantic checks: messages, licences, rows and mappings of imports.

Variables of a process have sentences of their own (`tests/local/test_settings.py`).
"""

OWN_KINDS = re.compile(r'\bkind = "(\w+)"\n\s+raise PydanticCustomError')
KINDS_OF: dict[str, tuple[str, ...]] = {
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "float": ("float_type", "float_parsing", "finite_number"),
    "bool": ("bool_type",),
    "str": ("string_type",),
    "uuid": ("uuid_type", "uuid_parsing"),
    "datetime": ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
    "decimal": ("decimal_type", "decimal_parsing", "decimal_max_digits", "decimal_max_places", "decimal_whole_digits"),
    "literal": ("literal_error",),
    "enum": ("enum",),
    "list": ("list_type",),
    "dict": ("dict_type",),
    "model": ("model_type",),
    "model-fields": ("missing", "extra_forbidden"),
    "any": (),
}
KINDS_OF |= dict.fromkeys(("model-field", "default", "nullable", "chain", "json-or-python", "lax-or-strict"), ())
KINDS_OF |= dict.fromkeys(("function-before", "function-after", "function-wrap", "function-plain", "is-instance"), ())
KINDS_OF |= dict.fromkeys(("definitions", "definition-ref", "union", "custom-error", "no-info", "with-info"), ())
KINDS_OF_LIMITS = {
    "ge": ("greater_than_equal",),
    "gt": ("greater_than",),
    "le": ("less_than_equal",),
    "lt": ("less_than",),
    "pattern": ("string_pattern_mismatch",),
    "min_length": ("string_too_short", "too_short"),
    "max_length": ("string_too_long", "too_long"),
    "tz_constraint": ("timezone_aware",),
}


def possible(schema: Any) -> Iterator[str]:
    """Yield every kind of error that a schema of pydantic can raise; an unknown part of a schema fails the test."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield from KINDS_OF[schema["type"]]
            yield from (kind for limit in schema for kind in KINDS_OF_LIMITS.get(limit, ()))
        below = (part for name, part in schema.items() if name not in {"serialization", "metadata", "expected"})
        yield from (kind for part in below for kind in possible(part))
    elif isinstance(schema, list | tuple):
        yield from (kind for part in schema for kind in possible(part))


def test_every_kind_of_error_that_a_schema_can_raise_has_its_reason() -> None:
    """What pydantic or a rule of ours can say about anything people write has a text in both languages."""
    kinds = {kind for form in CHECKED for kind in possible(form.__pydantic_core_schema__)}
    kinds |= {
        kind
        for source in sources("contracts", "incidents", "workers")
        if source.path != "workers/common/process_settings.py"
        for kind in OWN_KINDS.findall(source.text)
    }
    assert {"int_type", "blank", "not_a_field"} <= kinds
    assert sorted(kinds - REASONS.keys()) == []


def test_nothing_that_people_write_is_refused_with_a_sentence_of_pydantic() -> None:
    """No validator raises a bare ValueError, whose text would be in one language after `Value error,`."""
    checked = {form.__module__.replace(".", "/") + ".py" for form in CHECKED}
    bare = [
        source.path
        for source in sources("contracts", "incidents", "workers")
        if source.path in checked and "raise ValueError" in source.text
    ]
    assert bare == []


def test_an_unknown_way_to_be_wrong_has_a_reason_too() -> None:
    """A kind that a newer validator brings is reported in general words."""
    assert reason("brand_new", "en") == "is not valid"
    assert reason("brand_new", "fr") == "n'est pas valide"


@pytest.mark.parametrize(
    "accepted, language",
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("FR", "fr"),
        ("fr-CH", "fr"),
        ("fr-CH, en;q=0.5", "fr"),
        ("en;q=0.1, fr; q=0.9", "fr"),
        ("fr;q=0.2 , en ;q=0.3", "en"),
        ("de, fr;q=0.1", "fr"),
        ("fr, en", "fr"),
        ("en, fr", "en"),
        ("fr;q=0", "en"),
        ("en;q=0, fr", "fr"),
        ("*", "en"),
        ("frog", "en"),
        ("fr;q=²", "en"),
        ("fr;q=9, en;q=0.1", "en"),
        (",;q=,-,", "en"),
    ],
)
def test_the_language_is_the_one_preferred(accepted: str | None, language: str) -> None:
    """Of English and French the one with the higher weight is spoken, the first of equals, else English."""
    assert preferred_language(accepted) == language


@given(st.text() | st.text("enfr-;,=q.019² \t*", max_size=40))
def test_any_header_gives_a_language(accepted: str) -> None:
    """No header, whatever is in it, keeps a message from being answered."""
    assert preferred_language(accepted) in LANGUAGES
