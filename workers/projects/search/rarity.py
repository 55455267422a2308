"""The rarity of n-grams in the texts of this site: a search looks up the rarest ones."""

from typing import TypedDict

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.projects.search.ngrams import APART, commonness, number_of
from workers.runtime.storage.identity_map import read_rows

SAMPLED_PROJECTS = 2_000
"""Approximate size of the sample."""

COMMON_PROJECTS_MIN = 10
"""Sampled projects from which on an n-gram counts as common; all rarer ones are found equally fast."""

_PERCENT = text(
    "SELECT least(100, 100.0 * :projects / greatest(reltuples, 1))::real AS percent FROM pg_class "
    "WHERE oid = 'projects.search'::regclass"
)

# Undo `monthly_numbers`: subtract the month, modulo 2^32.
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
    """Estimates how common n-grams are: by a sample of the texts, or by their letters if the sample has too few."""

    def __init__(self) -> None:
        """Start without a sample."""
        self._projects: dict[int, int] = {}

    def __call__(self, four: str) -> tuple[int, int]:
        """Return the sort key of an n-gram, the rarest first: its sampled projects, then its letters."""
        return self._projects.get(number_of(four) % 2**32, 0), commonness(four)

    async def learn(self, connection: AsyncConnection) -> None:
        """Count the n-grams of a sample of the projects."""
        [row] = await read_rows(connection, _PERCENT, {"projects": SAMPLED_PROJECTS}, _PercentRow)
        sample = {"percent": row["percent"], "least": COMMON_PROJECTS_MIN, "apart": APART}
        counted = await read_rows(connection, _COUNT, sample, _CountRow)
        self._projects = {row["number"]: row["projects"] for row in counted}


learned = Rarity()
"""The rarity that this process has learned; it affects the speed of a search, never its results."""
