"""Making the reports that packages of projects want, which projects publishes and takes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from contracts.errors import Code, Refusal
from contracts.permissions import Grants, Level, Node
from contracts.report_batches import Omission
from contracts.values import Language
from workers.common.sandboxed_jobs import ChildError
from workers.reports import batch_tables, domain
from workers.reports.collection.project_circumstances import restricted_nodes
from workers.reports.data_collection import ReportContext, assemble
from workers.reports.design.template_rendering import render_in_form
from workers.reports.rendering.render_input import Purpose, ReportDocument
from workers.reports.signing.signing import signed
from workers.runtime.commands.deferred_commands import Step
from workers.runtime.storage.identity_map import row_of

_UNMADE: Final = """
    FROM published.requested_package_reports q
    WHERE NOT EXISTS (SELECT FROM reports.package_report r WHERE r.report_id = q.report_id)
"""
ANY_REQUESTED = text(f"SELECT EXISTS (SELECT {_UNMADE})")
# Small packages first: whoever exports one project does not wait for their own hundred.
REQUESTED_PACKAGES = text(
    f"SELECT package_id, principal {_UNMADE} GROUP BY package_id, principal ORDER BY count(*), min(requested_at)"
)
FIGURES = text(f"SELECT count(*), extract(epoch FROM clock_timestamp() - min(requested_at))::float8 {_UNMADE}")  # noqa: S608 - a part of the statement
DROP_TAKEN = text(
    """
    DELETE FROM reports.package_report r
    WHERE NOT EXISTS (SELECT FROM published.requested_package_reports q WHERE q.report_id = r.report_id)
    """
)

_CANDIDATES: Final = 10
"""Reports of one package that are looked at: others are making the first ones."""

_NEXT = text(f"SELECT q.report_id {_UNMADE} AND package_id = :package_id ORDER BY place LIMIT {_CANDIDATES}")
_REQUEST = text(f"SELECT q.* {_UNMADE} AND report_id = :report_id")
_REVEAL = text("SELECT published.reveal_restricted(:project_id)")
# One process makes a report; the row of the request is no row of this slice.
_HOLD = text("SELECT pg_try_advisory_xact_lock(hashtextextended(CAST(:report_id AS text), 0))")
_STORE = text(
    """
    INSERT INTO reports.package_report (report_id, project_id, state, revision, nodes, pdf)
    VALUES (:report_id, :project_id, :state, :revision, :nodes, :pdf)
    """
).bindparams(bindparam("nodes", type_=JSONB))


class RequestedPackageRow(TypedDict):
    """A row of the statement that finds packages whose reports are to be made."""

    package_id: UUID
    principal: str


class _RequestRow(TypedDict):
    """A row of the published view of reports that packages want."""

    report_id: UUID
    project_id: UUID
    principal: str
    requested_at: datetime
    language: Language
    show_user_names: bool
    recipient: str | None
    reference: str | None
    legal_basis: str | None
    shows_restricted: bool


class _Request(NamedTuple):
    report_id: UUID
    project_id: UUID
    language: Language
    show_user_names: bool
    activity: bool = False
    template: str | None = None


class _Report(NamedTuple):
    """What became of a report; `nodes` are those that its reader needs."""

    state: str
    revision: int | None = None
    nodes: Sequence[str] = ()
    pdf: bytes | None = None


async def make_next_package_report(step: Step, package_id: UUID, *, give_up: bool = False) -> bool:
    """Make the first report of a package that nobody else is making; return whether there was one."""
    connection = step.connection
    for report_id in (await connection.execute(_NEXT, {"package_id": package_id})).scalars().all():
        named: dict[str, Any] = {"report_id": report_id}
        if not (await connection.execute(_HOLD, named)).scalar_one():
            continue
        request = row_of(await connection.execute(_REQUEST, named), _RequestRow)
        if request is None:
            continue
        named["project_id"] = request["project_id"]
        async with _glimpsed(step, request):
            if (await connection.execute(batch_tables.KEEP_PROJECT, named)).one_or_none() is None:
                continue
            content = _Report(Omission.NOT_TYPESET) if give_up else await _read(step, request)
        report = content if isinstance(content, _Report) else await _typeset(content)
        await connection.execute(_STORE, {**named, **report._asdict(), "nodes": list(report.nodes)})
        return True
    return False


@asynccontextmanager
async def _glimpsed(step: Step, request: _RequestRow) -> AsyncIterator[None]:
    """Let a part of the transaction see a restricted project, if the package is of one; nothing may be written."""
    if not request["shows_restricted"]:
        yield
        return
    async with step.connection.begin_nested() as part:
        await step.connection.execute(_REVEAL, {"project_id": request["project_id"]})
        yield
        await part.rollback()


async def _read(step: Step, request: _RequestRow) -> ReportDocument | _Report:
    """Read what the author of a report may see now."""
    context = await step.context(request["principal"])
    grants = context.grants[request["principal"]]
    asked = _Request(request["report_id"], request["project_id"], request["language"], request["show_user_names"])
    around = ReportContext(step.connection, grants, context.now, request["principal"], step.site, Purpose.of(request))
    if not _is_allowed(request, grants):
        return _Report(Omission.HIDDEN)
    try:
        return await assemble(asked, around)
    except Refusal:
        return _Report(Omission.TOO_LARGE)


async def _typeset(document: ReportDocument) -> _Report:
    try:
        formed = await render_in_form(document, stands_alone=True)
        report = await signed(formed.report, document.generated_at)
    except Refusal as refusal:
        return _Report(Omission.NOT_TYPESET if refusal.code is Code.UNAVAILABLE else Omission.TOO_LARGE)
    except ChildError:
        return _Report(Omission.NOT_TYPESET)
    return _Report("made", document.project.revision, _nodes(document), report.pdf)


def _is_allowed(request: Mapping[str, Any], grants: Grants) -> bool:
    names_allowed = grants.allow(Node.USER_NAMES, Level.VIEW) or not request["show_user_names"]
    may_see = grants.allow(Node.RESTRICTED, Level.VIEW) or not request["shows_restricted"]
    return grants.allow(Node.REPORTS, Level.MANAGE) and names_allowed and may_see


def _nodes(document: ReportDocument) -> list[str]:
    """Return the nodes that whoever reads the report needs."""
    shown = {node.value for name, node in domain.SECTIONS.items() if name not in document.missing}
    return sorted(shown.union(restricted_nodes(document)))
