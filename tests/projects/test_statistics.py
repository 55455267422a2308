"""Counts and trends: every figure equals a recount by hand."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.queries import ProjectFilter
from contracts.projects.statistics import GROUPS_MAX, Figures, Grouping, Interval, ProjectStatistics
from incidents import Client, Refused
from tests.support import Site
from workers.migrations.scripts import read_sql

ZURICH = ZoneInfo("Europe/Zurich")
EARLY = datetime(2026, 3, 27, tzinfo=UTC)
"""Two days before the clocks change."""

COLUMNS = {"type": "type_id", "status": "status_id", "creator": "created_by"}
INSERT = """
    INSERT INTO projects.project (id, number, revision, type_id, status_id, description, start_time, end_time,
        category_1, category_5, created_by, created_at, updated_by, updated_at, imported, retention_exempt)
    SELECT r.id, nextval('projects.number'), 1, r.type_id, r.status_id, '', r.start_time, r.end_time,
        r.category_1, r.category_5, r.created_by, r.created_at, r.created_by, r.created_at, r.imported, false
    FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, type_id int, status_id int, category_1 int,
        category_5 int, created_by text, created_at timestamptz, start_time timestamptz, end_time timestamptz,
        imported boolean)
"""
FILM = """
    INSERT INTO projects.camera (project_id, camera_id, created_at)
    SELECT DISTINCT r.id, camera, r.created_at
    FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, created_at timestamptz, cameras json),
        json_array_elements_text(r.cameras) camera
"""
PAST = """
    INSERT INTO projects.change_set
    SELECT r.id, step.revision, 1, r.created_at + step.revision * interval '1 hour', 'alice', '{status_id}',
        json_build_array(json_strip_nulls(json_build_object('field', 'status_id', 'old', step.old, 'new', step.new))),
        step.old, step.new
    FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, created_at timestamptz, steps json),
        json_to_recordset(r.steps) AS step(revision int, old int, new int)
"""
CLOSING = {2, 3}
"""The statuses that close; the first is one that does not."""

TIMES = st.integers(0, 40 * 24 * 60).map(lambda minutes: EARLY + timedelta(minutes=minutes))
FEW = st.one_of(st.none(), st.integers(1, 2))
ROWS = st.fixed_dictionaries(
    {
        "type_id": FEW,
        "statuses": st.lists(st.one_of(st.none(), st.integers(1, 3)), min_size=1, max_size=5),
        "category_1": FEW,
        "category_5": FEW,
        "created_by": st.sampled_from(["alice", "bob"]),
        "created_at": TIMES,
        "start_time": st.one_of(st.none(), TIMES),
        "took": st.one_of(st.none(), st.integers(0, 10_000)),
        "imported": st.booleans(),
        "cameras": st.lists(st.sampled_from(["gate", "hall"]), max_size=3),
    }
)
QUERIES = st.tuples(
    st.sampled_from([None, *(name for name in get_args(Grouping) if name[-1] not in "234")]),
    st.sampled_from(get_args(Interval)),
    st.sampled_from([None, [1], [1, None], []]),
)


@pytest.fixture
async def admin(site: Site) -> Client:
    """Somebody who asks, on a site that lives by the clock of Zurich."""
    await site.worker("projects")
    await site.sql("UPDATE administration.settings SET timezone = 'Europe/Zurich'")
    for slot in (1, 2, 3):
        status = "INSERT INTO administration.property VALUES (:one, 'status', NULL, 'A', '', :closing)"
        await site.sql(status, one=slot, closing=slot in CLOSING)
    return await site.client()


async def store(site: Site, rows: list[dict[str, Any]]) -> None:
    """Let these projects be all that there are."""
    for row in rows:
        began, took = row["start_time"], row["took"]
        ended = began + timedelta(seconds=took) if began and took is not None else None
        statuses = row["statuses"]
        steps = [
            {"revision": n, "old": None if old is None else str(old), "new": None if new is None else str(new)}
            for n, (old, new) in enumerate(pairwise(statuses), start=2)
            if old != new
        ]
        row.update(id=str(uuid7()), end_time=ended, status_id=statuses[-1], steps=steps)
    await site.sql("DELETE FROM projects.project")
    backfill = read_sql("*_closing.sql")
    for statement in (INSERT, FILM, PAST, backfill[backfill.index("UPDATE projects.project") :]):
        await site.sql(statement, rows=json.dumps(rows, default=str))


def starting(row: dict[str, Any], interval: Interval) -> datetime | None:
    """Return when the interval of a project's creation began in Zurich."""
    day = row["created_at"].astimezone(ZURICH).replace(hour=0, minute=0)
    if interval == "week":
        day = (day.replace(tzinfo=None) - timedelta(days=day.weekday())).replace(tzinfo=ZURICH)
    return None if interval == "none" else (day.replace(day=1) if interval == "month" else day).astimezone(UTC)


def groups(row: dict[str, Any], group_by: str | None) -> set[Any]:
    """Return the groups that a project counts in."""
    if group_by == "camera":
        return set(row["cameras"]) or {None}
    return {row[COLUMNS.get(group_by, group_by)] if group_by else None}


def closing_seconds(row: dict[str, Any]) -> float | None:
    """Return after how long a project was closed for the last time, if it is closed and that is known."""
    closed, since = row["statuses"][0] in CLOSING, None
    for hours, status in enumerate(row["statuses"][1:], start=2):
        since = since if closed and status in CLOSING else hours * 3_600.0
        closed = status in CLOSING
    return since if closed else None


def times(name: str, took: list[float]) -> dict[str, Any]:
    """Return the median and the average, where there is anything."""
    figures = (f"median_{name}_seconds", median), (f"average_{name}_seconds", fmean)
    return {figure: of(took) for figure, of in figures} if took else {}


def recounted(rows: list[dict[str, Any]], group_by: str | None, interval: Interval) -> list[Figures]:
    """Count by hand."""
    counted: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in rows:
        for group in groups(row, group_by):
            counted.setdefault((group, starting(row, interval)), []).append(row)
    figures = []
    for (group, begun), members in counted.items():
        took = [float(member["took"]) for member in members if member["start_time"] and member["took"] is not None]
        closing = [seconds for seconds in map(closing_seconds, members) if seconds is not None]
        numbers = {"closed": sum(member["status_id"] in CLOSING for member in members), "ended": len(took)}
        spans = {**times("closing", closing), **times("duration", took)}
        figures.append(Figures(group=group, starting=begun, count=len(members), **numbers, **spans))
    return figures


def comparable(figures: list[Figures]) -> list[str]:
    """Write figures down in one order, without the last digits of an average."""

    def rounded(figures: Figures) -> dict[str, Any]:
        return {name: round(value, 6) for name, value in figures if isinstance(value, float)}

    return sorted(figure.model_copy(update=rounded(figure)).model_dump_json() for figure in figures)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=25), query=QUERIES)
async def test_figures_equal_a_recount(
    site: Site, admin: Client, rows: list[dict[str, Any]], query: tuple[Any, Any, Any]
) -> None:
    """Counts, medians and averages by any group, interval and filter are those of a recount by hand (PRJ-09)."""
    group_by, interval, types = query
    await store(site, rows)
    cameras = ["gate"] if types == [1] else None
    chosen = [row for row in rows if types is None or row["type_id"] in types]
    chosen = [row for row in chosen if cameras is None or "gate" in row["cameras"]]
    filter_ = ProjectFilter(type_ids=types, camera_ids=cameras)
    answer = await admin.ask(ProjectStatistics(group_by=group_by, interval=interval, filter=filter_))
    assert comparable(answer.items) == comparable(recounted(chosen, group_by, interval))
    assert answer.total == len(chosen)
    assert answer.timezone == "Europe/Zurich"
    assert answer.truncated is False


async def test_the_commonest_come_first(site: Site, admin: Client) -> None:
    """Groups are reported from the commonest to the rarest, intervals from the first to the last."""
    plain: dict[str, Any] = {"start_time": None, "took": None, "imported": False, "cameras": [], "statuses": [None]}
    rows = [
        {**plain, "created_by": principal, "created_at": EARLY + timedelta(days=day)}
        for principal, day in (("rare", 0), ("common", 1), ("common", 2))
    ]
    await store(site, rows)
    by_creator = await admin.ask(ProjectStatistics(group_by="creator"))
    assert [(figures.group, figures.count) for figures in by_creator.items] == [("common", 2), ("rare", 1)]
    by_day = await admin.ask(ProjectStatistics(interval="day"))
    assert [figures.starting for figures in by_day.items] == sorted(
        figures.starting for figures in by_day.items if figures.starting
    )


async def store_closed(site: Site) -> None:
    """Store three projects that lasted 1, 2 and 9 seconds and were closed after 2, 3 and 10 hours."""
    plain: dict[str, Any] = {"created_by": "ann", "created_at": EARLY, "start_time": EARLY, "imported": False}
    closed = {1: [1, None, 3], 2: [1, 3], 9: [1, *[None, 1] * 4, 3]}
    rows = [{**plain, "took": took, "cameras": [], "statuses": statuses} for took, statuses in closed.items()]
    await store(site, rows)


async def test_a_median_is_no_average(site: Site, admin: Client) -> None:
    """The median is what is in the middle, and the average is drawn by what took long; both are reported."""
    await store_closed(site)
    (figures,) = (await admin.ask(ProjectStatistics())).items
    assert figures.median_duration_seconds == 2
    assert figures.average_duration_seconds == 4
    hours = [hour * 3_600 for hour in (2, 3, 10)]
    assert figures.median_closing_seconds == median(hours)
    assert figures.average_closing_seconds == fmean(hours)


@pytest.mark.usefixtures("admin")
async def test_figures_of_main_details_are_withheld(site: Site) -> None:
    """Who may not see main details gets counts alone: no figure from status, start or end, and no closing status."""
    await store_closed(site)
    await site.grant("viewer", {Node.PROJECTS: "view"})
    answer = await (await site.client("viewer")).ask(ProjectStatistics())
    assert answer.items == [Figures(count=3, closed=None, ended=None)]
    assert answer.closing_status_ids == []
    assert answer.withheld == ["main-details"]


async def test_too_many_groups_are_cut_off(site: Site, admin: Client) -> None:
    """An answer holds a thousand figures at most, and says when there are more."""
    await site.sql(
        "INSERT INTO projects.project (id, number, revision, description, created_by, created_at, updated_by, "
        "updated_at, imported, retention_exempt) SELECT gen_random_uuid(), n, 1, '', 'user-' || n, now(), 'a', now(), "
        "false, false FROM generate_series(1, 1100) n"
    )
    answer = await admin.ask(ProjectStatistics(group_by="creator"))
    assert len(answer.items) == GROUPS_MAX
    assert answer.truncated is True
    assert answer.total == 1100


async def test_statistics_need_view_on_projects(site: Site, admin: Client) -> None:
    """Anyone who may not see projects gets no figures; cameras are for those who may see sequences (PERM-07)."""
    with pytest.raises(Refused) as refusal:
        await (await site.client("stranger")).ask(ProjectStatistics())
    assert refusal.value.code is Code.NOT_AVAILABLE
    await site.grant("viewer", {Node.PROJECTS: "view"})
    viewer = await site.client("viewer")
    assert (await viewer.ask(ProjectStatistics())).total == 0
    with pytest.raises(Refused) as refusal:
        await viewer.ask(ProjectStatistics(group_by="camera"))
    assert refusal.value.details["nodes"] == ["incident-projects/sequences"]
