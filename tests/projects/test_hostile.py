"""Queries that nobody's client would ask: each is answered with a page or a refusal that says why."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from contracts.permissions import EVERYTHING
from contracts.projects.imports import ImportProjects
from contracts.projects.queries import ListProjects
from contracts.projects.statistics import ProjectStatistics
from contracts.values import EARLIEST
from tests.projects.helpers import Operator
from tests.projects.list_model import NOON
from tests.projects.test_imports import legacy
from workers.projects.queries.search_conditions import NUMBERS_MAX, SearchRequest

NOWHERE = "00000000-0000-0000-0000-000000000000"
AT = "2026-01-01T00:00:00Z"
SORTS = ("created_at", "number", "type_id", "status_id", "description", "start_time", "updated_at", "created_by")


def cursor(*place: Any) -> str:
    """Return a cursor that no page gave."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@pytest.mark.parametrize(
    "sort, place",
    [
        ("number", (10**30, AT)),
        ("type_id", (10**12, AT)),
        ("created_by", ("a\0b", AT)),
        ("description", ("a\0b", AT)),
        ("created_at", ("0001-01-01T00:00:00+14:00",)),
        ("created_at", ("9999-12-31T23:59:59-14:00",)),
    ],
)
async def test_a_place_that_no_store_can_hold_is_refused(operator: Operator, sort: str, place: tuple[Any, ...]) -> None:
    """A cursor with a value that no project can have is refused as a cursor, and never reaches the database."""
    caller = await operator.site.caller("admin")
    body = {"sort": sort, "search": "bag", "after": cursor(sort, *place, NOWHERE)}
    answer, status = await caller.ask("projects.list", body)
    assert status == "400"
    assert answer["error"]["details"]["fields"][0]["kind"] == "cursor"


async def test_the_longest_author_has_a_next_page(operator: Operator) -> None:
    """A list by author goes on behind an author whose name is as long as a name can be."""
    await operator.send(ImportProjects(projects=[legacy(10, created_by="\U0001f512" * 200)]))
    first = await operator.client.ask(ListProjects(sort="-created_by", limit=1))
    second = await operator.client.ask(ListProjects(sort="-created_by", limit=1, after=first.next))
    assert [project.created_by for project in first.items + second.items] == ["\U0001f512" * 200, "admin"]


async def test_the_oldest_project_is_counted(operator: Operator) -> None:
    """A project of the earliest time counts in an interval that begins before it, by the clock of the site."""
    await operator.send(ImportProjects(projects=[legacy(10, created_at=EARLIEST)]))
    await operator.site.sql("UPDATE administration.settings SET timezone = 'America/New_York'")
    oldest = (await operator.client.ask(ProjectStatistics(interval="month"))).items[0]
    assert oldest.count == 1
    assert oldest.starting == datetime(1899, 12, 1, 5, tzinfo=UTC)


async def test_short_words_are_sought_in_a_century(operator: Operator) -> None:
    """Many short words are found in every month since the earliest, though not the numbers of all are looked up."""
    words = [f"{character}{two}q" for character in "abcde" for two in "wxyz"]
    oldest = legacy(10, created_at=EARLIEST, description=" ".join(words))
    await operator.send(ImportProjects(projects=[oldest]))
    for sort in ("number", "created_at"):
        for terms in (words, [*words[:19], "nothing"]):
            page = await operator.client.ask(ListProjects(search=" ".join(terms), sort=sort))
            assert [project.number for project in page.items] == ([10] if terms is words else [])


@pytest.mark.parametrize("words", ["awq axq ayq azq bwq bxq byq", "ladder escalator gate bag", "éwq ladder ab"])
@pytest.mark.parametrize("months", [1, 12, 1_500])
def test_a_search_looks_up_so_many_numbers_at_most(words: str, months: int) -> None:
    """However many words and months, one statement looks up so many numbers at most, and every word decides."""
    search = SearchRequest.of(words, EVERYTHING)
    searched = search.by_month(range(23_000, 23_000 + months))
    parameters = select(searched.months).where(*searched.conditions).compile().params.values()
    listed = [character for value in parameters if isinstance(value, list) for character in value]
    numbers = sum(len(parameter.split(",")) for parameter in listed if isinstance(parameter, str))
    assert 0 < numbers <= max(NUMBERS_MAX + months, 73 * months)
    assert sum(isinstance(value, str) for value in parameters) == len(words.split())


def spans() -> st.SearchStrategy[Any]:
    """Return spans of time, some of them in odd forms."""
    times = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    odd = st.sampled_from([AT, NOON.isoformat(), "0000-01-01T00:00:00Z", "1900-01-01T00:00:00+14:00", "", None])
    return st.fixed_dictionaries({}, optional={"from": times | odd, "to": times | odd})


def filters() -> st.SearchStrategy[Any]:
    """Return filters of which most fit."""
    ids = st.lists(st.none() | st.integers(-1, 2**33), max_size=12)
    names = st.lists(st.text(max_size=20), max_size=10)
    fields = {
        "type_ids": ids,
        "status_ids": ids,
        "categories": st.dictionaries(st.sampled_from("123456"), ids, max_size=3),
        "created_by": names,
        "camera_ids": names,
        "numbers": st.lists(st.integers(0, 2**64), max_size=20),
        **dict.fromkeys(("created", "start_time", "updated"), spans()),
        "has_hold": st.booleans(),
    }
    return st.fixed_dictionaries({}, optional=fields)


def places() -> st.SearchStrategy[str]:
    """Return cursors of which most can be read."""
    value = (
        st.none() | st.integers() | st.text(max_size=5) | st.sampled_from([AT, NOWHERE, "9999-12-31T23:59:59-14:00"])
    )
    parts = st.tuples(st.sampled_from((*SORTS, "holds", "due")), value, st.just(AT), st.just(NOWHERE))
    return parts.map(lambda values: cursor(*values)) | st.lists(value, max_size=4).map(lambda values: cursor(*values))


def bodies() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Return queries about many projects, with their bodies."""
    limits = {"limit": st.integers(1, 501), "after": places()}
    listed = {
        **limits,
        "filter": filters(),
        "search": st.text(max_size=60),
        "sort": st.sampled_from([*SORTS, *(f"-{sort}" for sort in SORTS)]),
        "count": st.sampled_from(("none", "capped", "exact")),
    }
    groups = st.sampled_from(("type", "status", "category_1", "creator", "camera", "imported"))
    counted = {"filter": filters(), "group_by": groups, "interval": st.sampled_from(("day", "week", "month"))}
    past = {**limits, "field": st.text(max_size=8), "part_id": st.uuids().map(str), "project_id": st.just("?")}
    watched = {"filter": filters(), "since": st.text(max_size=9) | st.from_regex(r"[0-9a-f]{1,8}-[0-9]{1,20}")}
    days = st.integers(-1, 400_000)
    queries = {
        "projects.list": listed,
        "projects.statistics": counted,
        "projects.history": past,
        "projects.watch": watched,
        "retention.holds": limits,
        "retention.due": {**limits, "within_days": days},
        "retention.preview": {"retention_days": days},
    }
    each = [st.tuples(st.just(tail), st.fixed_dictionaries({}, optional=body)) for tail, body in queries.items()]
    return st.one_of(each)


async def test_every_query_is_answered_or_refused_with_a_reason(operator: Operator) -> None:
    """Whatever a body says, the answer is what was asked for or a refusal that names a field: never a fault."""
    await operator.site.worker("retention")
    await operator.send(ImportProjects(projects=[legacy(10, created_at=EARLIEST, created_by="Ж" * 200)]))
    caller = await operator.site.caller("admin")
    results: list[tuple[str, dict[str, Any]]] = []

    @settings(max_examples=400, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies())
    def collect(case: tuple[str, dict[str, Any]]) -> None:
        results.append(case)

    collect()
    for tail, body in results:
        complete = {**body, "project_id": str(operator.project_id)} if tail == "projects.history" else body
        answer, status = await caller.ask(tail, complete)
        assert status in {"", "400", "410"}, (tail, complete, answer)
        assert not status or answer["error"]["details"]["fields"], (tail, complete, answer)
