"""How long a retention policy keeps projects, in words."""

from typing import Final

from contracts.evidence.destruction import PolicyRule
from contracts.retention_policies import CountedFrom, PolicyTerms
from incidents.terminal.text.words import count, say

_KEPT: Final[dict[CountedFrom, str]] = {
    "creation": "“{property}” is kept for {time} from the creation",
    "closing": "“{property}” is kept for {time} from the closing",
    "year-end": "“{property}” is kept for {time} from the end of the year of the creation",
}


def kept_by_policy(language: str, name: str, policy: PolicyTerms | PolicyRule) -> str:
    """Return how long a policy keeps projects of its property, which has this name."""
    if policy.exempt:
        return say(language, "“{property}” is kept without end", property=name)
    spans = [
        *([count(language, policy.years, "{count} year", "{count} years")] if policy.years else []),
        *([count(language, policy.days, "{count} day", "{count} days")] if policy.days else []),
    ]
    return say(language, _KEPT[policy.counted_from], property=name, time=" + ".join(spans))
