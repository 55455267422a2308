"""What cannot be read or is refused is reported by its option, its field and the way out, in our own words."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import incidents
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line

__all__ = ["run_line"]


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("projects list --since blah", "--since: blah is not a time: write 2026-01-31"),
        ("projects list --updated-until blah", "--updated-until: blah is not a time"),
        ("projects call 12 --to Police --at 03/04/2026", "--at: 03/04/2026 is ambiguous: write"),
        ("projects list --sort foo", "--sort: foo does not exist"),
        ("stats --interval year", "--interval: year does not exist"),
        ("ask administration.me {", "not JSON from line 1, column 2 on: write one object"),
        ("ask administration.me []", "not a JSON object: write its fields in braces"),
    ],
)
async def test_a_mistake_names_its_option_and_the_way_out(run_line: RunLine, line: str, sentence: str) -> None:
    """What cannot be read is said with where it was typed and what can be typed there."""
    ended = await run_line(*line.split(), "--json")
    assert ended.status == 2
    assert sentence in ended.json["error"]["message"]


async def test_an_option_of_another_command_is_found_there(run_line: RunLine) -> None:
    """A status is set by another command of the same group, whose name is no guess at the spelling."""
    ended = await run_line("projects", "create", "--description", "x", "--status", "Closed", "--json")
    assert ended.status == 2
    assert "these have it: incidents projects list, incidents projects update" in ended.json["error"]["message"]
    ended = await run_line("projects", "update", PROJECT, "--json", "--status")
    assert ended.status == 2
    assert "these have it" not in ended.json["error"]["message"]


@pytest.mark.parametrize("lang, unnamed", [("en", "field integer_1"), ("fr", "champ integer_1")])
async def test_a_refused_field_has_the_name_that_the_site_gave_it(
    peer: Peer, run_line: RunLine, lang: str, unnamed: str
) -> None:
    """A data field is refused by the organisation's name for it, before and after it is sent."""
    refused = await run_line("projects", "update", PROJECT, "--field", "integer_1=x", "--lang", lang)
    assert unnamed in refused.err
    field = {"field": "data.checkbox_1", "kind": "not_enabled", "reason": "no"}
    peer.error = {"code": "invalid", "message": "No.", "details": {"fields": [field]}}
    refused = await run_line("projects", "update", PROJECT, "--field", "checkbox_1=no", "--lang", lang)
    assert "Damaged?" in refused.err
    assert "incidents fields define checkbox_1 'Damaged?'" in refused.err
    assert refused.err.count("checkbox_1") == 1


@pytest.mark.parametrize(
    "lang, words",
    [
        ("en", ("is not one of the allowed values", "is not a field of an import")),
        ("fr", ("n'est pas une des valeurs",)),
    ],
)
async def test_a_mapping_is_refused_in_our_words(
    run_line: RunLine, tmp_path: Path, lang: str, words: tuple[str, ...]
) -> None:
    """A mapping with mistakes is reported by its own fields, and with no sentence of a library."""
    (tmp_path / "rows.csv").write_text("number\n1\n")
    mappings: tuple[dict[str, Any], ...] = (
        {"dates": "ymd"},
        {"columns": {"A": "colour"}},
        {"timezone": "Mars"},
        {"x": 1},
    )
    output = ""
    for mapping in mappings:
        (tmp_path / "mapping.json").write_text(json.dumps(mapping))
        output += " ".join(
            (await run_line("import", "rows.csv", "--mapping", "mapping.json", "--lang", lang)).err.split()
        )
    assert [word for word in (*words, "colour", "Mars", "dates") if word not in output] == []
    assert [word for word in ("Value error", "Input should", "Extra inputs") if word in output] == []


@pytest.mark.parametrize(
    "line, near",
    [
        ("settings set --no-require-purpose", "--optional-purpose"),
        ("settings set --no-optional-purpose", "--require-purpose"),
        ("projects list --no-held", "--not-held"),
        ("projects list --no-not-held", "--held"),
        ("settings set --requires-purpose", "--require-purpose"),
    ],
)
async def test_an_option_that_is_put_off_is_named(line: str, near: str) -> None:
    """Who puts `--no-` before an option is shown the one that means it."""
    ended = await incidents(*line.split(), "--json")
    assert ended.status == 2
    assert f"Possible options: {near})" in ended.json["error"]["message"]


async def test_a_time_zone_is_refused_with_its_value_and_an_example(tmp_path: Path) -> None:
    """A zone that does not exist is named, with one that does, before a system is needed."""
    for language, example in (("en", "is not a time zone: write one such as"), ("fr", "n'est pas un fuseau horaire")):
        ended = await incidents("settings", "set", "--timezone", "Paris", "--json", "--lang", language, folder=tmp_path)
        message = ended.json["error"]["message"]
        assert "Paris " in message
        assert "Europe/Paris" in message
        assert example in message
