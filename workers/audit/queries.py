"""What is answered about what was done."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from contracts import catalogue
from contracts.audit import AttemptRefused, Entries, Entry, ProjectActivity, SiteLog
from contracts.errors import Code
from contracts.message import PROJECT_STORE
from contracts.permissions import Grants, Level, Node
from contracts.projects.imports import ProjectsImported
from contracts.projects.watching import node_of, seen
from contracts.retention import ProjectHeld, ProjectReleased
from workers.audit import log_server, stores
from workers.audit.stores import Selection, Store
from workers.audit.tables import Activity, LogEntry
from workers.audit.worker import worker
from workers.runtime.queries import pages
from workers.runtime.queries.query_service import QueryContext


@worker.answers(ProjectActivity)
async def project_activity(query: ProjectActivity, context: QueryContext) -> Entries:
    """Return what was done to a project, newest first; also to one that is gone (PRJ-08).

    Who placed a hold is told to those who may see holds: to all others its entries would name nobody but that.
    """
    conditions: list[ColumnElement[bool]] = [Activity.project_id == query.project_id]
    if not context.grants.allow(Node.RETENTION, Level.VIEW):
        conditions.append(Activity.activity.not_in((ProjectHeld.subject, ProjectReleased.subject)))
    page = await stores.page(context.connection, Activity, Selection(conditions), query.after, query.limit)
    entries = [visible(entry, context.grants) for entry in page.items]
    return await _answer(context, entries, more=page.last is not None)


def visible(entry: Entry, grants: Grants) -> Entry:
    """Return an entry without what it says of a part that the caller may not see; who did what, when, stays."""
    if node_of(entry.activity) is not None:
        return entry.model_copy(update={"details": seen(entry.activity, entry.details, grants) or {}})
    of_hold = entry.activity == AttemptRefused.subject and entry.details["code"] == Code.HELD
    if of_hold and not grants.allow(Node.RETENTION, Level.VIEW):
        return entry.model_copy(update={"details": {}})
    return entry


@worker.answers(SiteLog)
async def site_log(query: SiteLog, context: QueryContext) -> Entries:
    """Return what the log server holds, newest first, and what it does not hold of what was done in projects."""
    logged, of_projects = _chosen(query)
    may = context.grants.allow(Node.ACTIVITY_LOGS, Level.VIEW)
    store_pages = []
    if of_projects and may:
        selection = _selection(query, Activity, of_projects)
        page = await stores.page(context.connection, Activity, selection, query.after, query.limit)
        store_pages.append(page._replace(items=[visible(entry, context.grants) for entry in page.items]))
    if logged is None or logged:
        async with log_server.reading(context.connection.engine) as connection:
            selection = _selection(query, LogEntry, logged)
            store_pages.append(await stores.page(connection, LogEntry, selection, query.after, query.limit))
    entries, more = stores.merged(store_pages, query.limit)
    return await _answer(context, entries, more=more, withheld=["activity-logs"] if of_projects and not may else [])


def _chosen(query: SiteLog) -> tuple[list[str] | None, list[str]]:
    """Return the activities to look for in the log server, None for all, and those to look for beside the projects.

    What is in both stores is read from the log server; the entries of an import that are found by its projects are not
    in it.
    """
    known = catalogue.events()
    beside = {subject for subject, event in known.items() if event.stores == PROJECT_STORE}
    if query.activities is None:
        logged, chosen = None, set(known)
    else:
        chosen = {subject for subject in known if subject.startswith(tuple(query.activities))}
        logged = sorted({*chosen, *query.activities} - beside)  # an older version may have had other names
    if query.project_ids is not None:
        beside.add(ProjectsImported.subject)
    return logged, sorted(chosen & beside) if query.with_activity else []


def _selection(query: SiteLog, store: Store, activities: Sequence[str] | None) -> Selection:
    conditions: list[ColumnElement[bool]] = []
    if query.actor is not None:
        conditions.append(store.actor == query.actor)
    if query.project_ids is not None:
        conditions.append(store.project_id.in_(query.project_ids))
    if query.since is not None:
        conditions.append(store.at >= query.since)
    if query.until is not None:
        conditions.append(store.at < query.until)
    return Selection(conditions, activities, apart=query.actor is None and query.project_ids is None)


async def _answer(
    context: QueryContext, entries: Sequence[Entry], *, more: bool, withheld: Sequence[str] = ()
) -> Entries:
    """Return the entries that a message holds, with the words of their time, and where the next page begins."""
    whole = await stores.named(context.connection, entries)
    items = pages.cut_to_message(whole, len(whole))
    following = stores.after(items[-1]) if items and (more or len(items) < len(whole)) else None
    return Entries(items=items, next=following, withheld=list(withheld))
