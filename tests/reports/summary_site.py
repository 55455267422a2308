"""A site with projects whose summary is known: their figures are counted here once more, in another way."""

import io
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pypdf import PdfReader

from contracts.ids import uuid7
from contracts.report_summaries import DownloadSummary, GenerateSummary, SummaryGenerated
from contracts.summary_data import SummaryData
from incidents import Client
from tests.projects.test_statistics import store
from tests.support import Site

ZURICH = ZoneInfo("Europe/Zurich")
MARCH = datetime(2026, 3, 1, tzinfo=ZURICH), datetime(2026, 4, 1, tzinfo=ZURICH)
"""A month in which the clocks change: the 29th has no hour from two to three."""

FEBRUARY = datetime(2026, 2, 1, tzinfo=ZURICH), MARCH[0]
NAMES = {11: "Theft", 12: "Fire", 13: "Fight", 1: "Open", 2: "Closed", 3: "Archived", 21: "Gate", 22: "Hall"}
CLOSING = {2, 3}
CAMERAS = {"cam-1": "Entrance", "cam-2": "Car park"}

FILM = """
    INSERT INTO projects.sequence (project_id, sequence_id, camera_id, camera_name, start, "end", added_by, added_at,
        revision, place)
    SELECT r.id, gen_random_uuid(), camera.key, camera.value, r.created_at, r.created_at, 'alice', r.created_at, 1, 0
    FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, created_at timestamptz, cameras json),
        json_each_text(CAST(:names AS json)) camera
    WHERE camera.key IN (SELECT json_array_elements_text(r.cameras))
"""


class Ending(NamedTuple):
    """Whether a project is closed at a moment, and since when."""

    is_closed: bool
    at: datetime | None


async def define(site: Site) -> None:
    """Define types, statuses and a category that says where an incident was."""
    insert = "INSERT INTO administration.property VALUES (:id, :kind, :slot, :name, '', :closing)"
    for key, name in NAMES.items():
        kind = "status" if key < 10 else "type" if key < 20 else "category-value"
        slot = 1 if key > 20 else None
        await site.sql(insert, id=key, kind=kind, slot=slot, name=name, closing=key in CLOSING)
    await site.sql("INSERT INTO administration.category VALUES (1, 31, true, 'Location', '')")
    await site.sql("UPDATE administration.settings SET timezone = 'Europe/Zurich', report_title = 'Ville de Neuville'")


def random_projects(seed: int, count: int = 150) -> list[dict[str, Any]]:
    """Draw projects from January to April, more of them at some hours than at others."""
    random, begin = Random(seed), datetime(2026, 1, 20, tzinfo=UTC)
    return [
        {
            "type_id": random.choice([11, 11, 11, 12, 13, None]),
            "statuses": random.choices([None, 1, 2, 3], k=random.randint(1, 5)),
            "category_1": random.choice([21, 21, 22, None]),
            "created_by": "alice",
            "created_at": begin + timedelta(minutes=random.randint(0, 80 * 24 * 60)),
            "start_time": None,
            "took": None,
            "imported": False,
            "cameras": random.sample(sorted(CAMERAS), random.randint(0, 2)),
        }
        for _ in range(count)
    ]


async def fill(site: Site, rows: list[dict[str, Any]]) -> None:
    """Let these projects be all that there are, with a recording of each of their cameras."""
    await store(site, rows)
    await site.sql(FILM, rows=json.dumps(rows, default=str), names=json.dumps(CAMERAS))


def ending(row: dict[str, Any], moment: datetime) -> Ending:
    """Follow the statuses of a project up to a moment; each has a change an hour after the one before."""
    is_closed, at = row["statuses"][0] in CLOSING, None
    for hours, (_, new) in enumerate(pairwise(row["statuses"]), start=2):
        changed_at = row["created_at"] + timedelta(hours=hours)
        if changed_at >= moment:
            break
        at = (at if is_closed else changed_at) if new in CLOSING else None
        is_closed = new in CLOSING
    return Ending(is_closed, at)


class Recount:
    """The figures of a period, counted project by project."""

    def __init__(self, rows: Iterable[dict[str, Any]], since: datetime, until: datetime) -> None:
        """Count the projects that were created before the end of the period."""
        self.rows = [row for row in rows if row["created_at"] < until]
        endings = [(row, ending(row, until)) for row in self.rows]
        self.new = [row for row in self.rows if row["created_at"] >= since]
        self.open = sum(not end.is_closed for _, end in endings)
        self.ended = [(row, end.at) for row, end in endings if end.is_closed and (end.at or row["created_at"]) >= since]
        self.seconds = sorted((at - row["created_at"]).total_seconds() for row, at in self.ended if at)

    def quantile(self, share: float) -> float | None:
        """Return the time within which a share of the projects was closed, between the two that are next to it."""
        if not self.seconds:
            return None
        place = (len(self.seconds) - 1) * share
        low = int(place)
        high = min(low + 1, len(self.seconds) - 1)
        return float(self.seconds[low] + (self.seconds[high] - self.seconds[low]) * (place - low))

    def by(self, field: str) -> Counter[str | None]:
        """Count the new projects by a column."""
        return Counter(None if row[field] is None else str(row[field]) for row in self.new)

    def days(self) -> Counter[date]:
        """Count the new projects by the day of the clock."""
        return Counter(row["created_at"].astimezone(ZURICH).date() for row in self.new)

    def hours(self) -> Counter[tuple[int, int]]:
        """Count the new projects by the weekday and the hour of the clock."""
        local = (row["created_at"].astimezone(ZURICH) for row in self.new)
        return Counter((time.isoweekday(), time.hour) for time in local)

    def pairs(self) -> Counter[tuple[str | None, str]]:
        """Count the new projects by type and place, where both or the place are known."""
        return Counter(
            (None if row["type_id"] is None else str(row["type_id"]), str(row["category_1"]))
            for row in self.new
            if row["category_1"] is not None
        )


def march(**changes: Any) -> GenerateSummary:
    """Return the command for a summary of March."""
    values: dict[str, Any] = {"report_id": uuid7(), "since": MARCH[0], "until": MARCH[1], "language": "en"}
    return GenerateSummary.model_validate({**values, **changes})


async def fetch(client: Client, summary: SummaryGenerated) -> bytes:
    """Return the file of a summary, whose digest is that of its outcome."""
    data = b""
    while part := await client.ask(DownloadSummary(report_id=summary.report_id, offset=len(data))):
        data += part
    assert sha256(data).hexdigest() == summary.sha256
    assert len(data) == summary.bytes
    return data


def data_of(pdf: bytes) -> SummaryData:
    """Return the figures that a file has with it."""
    [attached] = PdfReader(io.BytesIO(pdf)).attachments["summary.json"]
    return SummaryData.model_validate_json(attached)
