"""What the configuration says of the processing: how long, who may see what, and what is recorded."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from contracts.administration_queries import GetProperties, GetRoles, GetSettings, Properties, Roles, Settings
from contracts.retention_policies import ListPolicies, Policies
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.tables.values import Names
from incidents.terminal.text.policies import kept_by_policy
from incidents.terminal.text.words import count, name_of, say


class Configuration(NamedTuple):
    """The configuration of a site, as far as the caller may see it."""

    settings: Settings | None
    policies: Policies | None
    properties: Properties | None
    roles: Roles | None

    @property
    def hidden(self) -> list[str]:
        """The parts that the caller may not see."""
        return [name for name, value in self._asdict().items() if value is None]


async def read_configuration(client: Client) -> Configuration:
    """Read the configuration; what the caller may not see is left out."""
    settings: Settings | None = None
    policies: Policies | None = None
    properties: Properties | None = None
    roles: Roles | None = None
    with suppress(Refused):
        settings = await client.ask(GetSettings())
    with suppress(Refused):
        policies = await client.ask(ListPolicies())
    with suppress(Refused):
        properties = await client.ask(GetProperties())
    with suppress(Refused):
        roles = await client.ask(GetRoles())
    return Configuration(settings, policies, properties, roles)


def retention_lines(configuration: Configuration, language: str) -> Iterator[str]:
    """Yield for how long projects and logs are kept."""
    settings = configuration.settings
    if settings is not None:
        yield days(settings.retention_days, say(language, "Projects"), language)
        yield days(settings.activity_days, say(language, "Activity of projects"), language)
        yield days(settings.log_days, say(language, "Log of the site"), language)
    names = Names(configuration.properties)
    for policy in configuration.policies.policies if configuration.policies else ():
        yield kept_by_policy(language, names.of(policy.property_id), policy)


def days(number: int, label: str, language: str) -> str:
    """Return a label with a number of days."""
    length = count(language, number, "{count} day", "{count} days")
    return say(language, "{label}: {value}", label=label, value=length)


def hidden_line(hidden: Sequence[str], language: str) -> str:
    """Return the sentence about what the author may not see; empty if it is nothing."""
    names = ", ".join(name_of(language, "field", name) for name in hidden)
    return say(language, "{label}: {value}", label=say(language, "Not shown to you"), value=names) if hidden else ""
