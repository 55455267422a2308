"""The sections of a record of processing in reading order, in its language."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypedDict

from contracts.figures import grouped
from contracts.permissions import Node
from contracts.printable import on_one_line
from contracts.record_data import RecordSection
from contracts.retention_policies import CountedFrom
from contracts.values import Language
from workers.reports.summary_layout.record.translated_texts import EN, RECORD_WORDINGS, RecordWording

_UNITS: Final = ("years", "days")
_PROPERTIES = ("types", "statuses", "categories", "data_fields")


class Measures(TypedDict):
    """The settings that say how long what is kept, and what people must do."""

    retention_days: int
    activity_days: int
    log_days: int
    export_details_required: bool
    deletion_reason_required: bool
    two_person_release: bool


class Policy(TypedDict):
    """For how long projects with a property are kept: years and days together, counted from an event."""

    name: str
    days: int
    years: int
    exempt: bool
    counted_from: CountedFrom


class Role(NamedTuple):
    """A role, with what its members may see."""

    name: str
    nodes: Sequence[Node]


class Configuration(NamedTuple):
    """The configuration of a site, as far as the author of a record may see it."""

    settings: Measures | None
    policies: Sequence[Policy] | None
    properties: Mapping[str, Sequence[str]] | None
    roles: Sequence[Role] | None


def sections(configuration: Configuration, language: Language) -> list[RecordSection]:
    """Return the sections; what only the organisation knows is left blank, and marked."""
    words = RECORD_WORDINGS[language]
    return [
        *(_blank(words, heading) for heading in words.before),
        RecordSection(heading=words.persons, lines=[words.persons_known, words.blank], is_blank=True),
        _section(words.data, _data(configuration, words)),
        _section(words.roles, _roles(configuration, words)),
        *(_blank(words, heading) for heading in words.after),
        _section(words.kept, _times(configuration, words, language)),
        _section(words.security, _measures(configuration, words)),
    ]


def _blank(words: RecordWording, heading: str) -> RecordSection:
    return RecordSection(heading=heading, lines=[words.blank], is_blank=True)


def _section(heading: str, lines: Iterator[str]) -> RecordSection:
    return RecordSection(heading=heading, lines=list(map(on_one_line, lines)))


def _data(configuration: Configuration, words: RecordWording) -> Iterator[str]:
    yield from words.parts
    for kind in _PROPERTIES if configuration.properties is not None else ():
        if names := (configuration.properties or {})[kind]:
            yield words.value.format(getattr(words, kind), ", ".join(names))


def _roles(configuration: Configuration, words: RecordWording) -> Iterator[str]:
    for role in configuration.roles or ():
        shown = ", ".join(words.nodes[node] for node in role.nodes)
        # The first role of a site has an English name until somebody renames it.
        name = words.administrators if role.name == EN.administrators else role.name
        yield words.value.format(name, shown or words.nothing)


def _times(configuration: Configuration, words: RecordWording, language: Language) -> Iterator[str]:
    def length(number: int, forms: tuple[str, str]) -> str:
        is_singular = number in {0, 1} if language == "fr" else number == 1
        return forms[0 if is_singular else 1].format(grouped(number, language))

    if settings := configuration.settings:
        yield words.value.format(words.projects_kept, length(settings["retention_days"], words.days))
        yield words.value.format(words.activity_kept, length(settings["activity_days"], words.days))
        yield words.value.format(words.log_kept, length(settings["log_days"], words.days))
    for policy in configuration.policies or ():
        if policy["exempt"]:
            yield words.never.format(policy["name"])
            continue
        spans = [length(policy[unit], getattr(words, unit)) for unit in _UNITS if policy[unit]]
        yield words.policies[policy["counted_from"]].format(policy["name"], " + ".join(spans))


def _measures(configuration: Configuration, words: RecordWording) -> Iterator[str]:
    yield from words.measures
    settings = configuration.settings
    if settings is None:
        return
    if settings["export_details_required"]:
        yield words.purpose_required
    if settings["deletion_reason_required"]:
        yield words.reason_required
    if settings["two_person_release"]:
        yield words.two_persons
