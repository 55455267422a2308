"""The queries about retention, and the count of due projects."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.destruction import (
    CertificateOfDestruction,
    Certificates,
    CertificateSupplement,
    ListCertificates,
)
from contracts.errors import project_gone
from contracts.evidence.destruction import Kind
from contracts.retention import (
    DueOfType,
    DueProject,
    DueProjects,
    Holds,
    ListDue,
    ListHolds,
    PreviewRetention,
    ProjectHold,
    RetentionPreview,
)
from contracts.retention_policies import ListPolicies, Policies, Policy
from contracts.texts import Part
from contracts.values import EARLIEST, LATEST, Time
from workers.retention import domain, tables
from workers.retention.certificates import tables as certificate_tables
from workers.retention.retention_rules import RetentionRules, new_policy
from workers.retention.row_types import (
    DueOfTypeRow,
    DueProjectRow,
    ListedCertificateRow,
    ListedHoldRow,
    ListedPolicyRow,
    PolicyRow,
    SettingsRow,
    TombstoneRow,
)
from workers.retention.worker import worker
from workers.runtime.admission.incoming_messages import invalid
from workers.runtime.bus.backlog_metrics import Figure
from workers.runtime.queries import result_pages
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.queries.result_pages import cursor, read_cursor
from workers.runtime.storage.identity_map import row_of, rows_of

_NUMBER = TypeAdapter(tuple[int])
_NUMBERS_END = 2**63 - 1
ListName: TypeAlias = Literal["holds", "due"]
_PLACE = TypeAdapter(tuple[str, Time, UUID])
_FIRST_PLACES: dict[ListName, tuple[datetime, UUID]] = {"holds": (LATEST, UUID(int=0)), "due": (EARLIEST, UUID(int=0))}
"""The places before the first page of each list."""


class Due(NamedTuple):
    """The projects that a sweep would delete: by type, the creation of the oldest, and the expiry of the first."""

    by_type: list[DueOfTypeRow]

    @property
    def due(self) -> int:
        """How many they are, counted up to a million."""
        return sum(row["due"] for row in self.by_type)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest was created."""
        return min((row["oldest"] for row in self.by_type), default=None)

    @property
    def overdue_since(self) -> datetime | None:
        """When the first of them expired, by the rule that decides."""
        return min((row["overdue_since"] for row in self.by_type), default=None)


async def read_rules(connection: AsyncConnection) -> RetentionRules:
    """Return the rules of retention in force."""
    (settings,) = rows_of(await connection.execute(tables.SETTINGS), SettingsRow)
    return RetentionRules.of(settings, rows_of(await connection.execute(tables.POLICIES), PolicyRow))


async def count_due(connection: AsyncConnection, rules: RetentionRules, now: datetime) -> Due:
    """Count the projects that have expired by these rules and are neither exempt nor under hold (RET-05)."""
    parameters = {"scan_before": rules.created_before(now), "at_most": domain.COUNTED_PROJECTS_MAX}
    return Due(rows_of(await connection.execute(tables.DUE, {**parameters, **rules.parameters()}), DueOfTypeRow))


@worker.shows_figures
async def last_sweep(connection: AsyncConnection) -> Sequence[Figure]:
    """Return when a sweep last ended as a metric, or nothing before the first."""
    ended = (await connection.execute(tables.LAST_SWEEP)).scalar_one_or_none()
    meaning = "when a sweep last came to its end, or found nothing to delete, in seconds since 1970"
    return [] if ended is None else [Figure("last_sweep_timestamp_seconds", meaning, ended)]


@worker.shows_figures
async def last_erasure(connection: AsyncConnection) -> Sequence[Figure]:
    """Return when the last complete clean-up after deletions began as a metric, or nothing before the first."""
    began = (await connection.execute(tables.LAST_ERASURE)).scalar_one_or_none()
    meaning = "what was deleted before is in no file any more, in seconds since 1970"
    return [] if began is None else [Figure("last_erasure_timestamp_seconds", meaning, began)]


@worker.answers(PreviewRetention)
async def preview_retention(query: PreviewRetention, context: QueryContext) -> RetentionPreview:
    """Return what retention would delete now: with its time and policies, or with others (AMB-6)."""
    rules = in_force = await read_rules(context.connection)
    if query.retention_days:
        rules = rules._replace(days=query.retention_days)
    if query.policy_id:
        rules = rules.with_policy(query.policy_id, _policy(query.policy_id, query, context))
    due = await count_due(context.connection, rules, context.now)
    now = due if rules is in_force else await count_due(context.connection, in_force, context.now)
    return RetentionPreview(
        retention_days=rules.days,
        created_before=rules.created_before(context.now),
        due=due.due,
        due_now=now.due,
        oldest=due.oldest,
        by_type=[DueOfType(type_id=row["type_id"], due=row["due"]) for row in due.by_type],
    )


def _policy(policy_id: str, query: PreviewRetention, context: QueryContext) -> PolicyRow | None:
    return new_policy(policy_id, query.terms, context.principal, context.now) if query.terms else None


@worker.answers(ListPolicies)
async def list_policies(_: ListPolicies, context: QueryContext) -> Policies:
    """Return all policies."""
    counted = await context.connection.execute(tables.LISTED_POLICIES, {"at_most": domain.COUNTED_PROJECTS_MAX})
    return Policies(policies=[Policy.model_validate(dict(row)) for row in rows_of(counted, ListedPolicyRow)])


@worker.answers(ListHolds)
async def list_holds(query: ListHolds, context: QueryContext) -> Holds:
    """Return the holds in force, or all of one project, the newest first."""
    at, after = _read_place("holds", query.after)
    parameters = {"at": at, "id": after, "limit": query.limit + 1, "project_id": query.project_id}
    statement = tables.HOLDS_OF_PROJECT if query.project_id else tables.HOLDS_IN_FORCE
    page = await result_pages.read(context.connection, statement, parameters, _hold, query.limit)
    if query.project_id and not page.items:
        await _refuse_gone(query.project_id, context)
    following = cursor("holds", page.last["held_at"], page.last["hold_id"]) if page.last else None
    return Holds(items=page.items, next=following)


def _hold(row: ListedHoldRow) -> ProjectHold:
    return ProjectHold.model_validate({name: value for name, value in row.items() if name != "lapsed"})


async def _refuse_gone(project_id: UUID, context: QueryContext) -> None:
    if (await context.connection.execute(tables.PRESENT, {"project_id": project_id})).first() is None:
        tombstones = await context.connection.execute(tables.TOMBSTONES, {"ids": [project_id]})
        raise project_gone(row_of(tombstones, TombstoneRow), Part.PROJECT)


@worker.answers(ListDue)
async def list_due(query: ListDue, context: QueryContext) -> DueProjects:
    """Return the projects that retention deletes next, with the time at which each expires (RET-03, RET-05)."""
    rules, within = await read_rules(context.connection), query.within_days
    if query.project_id:
        return await _due_of(query.project_id, rules, within, context)
    at, after = _read_place("due", query.after)
    created_before = LATEST if within is None else rules.created_before(context.now, within)
    expires_before = LATEST if within is None else context.now + timedelta(days=within)
    parameters = {"created_before": created_before, "at": at, "id": after, "limit": query.limit + 1}
    parameters |= {"expires_before": expires_before, **rules.parameters()} if rules.policies else {"days": rules.days}
    statement = tables.NEXT_DUE_BY_POLICIES if rules.policies else tables.NEXT_DUE
    rows = rows_of(await context.connection.execute(statement, parameters), DueProjectRow)
    items = [DueProject(**row) for row in rows[: query.limit]]
    last = items[-1] if len(rows) > query.limit else None
    place = last and (last.expires_at if rules.policies else last.created_at)
    following = cursor("due", place, last.project_id) if last else None
    return DueProjects(retention_days=rules.days, items=items, next=following)


async def _due_of(project_id: UUID, rules: RetentionRules, within: int | None, context: QueryContext) -> DueProjects:
    """Return when one project expires, if it does; refuse a deleted one."""
    expires_before = LATEST if within is None else context.now + timedelta(days=within)
    parameters = {**rules.parameters(), "project_id": project_id, "expires_before": expires_before}
    rows = rows_of(await context.connection.execute(tables.DUE_OF_PROJECT, parameters), DueProjectRow)
    if not rows:
        await _refuse_gone(project_id, context)
    return DueProjects(retention_days=rules.days, items=[DueProject(**row) for row in rows])


@worker.answers(ListCertificates)
async def list_certificates(query: ListCertificates, context: QueryContext) -> Certificates:
    """Return certificates, the newest first."""
    [before] = read_cursor(_NUMBER, query.after) if query.after else [_NUMBERS_END]
    parameters = {"before": before, "project": query.number, "since": query.since or EARLIEST}
    parameters |= {"limit": query.limit + 1}
    page = await result_pages.read(context.connection, certificate_tables.NEWEST, parameters, _certificate, query.limit)
    waiting: int = (await context.connection.execute(certificate_tables.WAITING)).scalar_one()
    return Certificates(items=page.items, waiting=waiting, next=cursor(page.last["number"]) if page.last else None)


def _supplement(row: ListedCertificateRow) -> CertificateSupplement | None:
    if not row["supplemented_at"] or not row["supplement_overwritten_at"]:
        return None
    return CertificateSupplement(
        overwritten_at=row["supplement_overwritten_at"],
        issued_at=row["supplemented_at"],
        text=(row["supplement_content"] or b"").decode(),
        signature=base64.b64encode(row["supplement_signature"] or b"").decode(),
        public_key=base64.b64encode(row["supplement_key"] or b"").decode(),
    )


def _certificate(row: ListedCertificateRow) -> CertificateOfDestruction:
    return CertificateOfDestruction(
        number=row["number"],
        kind=Kind(row["kind"]),
        erased_until=row["erased_until"],
        overwritten_at=row["overwritten_at"],
        issued_at=row["issued_at"],
        count=row["count"],
        text=row["content"].decode(),
        signature=base64.b64encode(row["signature"]).decode(),
        public_key=base64.b64encode(row["key"]).decode(),
        supplement=_supplement(row),
    )


def _read_place(listed: ListName, after: str | None) -> tuple[datetime, UUID]:
    """Parse the cursor of a page, or refuse one of another list."""
    if after is None:
        return _FIRST_PLACES[listed]
    name, at, row_id = read_cursor(_PLACE, after)
    if name != listed:
        raise invalid(("after", "cursor"))
    return at, row_id
