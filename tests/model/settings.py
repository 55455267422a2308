"""The site's settings and its licence, as the published interface says."""

from typing import Any
from zoneinfo import available_timezones

from tests.model.rules import Applied, Body, No, ProductChoice, Subset

FIRST: dict[str, Any] = {
    "retention_days": 7,
    "report_title": "",
    "timezone": "UTC",
    "language": "en",
    "log_archive_bytes": 10_000_000,
    "child_sites": [],
    "export_details_required": False,
    "deletion_reason_required": False,
    "two_person_release": False,
    "undo_days": 0,
    "expiry_warning_days": 7,
}


class Settings:
    """What administrators set for the whole site."""

    def __init__(self) -> None:
        """Begin as a fresh site does."""
        self.now = dict(FIRST)

    def change_settings(self, body: Body, _: ProductChoice) -> Applied:
        """Change what is given and differs, and tell what it was and is."""
        if body.get("timezone", "UTC") not in available_timezones():
            raise No("invalid", fields=[Subset(field="timezone")])
        new_values = {name: value for name, value in body.items() if value != self.now[name]}
        changed = {
            name: {"old": _text_of(self.now[name]), "new": _text_of(value)} for name, value in new_values.items()
        }
        self.now |= new_values
        return Applied(Subset(changed=changed), again=not new_values)


def _text_of(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


class Licence:
    """Which licence is in force: the included one until another is activated; one that runs out licenses nothing."""

    def __init__(self) -> None:
        """Begin with the licence of a site that makes its own keys."""
        self.activated: dict[str, Any] | None = None
        self.by: str | None = None
        self.ran_out = False

    def need(self) -> None:
        """Refuse while the licence that was activated last has run out."""
        if self.ran_out:
            raise No("not-licensed", reason="expired")

    def activate_licence(self, principal: str, claims: dict[str, Any], reason: str | None) -> Applied:
        """Put what a token says into force, unless there is a reason against the token."""
        if reason:
            raise No("not-licensed", reason=reason)
        again = claims == self.activated
        self.activated, self.ran_out = claims, False
        self.by = self.by if again else principal
        return Applied(Subset(claims), again=again)

    def state(self) -> Subset:
        """Say which licence is in force, or why none is."""
        if self.activated is None:
            licence = {"product": "incident-manager", "version": "1", "edition": "corporate", "expires_at": None}
            return Subset(valid=True, reason=None, licence=licence, included=True)
        reason = "expired" if self.ran_out else None
        return Subset(
            valid=not self.ran_out,
            reason=reason,
            licence=Subset(version=self.activated["version"]),
            activated_by=self.by,
        )
