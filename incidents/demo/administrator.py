"""What the administrator does: define properties, a role and settings, unless they are there."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from contracts.administration import AssignRole, ChangeSettings, DefineRole
from contracts.administration_queries import GetProperties, GetRoles, GetSettings, Properties, Property
from contracts.message import Command
from contracts.permissions import LevelName, Node
from contracts.properties import AddCategoryValue, AddStatus, AddType, DefineCategory, DefineDataField, MarkStatus
from incidents.client import Client
from incidents.demo.scenario import Said, Scenario
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
    """Prepares the site; ids come out as in the scenario when nothing was defined before."""

    def __init__(self, stage: Stage, client: Client, scenario: Scenario) -> None:
        self._stage = stage
        self._client = client
        self._scenario = scenario
        self.sent = 0

    async def prepare(self, operator: str) -> Properties:
        """Define what is missing, one after the other because the order makes the ids."""
        known = await self._client.ask(GetProperties())
        language, said = self._client.language, self._scenario
        missing: list[Command[Any]] = [AddType(name=one) for one in _absent(said.types, known.types, language)]
        await self._do("define {number} types", missing, number=len(said.types))
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
        wanted: list[Command[Any]] = []
        for each in self._scenario.statuses:
            there = [one for one in known.statuses if each.matches(one.name)]
            if not there:
                wanted.append(AddStatus(name=self._in(each), closing=each.closing))
            elif each.closing and not any(one.closing for one in there):
                wanted.append(MarkStatus(id=there[0].id, closing=True))
        return wanted

    def _categories(self, known: Properties) -> list[Command[Any]]:
        there = {each.slot for each in known.categories if each.name}
        used = {each.slot: each for each in self._scenario.categories}
        return [
            DefineCategory(
                slot=slot,
                enabled=slot in used,
                name=self._in(used[slot].name if slot in used else self._scenario.unused_category, slot),
                description=self._in(used[slot].description) if slot in used else "",
            )
            for slot in SLOTS
            if slot not in there
        ]

    def _values(self, known: Properties) -> list[Command[Any]]:
        there = {each.slot: each.values for each in known.categories}
        return [
            AddCategoryValue(slot=each.slot, name=name)
            for each in self._scenario.categories
            for name in _absent(each.values, there.get(each.slot, []), self._client.language)
        ]

    def _data_fields(self, known: Properties) -> list[Command[Any]]:
        there = {(each.kind, each.slot) for each in known.data_fields if each.enabled}
        return [
            DefineDataField(
                kind=each.kind,
                slot=each.slot,
                enabled=True,
                name=self._in(each.name),
                description=self._in(each.description),
            )
            for each in self._scenario.data_fields
            if (each.kind, each.slot) not in there
        ]

    async def _role(self, operator: str) -> list[Command[Any]]:
        roles = {role.role_id: role for role in (await self._client.ask(GetRoles())).roles}
        there = roles.get(ROLE)
        missing: list[Command[Any]] = []
        if there is None:
            name = self._in(self._scenario.role)
            missing.append(DefineRole(role_id=ROLE, name=name, permissions=_PERMISSIONS))
        if there is None or operator not in there.members:
            missing.append(AssignRole(principal=operator, role_id=ROLE))
        return missing

    async def _settings(self) -> list[Command[Any]]:
        settings = await self._client.ask(GetSettings())
        if self._scenario.organisation.matches(settings.report_title):
            return []
        return [ChangeSettings(report_title=self._in(self._scenario.organisation))]

    def _in(self, text: Said, slot: int | None = None) -> str:
        return text.in_(self._client.language, **({"slot": slot} if slot else {}))


def _absent(wanted: Iterable[Said], known: Iterable[Property], language: str) -> list[str]:
    """Name what is not there, in either language."""
    there = [one.name for one in known]
    return [one.in_(language) for one in wanted if not any(one.matches(name) for name in there)]
