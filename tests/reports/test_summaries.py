"""Summaries of a period: every figure equals a recount by hand."""

from datetime import datetime

import pytest

from contracts.projects.statistics import ProjectStatistics
from contracts.report_summaries import Comparison
from contracts.summary_data import Period, SummaryData
from incidents import Client
from tests.reports.readers import text_of
from tests.reports.summary_site import (
    CAMERAS,
    FEBRUARY,
    MARCH,
    NAMES,
    Recount,
    data_of,
    define,
    fetch,
    fill,
    march,
    random_projects,
)
from tests.support import Site

SEEDS = (1, 2, 3)


@pytest.fixture
async def client(site: Site) -> Client:
    """Somebody who asks, on a site that lives by the clock of Zurich."""
    await site.workers("projects", "reports")
    await define(site)
    return await site.client()


def groups(data: SummaryData, field: str) -> dict[str | None, tuple[str | None, int, int | None]]:
    """Return the groups of a property by their keys: name, number, and number before."""
    [grouping] = [grouping for grouping in data.groupings if grouping.field == field]
    return {group.key: (group.name, group.created, group.created_before) for group in grouping.groups}


@pytest.mark.parametrize("seed", SEEDS)
async def test_key_figures_equal_a_recount(site: Site, client: Client, seed: int) -> None:
    """New, closed and open projects and their time to closing, of the period and of the one before it."""
    rows = random_projects(seed)
    await fill(site, rows)
    data = data_of(await fetch(client, await client.send(march())))
    assert data.compared == Period(since=FEBRUARY[0], until=FEBRUARY[1])
    for figures, span in ((data.figures, MARCH), (data.figures_before, FEBRUARY)):
        count = Recount(rows, *span)
        assert figures is not None
        assert figures.created == len(count.new)
        assert figures.closed == len(count.ended)
        assert figures.open == count.open
        assert figures.median_closing_seconds == pytest.approx(count.quantile(0.5))
        assert figures.ninetieth_closing_seconds == pytest.approx(count.quantile(0.9))


@pytest.mark.parametrize("seed", SEEDS)
async def test_groups_equal_a_recount(site: Site, client: Client, seed: int) -> None:
    """Types, places and cameras, and what recurs where, with the numbers of the period before."""
    rows = random_projects(seed)
    await fill(site, rows)
    data = data_of(await fetch(client, await client.send(march())))
    now, before = Recount(rows, *MARCH), Recount(rows, *FEBRUARY)
    for field, column in (("type", "type_id"), ("category_1", "category_1")):
        counts, former = now.by(column), before.by(column)
        expected = {key: (NAMES[int(key)] if key else None, counts[key], former[key]) for key in {*counts, *former}}
        assert groups(data, field) == expected
    for camera, name in CAMERAS.items():
        count = sum(camera in row["cameras"] for row in now.new)
        assert groups(data, "camera")[camera][:2] == (name, count)
    pairs = {(each.type_key, each.place_key): (each.created, each.created_before) for each in data.recurrences}
    assert pairs == {pair: (count, before.pairs()[pair]) for pair, count in now.pairs().items()}
    assert data.place == "Location"


@pytest.mark.parametrize("seed", SEEDS)
async def test_trends_and_hours_equal_a_recount(site: Site, client: Client, seed: int) -> None:
    """Every day of the month has its figures, also without a project, and hours are those of the clock on that day."""
    rows = random_projects(seed)
    await fill(site, rows)
    data = data_of(await fetch(client, await client.send(march())))
    count = Recount(rows, *MARCH)
    assert data.interval == "day"
    assert [each.starting.day for each in data.intervals] == list(range(1, 32))
    assert {each.starting: each.created for each in data.intervals if each.created} == count.days()
    assert sum(each.closed or 0 for each in data.intervals) == len(count.ended)
    assert {(each.weekday, each.hour): each.created for each in data.hours} == count.hours()


async def test_figures_are_those_of_statistics(site: Site, client: Client) -> None:
    """What both count is the same: projects by type, and how long those took that were closed by now."""
    rows = [row for row in random_projects(4) if row["created_at"] >= MARCH[0]]
    await fill(site, rows)
    whole = {"since": MARCH[0], "until": datetime.now(MARCH[0].tzinfo)}
    data = data_of(await fetch(client, await client.send(march(**whole, compare=Comparison.NONE))))
    statistics = await client.ask(ProjectStatistics(group_by="type"))
    expected = {
        None if each.group is None else str(each.group): (each.count, each.closed, each.median_closing_seconds)
        for each in statistics.items
    }
    [types] = [grouping for grouping in data.groupings if grouping.field == "type"]
    figures = {each.key: (each.created, each.closed, each.median_closing_seconds) for each in types.groups}
    assert figures == expected


async def test_the_pages_say_what_the_data_says(site: Site, client: Client) -> None:
    """Two readers find the key figures, the types and the places on the pages, with their numbers."""
    rows = random_projects(5)
    await fill(site, rows)
    pdf = await fetch(client, await client.send(march()))
    text, count = text_of(pdf), Recount(rows, *MARCH)
    assert "Ville de Neuville Summary of incidents March 2026 Compared with February 2026" in text
    assert f"{len(count.new)} incidents were created in this period" in text
    assert f"{len(count.ended)} incidents were closed; {count.open} remained open at the end." in text
    former, total = Recount(rows, *FEBRUARY).by("type_id"), len(count.new)
    for key, number in count.by("type_id").items():
        name = NAMES[int(key)] if key else "(none)"
        share = round(number * 100 / total)
        assert f"{name} {number} {share}% {former[key]} " in text


async def test_an_empty_period_says_so(client: Client) -> None:
    """Without a project there are no charts, only the sentence and the figures."""
    summary = await client.send(march())
    text = text_of(await fetch(client, summary))
    assert summary.created == 0
    assert "No incident was created in this period. No incident was closed; 0 remained open at the end." in text
    assert "By type" not in text


async def test_french_is_complete(site: Site, client: Client) -> None:
    """A French summary has French words, dates and numbers; what people typed stays as it is."""
    await fill(site, random_projects(6))
    command = march(language="fr", title="Bilan de mars", compare=Comparison.PREVIOUS_YEAR)
    text = text_of(await fetch(client, await client.send(command)))
    for words in ("Bilan de mars Mars 2026 Période de comparaison : mars 2025", "Chiffres clés", "Année précédente"):
        assert words in text
    for words in ("Répartition par type", "Lieux : Location", "Délai de clôture par type", "Ce qui se répète, et où"):
        assert words in text
