"""What was done, in people's words: called, chosen and described."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pytest

from contracts import catalogue
from contracts.audit import Entry
from contracts.ids import uuid7
from incidents.terminal import activities
from incidents.terminal.activity_names import WORDS, choose_activities
from incidents.terminal.attempts import ATTEMPTS
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.show import Names
from incidents.terminal.tables.values import field_value

ID = "0190a000-0000-7000-8000-000000000001"
LOOKED_AT = {
    "administration.letter-opened",
    "audit.page-viewed",
    *("projects.opened", "projects.exported", "projects.downloaded"),
    *("reports.generated", "reports.printed", "reports.downloaded"),
    *("reports.included", "reports.batch-generated", "reports.batch-downloaded"),
    *("reports.summary-generated", "reports.summary-downloaded", "reports.register-generated"),
}


def described(details: dict[str, Any], language: str = "en", **more: Any) -> tuple[str, str]:
    """Describe the details of an entry, for people and for a spreadsheet."""
    values: dict[str, Any] = {
        "event_id": uuid7(),
        "at": datetime.now(UTC),
        "actor": "olivia",
        "activity": "projects.updated",
        **more,
    }
    entry = Entry(**values, project_id=None, command_id=None, revision=None, details=details)
    description = activities.describe(entry, Names(None), language)
    return str(description.shown), str(description.whole)


def test_every_activity_has_words() -> None:
    """Anyone who adds an event says what people call it, and no two are called the same."""
    assert set(WORDS) == set(catalogue.events())
    assert len(set(WORDS.values())) == len(WORDS)


@pytest.mark.parametrize(
    "activity, chosen",
    [
        ("viewed", LOOKED_AT),
        ("consulté", LOOKED_AT),
        ("projects.deleted", {"projects.deleted"}),
        ("reports.", {"reports."}),
        ("report printed", {"reports.printed"}),
        ("Rapport imprime", {"reports.printed"}),
        ("comment", {"projects.comment-added", "projects.comment-deleted", "projects.comment-edited"}),
    ],
)
def test_activities_are_chosen_as_people_call_them(activity: str, chosen: set[str]) -> None:
    """Words in either language, parts of them, names of the wire and how these begin all choose activities."""
    assert set(choose_activities(Session("alice", language="fr"), [activity]) or ()) == chosen


def test_an_activity_that_nobody_knows_is_refused_with_the_known_ones() -> None:
    """A slip is reported with the possible words; nothing typed chooses everything."""
    session = Session("alice")
    with pytest.raises(UsageError, match=r"--activity: there is no activity watched\. Choose one of: .*project viewed"):
        choose_activities(session, ["watched"])
    with pytest.raises(UsageError, match=r"Choose one of: attempt refused, .*, viewed, words redacted") as refusal:
        choose_activities(session, ["watched"])
    offered = str(refusal.value).partition("Choose one of: ")[2].split(", ")
    assert offered == sorted(offered)
    assert choose_activities(session, None) is None


@pytest.mark.parametrize(
    "typed, near",
    [("vewed", "viewed"), ("viewd", "viewed"), ("exportd", "project exported"), ("projects.deletd", "project deleted")],
)
def test_a_slip_in_an_activity_leads_to_the_similar_ones(typed: str, near: str) -> None:
    """Somebody who mistypes a word, also the one for everything that was viewed, reads a few names and not all."""
    with pytest.raises(UsageError) as refused:
        choose_activities(Session("alice"), [typed])
    offered = str(refused.value).rpartition("Did you mean ")[2].rstrip("?").split(", ")
    assert near in offered
    assert len(offered) < 6


@pytest.mark.parametrize(
    "language, text", [("en", "Attempted: delete a project"), ("fr", "Tentative\u00a0: suppression d'un projet")]
)
def test_an_attempt_is_described_in_words(language: str, text: str) -> None:
    """What was tried has words in both languages, whichever command or query it was."""
    assert set(ATTEMPTS) == {*catalogue.commands(), *catalogue.queries()}
    assert described({"attempted": "projects.delete"}, language)[0] == text
    assert described({"attempted": "projects.unheard-of"})[0] == "Attempted: projects.unheard-of"


def wire_words(annotation: Any) -> set[str]:
    """Return the words that a field of an event may have."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {word.value for word in annotation}
    inner = get_args(annotation)
    return set(inner) if get_origin(annotation) is Literal else {word for each in inner for word in wire_words(each)}


def test_a_french_detail_has_no_word_of_the_wire() -> None:
    """What an event says in a word of the wire is French in the activity; proper names stay."""
    names = {"edition", "format", "conformance", "permissions", "needs"}
    same = {"description", "volumes", "text_1", "text_2", "text_3"}
    untranslated = {
        (name, word)
        for event in catalogue.events().values()
        for name, field in event.model_fields.items()
        if name not in names
        for word in wire_words(field.annotation) - same
        if described({name: word}, "fr")[0].endswith(f"\u00a0: {word}")
    }
    assert untranslated == set()
    assert described({"field": "comment"}, "fr")[0] == "Champ\u00a0: Commentaire"
    assert described({"counted_from": "year-end"}, "fr")[0] == "Compté depuis\u00a0: fin d'année"


def test_details_have_names_instead_of_ids() -> None:
    """Types, statuses, categories and values are reported by their names of then, as old and new."""
    changed = {"status_id": {"old": 21, "new": 22}, "category_1": {"old": None, "new": 11}, "description": {}}
    names = {"21": "Open", "22": "Closed", "11": "Other"}
    text, _ = described({"changed": changed}, labels={"category_1": "Reason"}, names=names)
    assert text == "Status: Open → Closed  Reason: – → Other  Description"
    assert described({"type_id": 21}, "fr", names=names)[0] == "Type\u00a0: Open"


def test_ids_of_parts_are_for_spreadsheets() -> None:
    """A screen shows how many sequences there are and no long ids; a spreadsheet has the ids, too."""
    text, whole = described({"comment_id": ID, "sequence_ids": [ID, ID], "package": {"sha256": "ab", "pages": 2}})
    assert text == "Sequences: 2"
    assert whole == f"Comment: {ID}; Sequences: {ID}, {ID}; SHA-256: ab; Pages: 2"
    assert described({"sequence_ids": [ID]})[0] == "Sequences: 1"


@pytest.mark.parametrize(
    "numbers, shown", [([26], "Numbers: 26"), ([5, 3, 4, 9], "Numbers: 3–5, 9"), ([1, 3, 5, 7], "Numbers: 1, 3, 5, …")]
)
def test_imported_projects_are_named_by_their_numbers(numbers: list[int], shown: str) -> None:
    """A screen shows numbers that name projects, and no count that looks like one of them."""
    assert described({"numbers": numbers, "project_ids": [ID] * len(numbers)})[0] == shown
    assert described({"project_ids": [ID, ID]})[0] == "Projects: 2"


@pytest.mark.parametrize("language, label", [("en", "Incidents: 5"), ("fr", "Incidents\u00a0: 5")])
def test_the_incidents_of_a_summary_are_counted_by_their_name(language: str, label: str) -> None:
    """The figure is no time of creation, and the period is called as in the list of summaries."""
    details = {"created": 5, "since": "2026-11-01T00:00:00Z", "until": "2026-11-29T00:00:00Z"}
    shown, _ = described(details, language)
    assert label in shown
    assert ("Until: " if language == "en" else "Jusqu'au\u00a0: ") in shown


def test_a_duration_in_words_has_no_unit_in_its_label() -> None:
    """The unit is in the value, for people, and in the label, for a spreadsheet; also of an edit of it alone."""
    shown, whole = described({"duration_seconds": 270})
    assert shown == "Duration: 4 min 30 s"
    assert whole == "Duration (s): 270"
    edited = {"reference": "P-1", "duration_seconds": 270}
    assert field_value("call", edited, Names(None), "fr").splitlines()[-1] == "Durée\u00a0: 4\u00a0min 30\u00a0s"
    assert field_value("call", edited, Names(None), "fr", plain=True).splitlines()[-1] == "Durée (s)\u00a0: 270"


def test_a_page_is_described_by_its_numbers() -> None:
    """A list that was viewed names its projects by number, what narrowed it, and how many words were searched."""
    conditions = {"search": [], "filter.type_ids": [3, None], "filter.categories.2": [7]}
    page = {"query": "projects.list", "needs": ["incident-projects"], "conditions": conditions, "words": 2}
    page |= {"principal": None, "total": 4, "project_ids": [ID]}
    shown, whole = described(page, activity="audit.page-viewed", project_numbers=[9, 8, 7, 2])
    assert shown == ("Action: list projects  Narrowed by: Search, Type, category_2  Words searched: 2  Numbers: 2, 7–9")
    assert ID in whole
    assert "(3, –)" in whole
