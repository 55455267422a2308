"""Settings through the whole system."""

import json

import pytest
from pydantic import ValidationError

from contracts.administration import ChangeSettings
from contracts.administration_queries import GetSettings, Settings
from contracts.errors import Code
from contracts.message import Change
from contracts.permissions import Node
from incidents import Client, Refused
from tests.support import Site

FIRST = Settings(retention_days=7, report_title="", timezone="UTC", language="en", log_archive_bytes=10_000_000)


async def test_a_site_begins_with_seven_days(admin: Client) -> None:
    """A fresh site keeps projects for seven days, in UTC, in English, without a title (RET-01)."""
    assert await admin.ask(GetSettings()) == FIRST


async def test_settings_change_one_by_one(admin: Client) -> None:
    """What is given changes, what is absent stays (RET-07, REP-03)."""
    changed = await admin.send(ChangeSettings(retention_days=365_000, language="fr"))
    assert {"retention_days": Change(old=7, new=365_000), "language": Change(old="en", new="fr")} == (changed.changed)
    await admin.send(ChangeSettings(timezone="Europe/Paris", log_archive_bytes=200_000))
    assert Settings(
        retention_days=365_000,
        report_title="",
        timezone="Europe/Paris",
        language="fr",
        log_archive_bytes=200_000,
    ) == await admin.ask(GetSettings())


async def test_a_title_can_be_emptied(admin: Client) -> None:
    """A report's title is changed and emptied, and the answer says what it was and is."""
    museum = "Museum of Fictions"
    for old, new in (("", museum), (museum, "")):
        changed = await admin.send(ChangeSettings(report_title=new))
        assert {"report_title": Change(old=old, new=new)} == changed.changed
        assert new == (await admin.ask(GetSettings())).report_title


async def test_what_is_so_already_does_not_change(site: Site, admin: Client) -> None:
    """A change to what is so already is applied, names nothing, and leaves no event."""
    submitted = await admin.submit(ChangeSettings(retention_days=7, timezone="UTC"))
    outcome = await submitted.outcome()
    assert outcome.status == "applied"
    assert outcome.result == {"changed": {}, "reason": None}
    assert outcome.events == []


@pytest.mark.parametrize("days", [0, -1, 365_001, 7.5, "7"])
async def test_retention_is_whole_days_within_bounds(site: Site, days: object) -> None:
    """A retention time outside 1 to 365,000, or not in whole days, is refused (RET-02)."""
    await site.workers("administration")
    outcome = await (await site.caller()).send("administration.change-settings", "-", {"retention_days": days})
    assert outcome["error"]["code"] == "invalid"
    assert outcome["error"]["details"]["fields"][0]["field"] == "retention_days"


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "europe/paris", "posix/UTC", "../UTC", "localtime"])
async def test_a_timezone_is_one_of_iana(admin: Client, timezone: str) -> None:
    """A time zone that the IANA database does not list is refused by its field, and nothing changes."""
    with pytest.raises(Refused) as refusal:
        await admin.send(ChangeSettings(timezone=timezone, retention_days=30))
    assert refusal.value.code == Code.INVALID
    assert refusal.value.details["fields"][0]["field"] == "timezone"
    assert await admin.ask(GetSettings()) == FIRST


async def test_settings_travel_with_old_and_new(site: Site, admin: Client) -> None:
    """The event of a change says what each setting was and is, so that the log can tell it."""
    ops = await site.overseer()
    feed = await ops.subscribe(f"im.{site.name}.evt.administration.-.settings-changed")
    await ops.flush()
    await admin.send(ChangeSettings(report_title="Museum", retention_days=9))
    event = await feed.next_msg(timeout=10)
    assert json.loads(event.data)["changed"] == {
        "report_title": {"old": "", "new": "Museum"},
        "retention_days": {"old": 7, "new": 9},
    }
    assert (event.headers or {})["ce-actor"] == "admin"


async def test_only_managers_change_settings(site: Site, admin: Client) -> None:
    """View on settings shows them and changes none; without it nothing is shown."""
    await site.grant("ann", {Node.SETTINGS: "view"})
    ann, bob = await site.client("ann"), await site.client("bob")
    assert await ann.ask(GetSettings()) == FIRST
    with pytest.raises(Refused) as refusal:
        await ann.send(ChangeSettings(retention_days=1))
    assert refusal.value.code == Code.PERMISSION_DENIED
    with pytest.raises(Refused) as refusal:
        await bob.ask(GetSettings())
    assert refusal.value.code == Code.NOT_AVAILABLE


async def test_logs_are_kept_for_long_only_with_a_reason(admin: Client) -> None:
    """Between 30 and 1,095 days need no reason; more need one, which travels with the change, up to 3,650."""
    assert (await admin.send(ChangeSettings(activity_days=1_095, log_days=30))).reason is None
    changed = await admin.send(ChangeSettings(activity_days=1_096, reason="claims"))
    assert changed.changed == {"activity_days": Change(old=1_095, new=1_096)}
    assert changed.reason == "claims"
    for refused in ({"activity_days": 29}, {"log_days": 3_651, "reason": "claims"}, {"log_days": 1_096}):
        with pytest.raises(ValidationError):
            ChangeSettings.model_validate(refused)
