"""A line that asks for two things at once is refused, and neither of them is done."""

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line

__all__ = ["run_line"]


@pytest.mark.parametrize(
    "options",
    [
        ("--end", "now", "--clear", "end"),
        ("--end", "now", "--clear", "end_time"),
        ("--type", "1", "--clear", "type"),
        ("--category", "1=11", "--clear", "Reason"),
        ("--category", "1=11", "--category", "Reason=Trapped"),
        ("--field", "checkbox_1=yes", "--clear", "Damaged?"),
        ("--field", "checkbox_1=yes", "--field", "Damaged?=no"),
    ],
    ids=" ".join,
)
async def test_a_field_is_changed_once(peer: Peer, run_line: RunLine, options: tuple[str, ...]) -> None:
    """A field that is set and cleared, or set twice, keeps its value, and the second option is named."""
    options = tuple("2 hours ago" if option == "now" else option for option in options)
    ended = await run_line("projects", "update", PROJECT, *options, "--json")
    assert ended.status == 2
    assert peer.commands == []
    message = ended.json["error"]["message"]
    assert message.startswith(" ".join(options[-2:]))
    assert "changes this field twice" in message


async def test_a_field_may_be_cleared_twice(peer: Peer, run_line: RunLine) -> None:
    """Where both options mean the same, nothing is lost."""
    peer.result = {"project_id": PROJECT, "changed": {}}
    ended = await run_line("projects", "update", PROJECT, "--clear", "end", "--clear", "end_time", "--json")
    assert ended.status == 0


@pytest.mark.parametrize(
    "line",
    [
        ("settings", "set", "--require-purpose", "--optional-purpose"),
        ("settings", "set", "--optional-purpose", "--require-purpose"),
        ("projects", "list", "--held", "--not-held"),
        ("projects", "export", PROJECT, "--password", "--password-stdin"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("language, words", [("en", "exclude each other"), ("fr", "s'excluent")])
async def test_opposites_exclude_each_other(
    peer: Peer, run_line: RunLine, line: tuple[str, ...], language: str, words: str
) -> None:
    """An option next to its opposite is refused in either order, and both are named."""
    ended = await run_line(*line, "--lang", language, "--json", standard_input="a long password\n")
    message = ended.json["error"]["message"]
    assert ended.status == 2
    assert peer.commands == []
    assert words in message
    assert [word for word in line if word.startswith("--") and word not in message] == []


@pytest.mark.parametrize(
    "line",
    [
        ("watch", "--ops", "--exec", "true"),
        ("watch", "--ops", "--happened", "projects.created"),
        ("watch", "--ops", "--since", "1f6ec1a2-1042"),
        ("settings", "report-logo", "--remove", "--alt", "Harbour"),
        ("projects", "delete-sequence", PROJECT, "1", "--all", "--yes"),
        ("dead", "discard", "17", "--all", "--yes"),
        ("dead", "replay", "17", "--all", "--yes"),
        ("reports", "list", "--mine", "--by", "bob"),
    ],
    ids=" ".join,
)
async def test_one_is_not_all(peer: Peer, run_line: RunLine, line: tuple[str, ...]) -> None:
    """What asks for two things of which one would be ignored is refused; nothing is deleted meanwhile."""
    peer.answers["administration.list-dead-letters"] = b'{"items": [], "next": null}'
    ended = await run_line(*line, "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert ended.json["error"]["code"] == "usage"


@pytest.mark.parametrize("since, until", [("yesterday", "day before yesterday"), ("today", "last monday")])
@pytest.mark.parametrize(
    "line",
    [
        ("projects", "create", "--start", "--end"),
        ("projects", "update", PROJECT, "--start", "--end"),
        ("projects", "sequence", PROJECT, "--camera", "cam-4", "--start", "--end"),
        ("projects", "draft", "add", "--camera", "cam-4", "--start", "--end"),
        ("projects", "list", "--since", "--until"),
        ("projects", "list", "--started-since", "--started-until"),
        ("stats", "--since", "--until"),
        ("reports", "list", "--since", "--until"),
        ("reports", "batches", "--since", "--until"),
        ("reports", "batch", "-o", "lot.zip", "--since", "--until"),
        ("reports", "summary", "-o", "s.pdf", "--timezone", "UTC", "--since", "--until"),
        ("audit", "log", "--since", "--until"),
        ("disclosures", "--since", "--until"),
    ],
    ids=lambda line: " ".join(map(str, line)),
)
async def test_a_period_is_not_typed_backwards(
    peer: Peer, run_line: RunLine, line: tuple[object, ...], since: str, until: str
) -> None:
    """An end in words lasts to the end of its day, so that days the wrong way round would be an empty period."""
    *start, first, last = line
    ended = await run_line(*start, first, since, last, until, "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert peer.queries == []
    assert f"{until} is before {since}" in ended.json["error"]["message"]


async def test_a_period_of_one_day_may_begin_within_it(peer: Peer, run_line: RunLine) -> None:
    """From a moment of a day to that day is to its end."""
    peer.answers["projects.list"] = b'{"items": [], "next": null, "total": null}'
    assert (await run_line("projects", "list", "--since", "yesterday 14:00", "--until", "yesterday")).status == 0
