"""The administrator's part: define properties, a role and settings, unless they exist."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from contracts.administration import AssignRole, ChangeSettings, DefineRole
from contracts.administration_queries import GetProperties, GetRoles, GetSettings, Properties, Property
from contracts.message import Command
from contracts.permissions import LevelName, Node
from contracts.properties import AddCategoryValue, AddStatus, AddType, DefineCategory, DefineDataField, MarkStatus
from incidents.client import Client
from incidents.demo.scenario import BilingualText, Scenario
from incidents.demo.stage import Stage, Step

ROLE: Final = "operators"
SLOTS: Final = range(1, 6)

_PERMISSIONS: Final[dict[Node, LevelName]] = {
    Node.PROPERTIES: "view",
    Node.PROJECTS: "manage",
    Node.MAIN_DETAILS: "manage",
    Node.CATEGORIES: "manage",
    Node.COMMENTS: "manage",
    Node.SEQUENCES: "manage",
    Node.CALLS: "manage",
    Node.REPORTS: "manage",
    Node.ACTIVITY_LOGS: "view",
    Node.RETENTION: "view",
}


class Administrator:
    """Prepares the site; on an empty site, the ids are those of the scenario."""

    def __init__(self, stage: Stage, client: Client, scenario: Scenario) -> None:
        self._stage = stage
        self._client = client
        self._scenario = scenario
        self.sent = 0

    async def prepare(self, operator: str) -> Properties:
        """Define what is missing, one after the other, because the order determines the ids."""
        known = await self._client.ask(GetProperties())
        language, scenario = self._client.language, self._scenario
        missing: list[Command[Any]] = [AddType(name=name) for name in _absent(scenario.types, known.types, language)]
        await self._do("define {number} types", missing, number=len(scenario.types))
        await self._do("define the five categories", self._categories(known))
        await self._do("define the values of categories 1 and 2", self._values(known))
        await self._do("define the statuses", self._statuses(known))
        await self._do("define the data fields", self._data_fields(known))
        await self._do("define the role operators and give it to the operator", await self._role(operator))
        await self._do("set the report's title", await self._settings())
        return await self._client.ask(GetProperties())

    async def _do(self, words: str, commands: Sequence[Command[Any]], **values: object) -> None:
        with self._stage.step(words, **values) as step:
            for command in commands:
                await self._client.send(command)
            self._count(step, len(commands))

    def _count(self, step: Step, sent: int) -> None:
        self.sent += sent
        step.count = sent
        step.note = "" if sent else self._stage.session.say("already there")

    def _statuses(self, known: Properties) -> list[Command[Any]]:
        commands: list[Command[Any]] = []
        for each in self._scenario.statuses:
            matching = [status for status in known.statuses if each.matches(status.name)]
            if not matching:
                commands.append(AddStatus(name=self._in(each), closing=each.closing))
            elif each.closing and not any(status.closing for status in matching):
                commands.append(MarkStatus(id=matching[0].id, closing=True))
        return commands

    def _categories(self, known: Properties) -> list[Command[Any]]:
        defined = {each.slot for each in known.categories if each.name}
        used = {each.slot: each for each in self._scenario.categories}
        return [
            DefineCategory(
                slot=slot,
                enabled=slot in used,
                name=self._in(used[slot].name if slot in used else self._scenario.unused_category, slot),
                description=self._in(used[slot].description) if slot in used else "",
            )
            for slot in SLOTS
            if slot not in defined
        ]

    def _values(self, known: Properties) -> list[Command[Any]]:
        defined = {each.slot: each.values for each in known.categories}
        return [
            AddCategoryValue(slot=each.slot, name=name)
            for each in self._scenario.categories
            for name in _absent(each.values, defined.get(each.slot, []), self._client.language)
        ]

    def _data_fields(self, known: Properties) -> list[Command[Any]]:
        defined = {(each.kind, each.slot) for each in known.data_fields if each.enabled}
        return [
            DefineDataField(
                kind=each.kind,
                slot=each.slot,
                enabled=True,
                name=self._in(each.name),
                description=self._in(each.description),
            )
            for each in self._scenario.data_fields
            if (each.kind, each.slot) not in defined
        ]

    async def _role(self, operator: str) -> list[Command[Any]]:
        roles = {role.role_id: role for role in (await self._client.ask(GetRoles())).roles}
        existing = roles.get(ROLE)
        missing: list[Command[Any]] = []
        if existing is None:
            name = self._in(self._scenario.role)
            missing.append(DefineRole(role_id=ROLE, name=name, permissions=_PERMISSIONS))
        if existing is None or operator not in existing.members:
            missing.append(AssignRole(principal=operator, role_id=ROLE))
        return missing

    async def _settings(self) -> list[Command[Any]]:
        settings = await self._client.ask(GetSettings())
        if self._scenario.organisation.matches(settings.report_title):
            return []
        return [ChangeSettings(report_title=self._in(self._scenario.organisation))]

    def _in(self, text: BilingualText, slot: int | None = None) -> str:
        return text.in_(self._client.language, **({"slot": slot} if slot else {}))


def _absent(texts: Iterable[BilingualText], known: Iterable[Property], language: str) -> list[str]:
    """Return the names that are missing in both languages."""
    names = [property_.name for property_ in known]
    return [text.in_(language) for text in texts if not any(text.matches(name) for name in names)]
