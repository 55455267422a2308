"""`incidents dead` when the content of a letter is gone: since when, why, and what to do."""

import json
from typing import Any, Final

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import RunLine, run_line

__all__ = ["run_line"]

LETTER: Final[dict[str, Any]] = {
    "letter": 9,
    "at": "2026-03-01T12:00:00Z",
    "worker": "projects",
    "principal": "ann",
    "what": "projects.add-comment",
    "command_id": None,
    "reason": "It failed 3 times: CheckViolation.",
    "replayable": False,
    "hindrance": "has lost its content",
}
SINCE: Final = "2026-03-08T12:00:00Z"
WORDS: Final = {
    ("expired", "en"): "erased at 2026-03-08",
    ("expired", "fr"): "effacé le 08/03/2026",
    ("project-erased", "en"): "with a project that it names",
    ("text-redacted", "fr"): "un texte qu'elle nomme et qui a été caviardé",
    ("key-missing", "en"): "this database does not have its key",
}


@pytest.mark.parametrize("cause, language", list(WORDS))
async def test_a_letter_without_content_says_since_when_and_why(
    peer: Peer, run_line: RunLine, cause: str, language: str
) -> None:
    """The list and the letter itself say so, in the language of the reader; the letter has its length."""
    summary = {**LETTER, "erasure": cause, "erased_at": None if cause == "key-missing" else SINCE}
    opened = {"summary": summary, "subject": "im.main.work.projects.0.ann.?7.add-comment", "headers": {}}
    peer.answers["administration.list-dead-letters"] = json.dumps({"items": [summary], "next": None}).encode()
    peer.answers["administration.get-dead-letter"] = json.dumps({**opened, "body_bytes": 312}).encode()
    answers = [await run_line("dead", *line, "--lang", language) for line in (("list", "--csv"), ("show", "9"))]
    listed, shown = (" ".join(answer.out.split()) for answer in answers)
    assert WORDS[cause, language] in listed
    assert WORDS[cause, language] in shown
    assert "312" in shown
    document = json.loads((await run_line("dead", "show", "9", "--json")).out)
    assert document["summary"]["erasure"] == cause
    assert document["body"] is None
