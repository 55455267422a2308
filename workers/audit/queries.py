"""The queries about activities."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement

from contracts import catalogue
from contracts.audit import PAGE, Entries, Entry, ProjectActivity, SiteLog, visible_details
from contracts.message import PROJECT_STORE, Store
from contracts.permissions import Grants, Level, Node
from contracts.projects.imports import ProjectsImported
from contracts.retention import ProjectHeld, ProjectReleased
from workers.audit import entry_pages, log_server_database
from workers.audit.entry_pages import Selection
from workers.audit.entry_values.reading import with_values
from workers.audit.tables import Activity, LogEntry
from workers.audit.worker import worker
from workers.runtime.queries import result_pages
from workers.runtime.queries.query_dispatch import QueryContext


@worker.answers(ProjectActivity)
async def project_activity(query: ProjectActivity, context: QueryContext) -> Entries:
    """Return the activities of a project, the newest first, also of a deleted one (PRJ-08).

    Entries of holds are left out for callers who may not see holds, because they name who placed them. Pages that
    showed the project are among them, without the other projects on them.
    """
    conditions: list[ColumnElement[bool]] = []
    if not context.grants.allow(Node.RETENTION, Level.VIEW):
        conditions.append(Activity.activity.not_in((ProjectHeld.subject, ProjectReleased.subject)))
    selection = Selection(conditions, alternatives=entry_pages.of_projects(Activity, [query.project_id]))
    page = await entry_pages.page(context.connection, Activity, selection, query.after, query.limit)
    items = await with_values(context.connection, page.items)
    entries = [_about(query.project_id, visible_entry(entry, context.grants)) for entry in items]
    return await _answer(context, entries, [Store.INCIDENT_MANAGER], more=page.last is not None)


def visible_entry(entry: Entry, grants: Grants) -> Entry:
    """Return an entry without details that the caller may not see; actor, activity and time stay."""
    return entry.model_copy(update={"details": visible_details(entry.activity, entry.details, grants)})


def _about(project_id: UUID, entry: Entry) -> Entry:
    """Return an entry as the activity of one project has it: a page without the other projects on it."""
    if entry.activity != PAGE or not entry.details:
        return entry
    return entry.model_copy(update={"details": {**entry.details, "project_ids": [str(project_id)]}})


@worker.answers(SiteLog)
async def site_log(query: SiteLog, context: QueryContext) -> Entries:
    """Return the entries of the log server and, on request, those of projects that it lacks, the newest first."""
    logged, of_projects = _choose_activities(query)
    may = context.grants.allow(Node.ACTIVITY_LOGS, Level.VIEW)
    store_pages, stores = [], list[Store]()
    if of_projects and may:
        selection = _selection(query, Activity, of_projects)
        page = await entry_pages.page(context.connection, Activity, selection, query.after, query.limit)
        items = await with_values(context.connection, page.items)
        store_pages.append(page._replace(items=[visible_entry(entry, context.grants) for entry in items]))
        stores.append(Store.INCIDENT_MANAGER)
    if logged is None or logged:
        async with log_server_database.connect_for_query(context.connection.engine) as connection:
            selection = _selection(query, LogEntry, logged)
            store_pages.append(await entry_pages.page(connection, LogEntry, selection, query.after, query.limit))
        stores.append(Store.LOG_SERVER)
    entries, more = entry_pages.merge(store_pages, query.limit)
    withheld = ["activity-logs"] if of_projects and not may else []
    return await _answer(context, entries, stores, more=more, withheld=withheld)


def _choose_activities(query: SiteLog) -> tuple[list[str] | None, list[str]]:
    """Return the activities to read from the log server, None for all, and those to read from the main database.

    Entries in both stores are read from the log server. It lacks the entries by project of an import.
    """
    known = catalogue.events()
    in_projects = {subject for subject, event in known.items() if event.stores == PROJECT_STORE}
    if query.activities is None:
        logged, chosen = None, set(known)
    else:
        chosen = {subject for subject in known if subject.startswith(tuple(query.activities))}
        logged = sorted({*chosen, *query.activities} - in_projects)  # an older version may have had other names
    if query.project_ids is not None:
        in_projects.add(ProjectsImported.subject)
    return logged, sorted(chosen & in_projects) if query.with_activity else []


def _selection(query: SiteLog, store: entry_pages.Store, activities: Sequence[str] | None) -> Selection:
    conditions: list[ColumnElement[bool]] = []
    if query.actor is not None:
        conditions.append(store.actor == query.actor)
    if query.since is not None:
        conditions.append(store.at >= query.since)
    if query.until is not None:
        conditions.append(store.at < query.until)
    alternatives = [] if query.project_ids is None else entry_pages.of_projects(store, query.project_ids)
    return Selection(conditions, activities, apart=query.actor is None, alternatives=alternatives)


async def _answer(
    context: QueryContext,
    entries: Sequence[Entry],
    stores: Sequence[Store],
    *,
    more: bool,
    withheld: Sequence[str] = (),
) -> Entries:
    """Return the entries that fit into a message, with names as of their time, and the cursor of the next page."""
    whole = await entry_pages.with_names(context.connection, await with_values(context.connection, entries))
    items = result_pages.cut_to_message(whole, len(whole))
    following = entry_pages.cursor_after(items[-1]) if items and (more or len(items) < len(whole)) else None
    dropped_before = None if following else await entry_pages.dropped_before(context.connection, stores)
    return Entries(items=items, next=following, withheld=list(withheld), dropped_before=dropped_before)
