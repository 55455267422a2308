"""How rare parts of words are among the texts of this site, so that a search looks up the rarest ones."""

from typing import TypedDict

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects.search.ngrams import APART, commonness, number_of
from workers.runtime.storage.row_set import read_rows

SAMPLED_PROJECTS = 2_000
"""How many projects are looked at, about: their parts are those of all."""

COMMON_PROJECTS_MIN = 10
"""Of how many sampled projects a part is common; rarer ones are found as fast as each other."""

_PERCENT = text(
    "SELECT least(100, 100.0 * :projects / greatest(reltuples, 1))::real AS percent FROM pg_class "
    "WHERE oid = 'projects.search'::regclass"
)

# What `dated` did to a number is undone: its month is subtracted, modulo 2^32.
_COUNT = text(
    """
    SELECT ((numbers.dated + 2147483648 - months.month * CAST(:apart AS bigint)) % 4294967296 + 4294967296)
           % 4294967296 AS number, count(*) AS projects
    FROM projects.search TABLESAMPLE SYSTEM (:percent),
         LATERAL (SELECT date_part('year', created_at AT TIME ZONE 'UTC')::bigint * 12
                       + date_part('month', created_at AT TIME ZONE 'UTC')::bigint - 1 AS month) months,
         LATERAL (SELECT unnest(grams)::bigint AS dated) numbers
    GROUP BY 1 HAVING count(*) >= :least
    """
)


class _PercentRow(TypedDict):
    percent: float


class _CountRow(TypedDict):
    number: int
    projects: int


class Rarity:
    """How common four letters in a row are: by a sample of the texts, and by the letters where that has too few."""

    def __init__(self) -> None:
        """Start without a sample."""
        self._projects: dict[int, int] = {}

    def __call__(self, four: str) -> tuple[int, int]:
        """Return what orders parts, the rarest first: how many sampled projects have one, then its letters."""
        return self._projects.get(number_of(four) % 2**32, 0), commonness(four)

    async def learn(self, connection: AsyncConnection) -> None:
        """Count the parts of a sample of the projects."""
        [row] = await read_rows(connection, _PERCENT, {"projects": SAMPLED_PROJECTS}, _PercentRow)
        sample = {"percent": row["percent"], "least": COMMON_PROJECTS_MIN, "apart": APART}
        counted = await read_rows(connection, _COUNT, sample, _CountRow)
        self._projects = {row["number"]: row["projects"] for row in counted}


learned = Rarity()
"""What this process knows; it changes how fast a search is, and never what it finds."""
