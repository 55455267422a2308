"""The workplace injuries of the demonstration."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from incidents.demo.scenario import BilingualText, load, stories
from tests.checks.tree import ROOT

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)
FALLS_AND_HITS = {1, 2, 3}
LABORATORY_AND_STORAGE = {0, 1}


def test_every_story_is_told() -> None:
    """Twenty-five projects come out, the first of them with everything that a project can hold."""
    incidents = list(stories(load(), "en", NOW))
    assert len(incidents) == 25
    assert len(incidents[0].comments) >= 3
    assert len(incidents[0].calls) >= 2
    assert incidents[0].sequences


def test_the_stories_are_those_of_the_set_up() -> None:
    """Most injuries are falls or hits, most happen in the laboratory and the storage room (SCN-11)."""
    incidents = list(stories(load(), "en", NOW))
    assert sum(story.reason in FALLS_AND_HITS for story in incidents) > 0.7 * len(incidents)
    assert sum(story.place in LABORATORY_AND_STORAGE for story in incidents) > 0.6 * len(incidents)
    assert Counter(story.type for story in incidents).most_common(1)[0][0] == 0


def test_the_same_seed_tells_the_same_stories() -> None:
    """Two plays differ in their ids alone."""
    plays = [list(stories(load(), "en", NOW)) for _ in range(2)]
    contents = [
        [(story.type, story.status, story.start, story.data, story.comments) for story in play] for play in plays
    ]
    assert contents[0] == contents[1]


def test_both_languages_tell_the_same() -> None:
    """A story has the same facts in either language, in other words."""
    english, french = (list(stories(load(), language, NOW)) for language in ("en", "fr"))
    assert [story.start for story in english] == [story.start for story in french]
    assert not {story.description for story in english} & {story.description for story in french}


def test_nothing_lies_in_the_future_or_has_expired() -> None:
    """Every injury is of the last week: it has happened, and retention keeps it."""
    for story in stories(load(), "en", NOW):
        assert story.start < story.end < NOW
        assert (NOW - story.start).days < 7


def test_everything_is_said_in_both_languages() -> None:
    """No text is missing in one language, whatever holds it."""

    def texts(value: object) -> list[dict[str, str]]:
        if isinstance(value, dict):
            inner = [text for each in value.values() for text in texts(each)]
            return [value] if value.keys() == {"en", "fr"} else inner
        return [text for each in value for text in texts(each)] if isinstance(value, list) else []

    content = texts(json.loads((ROOT / "incidents/demo/scenario.json").read_text()))
    assert len(content) > 60
    assert [text for text in content if bool(text["en"]) != bool(text["fr"])] == []


@pytest.mark.parametrize("text, is_it", [("New", True), ("Nouveau", True), ("Closed", False)])
def test_a_name_is_known_in_either_language(text: str, is_it: bool) -> None:
    """What was defined in French is recognised when the play is in English."""
    assert BilingualText(en="New", fr="Nouveau").matches(text) is is_it
