"""Sentences with values in them, found again in what was said: so one that was made elsewhere is said in a language."""

import re
from collections.abc import Callable, Sequence
from functools import cache


def translated(said: str, known: Sequence[str], say: Callable[[str], str]) -> str:
    """Return what was said as `say` has it; `known` are sentences with {names} for their values, the first one counts.

    A value is as short as can be, and may be a sentence, too. What is none of them is returned as it is.
    """
    for words in known:
        if found := _pattern(words).fullmatch(said):
            values = {name: translated(value, known, say) for name, value in found.groupdict().items()}
            return say(words).format(**values) if values else say(words)
    return said


@cache
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*?)", re.escape(words)), re.DOTALL)
