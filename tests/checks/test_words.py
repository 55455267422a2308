"""The project speaks of itself alone: no word in it depends on a machine, a registry or a tracker."""

import re

import pytest

from tests.checks.tree import require_none, sources, texts

# Spelled so that no pattern matches itself.
FORBIDDEN = {
    "reminders": ("Finish it or leave it out.", r"\b(TO[D]O|FIX[M]E|XX[X])\b"),
    "paths": (
        "No path of one machine; say what it is relative to.",
        r"(?<![\w.*}/-])/(work|root|home/\w+|opt/wheels|tmp/[a-z]+)(?![\w*{-])",
    ),
    "registries": (
        "No registry's host; an installer knows where its packages are.",
        r"(?i)\b(pypi[.]org|pythonhosted[.]org|registry[.]npmjs|deb[.]debian|crates[.]io|proxy[.]golang)",
    ),
    "trackers": (
        "No numbers of a tracker; say what happened instead.",
        r"(?i)\b(issues?|pr|pull request|bug|ticket|fix(es)?|closes?|gh) ?[#-]\d+|\(#\d+\)",
    ),
    "twins": ("Two places that must agree are one too many.", r"(?i)keep\w* .{0,30}in [s]ync"),
}


@pytest.mark.parametrize("words", FORBIDDEN)
def test_no_such_words(words: str) -> None:
    """What is true only here, or only today, is not written down."""
    rule, pattern = FORBIDDEN[words]
    findings = [
        f"{source.path}:{number} {line.strip()[:100]}"
        for source in texts()
        for number, line in enumerate(source.lines, start=1)
        if re.search(pattern, line)
    ]
    require_none(rule, findings)


def test_comments_stand_for_themselves() -> None:
    """A comment does not send its reader to a numbered list that is somewhere else."""
    pattern = re.compile(r"#.*\b[A-Z]{1,3}\d*-?\d+:")
    findings = [
        f"{source.path}:{number} {comment}"
        for source in sources("contracts", "incidents", "workers", "tests", "benchmarks")
        for number, comment in source.comments
        if pattern.search(comment) and "noqa" not in comment
    ]
    require_none("Say the reason itself.", findings)
