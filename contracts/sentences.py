"""Sentences with values in them, recognised in a finished sentence, so that it can be translated afterwards."""

import re
from collections.abc import Callable, Sequence
from functools import cache


def translate(sentence: str, patterns: Sequence[str], say: Callable[[str], str]) -> str:
    """Translate a sentence by the first of the `patterns`, with {names} for its values, that it matches.

    Values match as little as possible and may be sentences themselves. A sentence without a match stays unchanged.
    """
    for pattern in patterns:
        if match := _expression(pattern).fullmatch(sentence):
            values = {name: translate(value, patterns, say) for name, value in match.groupdict().items()}
            return say(pattern).format(**values) if values else say(pattern)
    return sentence


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*?)", re.escape(pattern)), re.DOTALL)
