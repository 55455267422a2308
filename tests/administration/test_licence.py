"""The site's licence, through the whole system."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from contracts.audit import SiteLog
from contracts.errors import Code
from contracts.licence import INCLUDED, ActivateLicence, GetLicence, Licence
from contracts.message import Command
from contracts.permissions import Node
from contracts.projects.queries import ListProjects
from contracts.properties import AddType
from incidents import Client, Refused
from tests.support import Site, eventually
from workers.local.access.signing_keys import Trust

SOON = Licence(version="1", edition="expert", expires_at=datetime(2999, 1, 1, tzinfo=UTC))
EXPIRED = Licence(version="1", edition="corporate", expires_at=datetime(2020, 1, 1, tzinfo=UTC))

WithLicence: TypeAlias = Callable[[Licence | None], Awaitable[Client]]


async def start(site: Site, name: str, licence: Licence | None) -> None:
    """Start a worker whose account token carries this licence."""
    path = site.directory / f"{name}-licence.creds"
    path.write_text(site.trust.mint(name, "worker", licence))
    await site.worker(name, nats_creds=path)


@pytest.fixture
def licensed(site: Site) -> WithLicence:
    """Run administration and projects of a site whose account token carries this licence."""

    async def run(licence: Licence | None) -> Client:
        for name in ("administration", "projects"):
            await start(site, name, licence)
        return await site.client("admin")

    return run


async def refusal_of(client: Client, command: Command[Any]) -> tuple[str, str | None]:
    """Send a command that must be refused, and return why."""
    with pytest.raises(Refused) as refusal:
        await client.send(command)
    return refusal.value.code, refusal.value.details.get("reason")


async def test_a_site_of_its_own_keys_is_licensed(licensed: WithLicence) -> None:
    """A base licence comes with the site's own keys, never ends and covers full use (LIC-01, LIC-02)."""
    admin = await licensed(INCLUDED)
    await admin.send(AddType(name="Theft"))
    state = await admin.ask(GetLicence())
    assert state.valid is True
    assert state.included is True
    assert state.licence == INCLUDED


@pytest.mark.parametrize("licence, reason", [(None, "missing"), (EXPIRED, "expired")])
async def test_without_a_valid_licence_only_reading_goes_on(
    licensed: WithLicence, licence: Licence | None, reason: str
) -> None:
    """A site whose licence is missing or has expired refuses commands and answers queries (LIC-05, FED-02)."""
    admin = await licensed(licence)
    assert await refusal_of(admin, AddType(name="Theft")) == (Code.NOT_LICENSED, reason)
    assert (await admin.ask(ListProjects())).items == []
    state = await admin.ask(GetLicence())
    assert state.valid is False
    assert state.reason == reason


async def test_a_licence_counts_from_the_next_message(site: Site, licensed: WithLicence) -> None:
    """Activating a licence is enough: commands are carried out at once, nothing is started again (LIC-03)."""
    admin = await licensed(None)
    submitted = [await admin.submit(ActivateLicence(token=site.trust.account_token(SOON)))]
    submitted.append(await admin.submit(AddType(name="Theft")))
    assert [(await submission.outcome()).status for submission in submitted] == ["applied", "applied"]
    state = await admin.ask(GetLicence())
    assert state.licence == SOON
    assert state.included is False
    assert state.activated_by == "admin"


async def test_the_licence_activated_last_counts(site: Site, licensed: WithLicence) -> None:
    """A licence that runs out stops commands, and another one starts them again (LIC-03)."""
    admin = await licensed(INCLUDED)
    await admin.send(ActivateLicence(token=site.trust.account_token(SOON)))
    await site.sql("UPDATE administration.licence SET expires_at = now() - interval '1 second'")
    assert await refusal_of(admin, AddType(name="Theft")) == (Code.NOT_LICENSED, "expired")
    later = SOON.model_copy(update={"expires_at": datetime.now(UTC) + timedelta(days=1)})
    await admin.send(ActivateLicence(token=site.trust.account_token(later)))
    await admin.send(AddType(name="Theft"))


async def test_the_same_licence_again_is_no_event(site: Site, licensed: WithLicence) -> None:
    """Activating what is in force already is applied and leaves no event."""
    admin = await licensed(INCLUDED)
    token = site.trust.account_token(SOON)
    counts = [len((await (await admin.submit(ActivateLicence(token=token))).outcome()).events or []) for _ in range(2)]
    assert counts == [1, 0]


async def test_a_token_that_is_not_this_sites_licence_is_refused(site: Site, licensed: WithLicence) -> None:
    """A forged, expired or foreign token, or one without a licence, changes nothing (LIC-05, FED-02)."""
    admin = await licensed(None)
    other = Trust.create(site.directory / "other", "main")
    good, foreign = site.trust.account_token(SOON), other.account_token(SOON)
    keys = {**other._keys, "operator": site.trust._keys["operator"]}
    neighbour = Trust(site.name, keys, other.register).account_token(SOON)
    _, body, signature = foreign.split(".")
    for token, reason in (
        (foreign, "forged"),
        (".".join((good.split(".")[0], body, signature)), "forged"),
        (f"{good[:-8]}AAAAAAAA", "forged"),
        (neighbour, "other-site"),
        (site.trust.account_token(EXPIRED), "expired"),
        (site.trust.account_token(None), "missing"),
        ("a.b.c", "unreadable"),
    ):
        assert (token[:9], *await refusal_of(admin, ActivateLicence(token=token))) == (
            token[:9],
            Code.NOT_LICENSED,
            reason,
        )
    assert await refusal_of(admin, AddType(name="Theft")) == (Code.NOT_LICENSED, "missing")


async def test_a_refused_token_leaves_the_licence_in_force(site: Site, licensed: WithLicence) -> None:
    """An expired licence is refused as such, and the licence in force stays."""
    admin = await licensed(INCLUDED)
    with pytest.raises(Refused, match="cannot be activated, and the site keeps its own"):
        await admin.send(ActivateLicence(token=site.trust.account_token(EXPIRED)))
    await admin.send(AddType(name="Theft"))


async def test_a_licence_is_the_administrators_to_activate(site: Site, licensed: WithLicence) -> None:
    """A principal who may not change settings activates no licence, and who may not see them sees none (PERM-13)."""
    await licensed(None)
    await site.grant("ann", {Node.SETTINGS: "view"})
    ann, bob = await site.client("ann"), await site.client("bob")
    activation = ActivateLicence(token=site.trust.account_token(SOON))
    assert (await refusal_of(ann, activation))[0] == Code.PERMISSION_DENIED
    assert (await ann.ask(GetLicence())).reason == "missing"
    with pytest.raises(Refused) as refusal:
        await bob.ask(GetLicence())
    assert refusal.value.details["nodes"] == [Node.SETTINGS]


async def test_refused_commands_and_activations_are_logged(site: Site, licensed: WithLicence) -> None:
    """Working without a licence is an attempt that the log server keeps, and so is its activation (LIC-01)."""
    admin = await licensed(None)
    await site.worker("audit")
    await refusal_of(admin, AddType(name="Theft"))
    await admin.send(ActivateLicence(token=site.trust.account_token(SOON)))

    async def logged() -> None:
        try:
            entries = (await admin.ask(SiteLog())).items
        except Refused as refusal:  # its tables are still being made
            raise AssertionError(refusal.code) from refusal
        assert [(entry.activity, entry.details.get("code")) for entry in entries] == [
            ("administration.licence-activated", None),
            ("audit.refused", "not-licensed"),
        ]

    await eventually(_truly(logged))


def _truly(check: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[bool]]:
    async def checked() -> bool:
        await check()
        return True

    return checked


async def test_worker_credentials_without_an_account_token_license_nothing(site: Site) -> None:
    """A worker that does not know whose signature counts accepts no licence at all (LIC-05)."""
    text = site.trust.mint("administration", "worker")
    bare = site.directory / "bare.creds"
    bare.write_text(text.partition("\n-----BEGIN SITE")[0])
    await site.worker("administration", nats_creds=bare)
    admin = await site.client("admin")
    token = site.trust.account_token(SOON)
    assert await refusal_of(admin, ActivateLicence(token=token)) == (Code.NOT_LICENSED, "forged")
    assert await refusal_of(admin, AddType(name="Theft")) == (Code.NOT_LICENSED, "missing")
