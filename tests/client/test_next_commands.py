"""A refusal on the command line says what to type next, and not to refresh a list that nobody sees."""

from typing import Any

import pytest

from contracts.errors import Code, Refusal
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line

__all__ = ["run_line"]


def refusal_document(refusal: tuple[Code, str, str], language: str) -> dict[str, Any]:
    """Return a refusal as it travels."""
    code, kind, field = refusal
    return Refusal(code, fields=[{"field": field, "kind": kind}]).as_error(language).model_dump(mode="json")


@pytest.mark.parametrize(
    "refusal, typed",
    [
        ((Code.CONFLICT, "changed_meanwhile", "expected_revision"), f"incidents projects show {PROJECT}"),
        ((Code.CONFLICT, "held_already", "project_id"), f"incidents retention holds --project {PROJECT}"),
        ((Code.CONFLICT, "not_held", "project_id"), f"incidents projects show {PROJECT}"),
        ((Code.GONE, "deleted", "project_id"), "incidents projects list"),
        ((Code.GONE, "deleted", "comment_id"), f"incidents projects show {PROJECT}"),
        ((Code.GONE, "not_here", "report_id"), f"incidents reports list {PROJECT}"),
        ((Code.HELD, "held", "project_id"), f"incidents retention holds --project {PROJECT}"),
        ((Code.HELD, "held", "project_id"), f"incidents retention release {PROJECT} "),
    ],
)
@pytest.mark.parametrize("language, nothing", [("en", "efresh"), ("fr", "actualise")])
async def test_a_refusal_names_the_next_command(
    peer: Peer, run_line: RunLine, refusal: tuple[Code, str, str], typed: str, language: str, nothing: str
) -> None:
    """Somebody who met a change of somebody else is told what to look at, in a terminal that shows no list."""
    peer.error = refusal_document(refusal, language)
    ended = await run_line("projects", "delete", PROJECT, "--yes", "--lang", language)
    assert typed in ended.err
    assert nothing not in ended.err


@pytest.mark.parametrize(
    "options, field, value, shown, typed",
    [
        ("--category Reason=Trapped", "category_1", 11, "Reason  is not enabled", "categories define 1 Reason"),
        ("--field Damaged?=no", "checkbox_1", False, "Damaged?  is not enabled", "fields define checkbox_1 'Damaged?'"),
    ],
)
async def test_what_is_disabled_can_be_enabled(  # noqa: PLR0917 - each parameter is a part of the case
    peer: Peer, run_line: RunLine, options: str, field: str, value: object, shown: str, typed: str
) -> None:
    """A field that is disabled by now is named without its value, which has no fault, and can be enabled as typed."""
    refused = {"field": field, "kind": "not_enabled", "reason": "is not enabled", "value": value}
    peer.error = {"code": "unknown-reference", "message": "No.", "details": {"fields": [refused]}}
    ended = await run_line("projects", "update", PROJECT, *options.split())
    assert shown in ended.err
    assert f"incidents {typed}" in ended.err


async def test_the_next_command_is_for_the_same_system(peer: Peer, run_line: RunLine) -> None:
    """What is to be typed has the principal of the line before."""
    peer.error = refusal_document((Code.HELD, "held", "project_id"), "fr")
    ended = await run_line("projects", "delete", PROJECT, "--yes", "--as", "olivia", "--lang", "fr")
    typed = " ".join(ended.err.replace("│", "").split())
    assert f"incidents retention holds --project {PROJECT} --as olivia" in typed
    assert f"incidents retention release {PROJECT} MOTIF --as olivia" in typed


@pytest.mark.parametrize("language, once", [("en", "is under hold"), ("fr", "est bloqué")])
async def test_a_hold_is_reported_once(peer: Peer, run_line: RunLine, language: str, once: str) -> None:
    """The sentence says that the project is under hold, and no second line repeats it."""
    peer.error = refusal_document((Code.HELD, "held", "project_id"), language)
    ended = await run_line("projects", "delete", PROJECT, "--yes", "--lang", language)
    assert ended.err.count(once) == 1


@pytest.mark.parametrize(
    "language, sentence",
    [("en", "The input is not valid: correct the following"), ("fr", "La saisie n'est pas valide\u00a0: corrigez")],
)
async def test_typed_input_is_no_message(run_line: RunLine, language: str, sentence: str) -> None:
    """Somebody who typed a line did not send a message with details; the line is corrected and typed again."""
    ended = await run_line("projects", "comment", PROJECT, "", "--lang", language)
    assert sentence in ended.err


async def test_programs_get_the_sentence_of_the_wire(peer: Peer, run_line: RunLine) -> None:
    """JSON has the refusal as it travelled, without advice for people."""
    peer.error = refusal_document((Code.CONFLICT, "not_held", "project_id"), "fr")
    ended = await run_line("projects", "delete", PROJECT, "--yes", "--json", "--lang", "fr")
    assert ended.json["error"] == {**peer.error, "retryable": False}
