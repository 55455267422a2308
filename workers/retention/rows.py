"""The sweeps and holds that a batch touches."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal, project_gone
from contracts.evidence.destruction import Rule
from contracts.message import Message
from contracts.projects.commands import ProjectsExpired
from contracts.retention import ChangeHold, HoldCommand, ReleaseProject, Sweep
from contracts.retention_policies import DeletePolicy, SetPolicy
from contracts.texts import Part
from workers.retention import expiry_tables, tables
from workers.retention.certificates.destructions import Destructions, redacted_projects, rule_of
from workers.retention.retention_rules import RetentionRules
from workers.retention.row_types import HoldRow, PolicyRow, PropertyRow, SettingsRow, SweepRow, TombstoneRow
from workers.runtime.commands.unit_of_work import Rows
from workers.runtime.storage.identity_map import RowSet, row_of, rows_of


class Overdue(NamedTuple):
    """Since when the first project has expired that is not deleted; None if there is none."""

    since: datetime | None


class RetentionRows(Rows):
    """The sweeps that the batch continues, or all before a new one, locked; and the named projects with their holds."""

    def __init__(self) -> None:
        """Start empty."""
        self.sweeps = RowSet[SweepRow](tables.Sweep, "sweep_id")
        self.projects: set[UUID] = set()
        self.tombstones: dict[UUID, TombstoneRow] = {}
        self.holds = RowSet[HoldRow](tables.Hold, "hold_id")
        self.placed = RowSet[HoldRow](tables.Hold, "hold_id")
        self.settings: SettingsRow | None = None
        self.policies = RowSet[PolicyRow](tables.Policy, "policy_id")
        self.two_person_release = False
        """Whether a release needs two persons; only read for releases and changes of holds."""
        self.properties: dict[int, str] = {}
        self.destructions = Destructions()
        self.swept_at: datetime | None = None
        """The time at which a sweep ended within the batch."""
        self.overdue: Overdue | None = None
        """What the batch has found out about projects that have expired."""

    @classmethod
    async def load(cls, connection: AsyncConnection, messages: Sequence[Message]) -> Self:
        """Read and lock the sweeps that the messages are about, and the projects that they hold or release."""
        rows = cls()
        stepped = {message.sweep_id for message in messages if isinstance(message, ProjectsExpired)}
        beginning = any(isinstance(message, Sweep) for message in messages)
        if stepped or beginning:
            parameters = {"ids": sorted(stepped), "all": beginning}
            rows.sweeps.add_stored(rows_of(await connection.execute(tables.SWEEPS, parameters), SweepRow))
        known = {sweep["sweep_id"] for sweep in rows.sweeps.all()}
        await rows.destructions.load(connection, known, redacted_projects(messages))
        is_rule_needed = not all(map(rows.destructions.is_open, stepped))
        changing = [message for message in messages if isinstance(message, SetPolicy | DeletePolicy)]
        if beginning or changing or is_rule_needed:
            await rows._load_rules(connection, changing)
        named = {message.project_id for message in messages if isinstance(message, HoldCommand)}
        if named:
            await rows._load_holds(connection, sorted(named))
        if any(isinstance(message, ReleaseProject | ChangeHold) for message in messages):
            rows.two_person_release = (await connection.execute(tables.RELEASE_RULES)).scalar_one()
        return rows

    async def _load_rules(self, connection: AsyncConnection, changing: Sequence[SetPolicy | DeletePolicy]) -> None:
        """Read the settings and policies; lock them before a change, and read the names of its properties."""
        settings = tables.SETTINGS_HELD if changing else tables.SETTINGS
        self.settings = row_of(await connection.execute(settings), SettingsRow)
        statement = tables.POLICIES_LOCKED if changing else tables.POLICIES
        self.policies.add_stored(rows_of(await connection.execute(statement), PolicyRow))
        if self.policies.all() or changing:
            ids = {command.property_id for command in changing if isinstance(command, SetPolicy)}
            ids |= {policy["property_id"] for policy in self.policies.all()}
            rows = rows_of(await connection.execute(tables.PROPERTIES, {"ids": sorted(ids)}), PropertyRow)
            self.properties = {row["id"]: row["name"] for row in rows}

    def rules(self) -> RetentionRules:
        """Return the rules of the site at this point of the batch."""
        if self.settings is None:
            msg = "a batch reads its settings with a sweep or a change of policies"
            raise LookupError(msg)
        return RetentionRules.of(self.settings, self.policies.all())

    def rule(self) -> Rule:
        """Return the same as a certificate names it."""
        return rule_of(self.rules(), self.properties)

    def require_property(self, property_id: int) -> str:
        """Return the name of a property, or refuse one that is not defined."""
        if property_id not in self.properties:
            raise Refusal(Code.UNKNOWN_REFERENCE, fields=[{"field": "property_id", "kind": "not_defined"}])
        return self.properties[property_id]

    async def _load_holds(self, connection: AsyncConnection, ids: list[UUID]) -> None:
        """Lock the projects against deletion until the commit, and only then read their holds."""
        self.projects = set((await connection.execute(tables.LOCK_PROJECTS, {"ids": ids})).scalars())
        self.holds.add_stored(rows_of(await connection.execute(tables.IN_FORCE, {"ids": ids}), HoldRow))
        if missing := [project_id for project_id in ids if project_id not in self.projects]:
            tombstones = rows_of(await connection.execute(tables.TOMBSTONES, {"ids": missing}), TombstoneRow)
            self.tombstones = {row["project_id"]: row for row in tombstones}

    def require_project(self, project_id: UUID) -> None:
        """Refuse a command about a missing project."""
        if project_id not in self.projects:
            raise project_gone(self.tombstones.get(project_id), Part.PROJECT)

    def hold_of(self, project_id: UUID) -> HoldRow | None:
        """Return the hold in force of a project at this point of the batch."""
        holds = (hold for hold in (*self.holds.all(), *self.placed.all()) if hold["project_id"] == project_id)
        return next((hold for hold in holds if hold["released_at"] is None), None)

    def update(self, hold: HoldRow) -> None:
        """Write a changed hold."""
        holds = self.placed if self.placed.get(hold["hold_id"]) else self.holds
        holds.put(hold)

    def note_end(self, at: datetime) -> None:
        """Note that a sweep has ended, or found nothing to delete."""
        self.swept_at, self.overdue = at, Overdue(None)

    async def save(self, connection: AsyncConnection) -> None:
        """Write sweeps, and the ends of holds before new ones: a project has at most one hold in force."""
        await self.sweeps.save(connection)
        await self.destructions.save(connection)
        await self.holds.save(connection)
        if placed := {hold["project_id"] for hold in self.placed.all()}:
            await connection.execute(tables.LAPSE, {"ids": sorted(placed)})
        await self.placed.save(connection)
        await self.policies.save(connection)
        if self.swept_at is not None:
            await connection.execute(tables.ENDED, {"ended_at": self.swept_at})
        if self.overdue:
            await connection.execute(expiry_tables.NOTE_OVERDUE, {"since": self.overdue.since})
