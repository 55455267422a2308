"""The retention times of a site: that of its settings, and its policies."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from contracts.message import Change
from contracts.retention_policies import PolicyTerms
from contracts.values import EARLIEST
from workers.retention.row_types import PolicyRow, SettingsRow

_YEAR_DAYS_MIN = 365
_TERMS = tuple(PolicyTerms.model_fields)


class RetentionRules(NamedTuple):
    """What decides when projects expire: of the policies for a project the longest, else the time of the settings."""

    days: int
    zone: str
    policies: Sequence[PolicyRow]

    @classmethod
    def of(cls, settings: SettingsRow, policies: Sequence[PolicyRow]) -> Self:
        """Return the rules of stored rows."""
        return cls(settings["retention_days"], settings["timezone"], policies)

    def created_before(self, now: datetime, within_days: int = 0) -> datetime:
        """Return a time before which every project was created that has expired, or expires within so many days.

        Without policies, every project from before it has (AMB-4). A long time gives the earliest time of the wire.
        """
        shortest = timedelta(days=self._shortest_days() - within_days)
        return EARLIEST if shortest > now - EARLIEST else now - shortest

    def _shortest_days(self) -> int:
        """Return the shortest time, less a day for the offsets of zones if policies count by the calendar."""
        times = [each["years"] * _YEAR_DAYS_MIN + each["days"] - 1 for each in self.policies if not each["exempt"]]
        return min([self.days, *times])

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the statements that read due projects."""
        policies = json.dumps([{"policy_id": each["policy_id"], **_terms(each)} for each in self.policies])
        return {"days": self.days, "zone": self.zone, "policies": policies}

    def with_policy(self, policy_id: str, policy: PolicyRow | None) -> "RetentionRules":
        """Return the rules as they would be with another policy of this id, or without it."""
        others = [each for each in self.policies if each["policy_id"] != policy_id]
        return self._replace(policies=[*others, *([policy] if policy else [])])


def new_policy(policy_id: str, terms: PolicyTerms, by: str, at: datetime) -> PolicyRow:
    """Return a policy as it is stored."""
    return {
        "policy_id": policy_id,
        "property_id": terms.property_id,
        "days": terms.days,
        "years": terms.years,
        "exempt": terms.exempt,
        "counted_from": terms.counted_from,
        "set_by": by,
        "set_at": at,
    }


def changes(old: PolicyRow | None, new: PolicyRow | None) -> dict[str, Change]:
    """Return the terms that differ, by their names; a policy that is not there has none."""
    before, after = (_terms(policy) for policy in (old, new))
    return {
        name: Change(old=before.get(name), new=after.get(name))
        for name in _TERMS
        if before.get(name) != after.get(name)
    }


def _terms(policy: PolicyRow | None) -> dict[str, Any]:
    return {name: value for name, value in policy.items() if name in _TERMS} if policy else {}
