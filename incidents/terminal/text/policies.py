"""How long a retention policy keeps projects, in words."""

from typing import Final

from contracts.retention_policies import CountedFrom
from incidents.terminal.text.words import count, say

_KEPT: Final[dict[CountedFrom, str]] = {
    "creation": "“{property}” is kept for {time} from the creation",
    "closing": "“{property}” is kept for {time} from the closing",
    "year-end": "“{property}” is kept for {time} from the end of the year of the creation",
}


def kept_by_policy(language: str, name: str, years: int, days: int, counted_from: CountedFrom | None) -> str:
    """Return how long projects of this property are kept; without a beginning of the time they are exempt."""
    if counted_from is None:
        return say(language, "“{property}” is kept without end", property=name)
    spans = [
        *([count(language, years, "{count} year", "{count} years")] if years else []),
        *([count(language, days, "{count} day", "{count} days")] if days else []),
    ]
    return say(language, _KEPT[counted_from], property=name, time=" + ".join(spans))
