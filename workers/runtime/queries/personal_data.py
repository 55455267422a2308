"""Finding words in stored texts: row by row, for a bounded time, and on from there with the next page."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from contracts.permissions import Level, Node
from contracts.personal_data import SEARCH_SECONDS, FindPersonalData, Occurrence, Occurrences, TextStore
from workers.common.text_search.search_words import WordSearch
from workers.runtime.admission.incoming_messages import invalid
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.queries.result_pages import PAGE_BYTES_MAX, cursor, read_cursor

Key = tuple[Any, Any]
Row = Mapping[str, Any]
_PLACE: Final = TypeAdapter(tuple[int, str, str])
_ROWS_PER_FETCH: Final = 200
_PAGE_BYTES: Final = PAGE_BYTES_MAX // 2
"""A page ends at the first row beyond, which has room in the other half."""


class StoredText(NamedTuple):
    """A text of a row, the name of its field, and the node whose view shows it."""

    field: str
    text: str
    node: Node


class Source(NamedTuple):
    """A table to search: in the order of a key of two columns, `key_1` and `key_2`, from a key on.

    The statement takes both as `after_1` and `after_2`; `first` is a key before all others, with the types of both.
    """

    store: TextStore
    statement: TextClause
    first: Key
    texts: Callable[[Row], Iterator[StoredText]]

    async def rows(self, connection: AsyncConnection, after: Key) -> AsyncGenerator[Row, None]:
        """Yield the rows after a key."""
        parameters = {"after_1": after[0], "after_2": after[1]}
        options = {"yield_per": _ROWS_PER_FETCH}
        result = await connection.stream(self.statement, parameters, execution_options=options)
        try:
            async for row in result.mappings():
                yield dict(row)
        finally:  # the library's own context would leave the cursor open if the page ends here
            await result.close()

    def read_key(self, written: Sequence[str]) -> Key:
        """Read a key from a cursor."""
        first, second = (type(least)(text) for least, text in zip(self.first, written, strict=True))
        return first, second


def columns(node: Node, *names: str) -> Callable[[Row], Iterator[StoredText]]:
    """Return what reads these columns of a row as texts that a node shows."""

    def texts(row: Row) -> Iterator[StoredText]:
        return (StoredText(name, row[name], node) for name in names if row[name])

    return texts


def strings(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield every text in a JSON value, with the name of its field."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from strings(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(name, inner)


@dataclass
class PageOfTexts:
    """The page that a query is answered with."""

    query: FindPersonalData
    context: QueryContext
    words: WordSearch
    items: list[Occurrence] = field(default_factory=list)
    searched: int = 0
    _bytes: int = 0
    _ends_at: float = field(default_factory=lambda: asyncio.get_running_loop().time() + SEARCH_SECONDS)

    def search(self, store: TextStore, row: Row, texts: Iterator[StoredText]) -> None:
        """Add the texts of a row that have the words."""
        self.searched += 1
        for name, text, node in texts:
            if self.words.matches(text):
                self._add(self._occurrence(store, row, StoredText(name, text, node)))

    @property
    def is_full(self) -> bool:
        """Whether the page ends here: it has enough, or was searched for long enough."""
        is_late = asyncio.get_running_loop().time() > self._ends_at
        return is_late or len(self.items) >= self.query.limit or self._bytes > _PAGE_BYTES

    def _add(self, item: Occurrence) -> None:
        self.items.append(item)
        self._bytes += len(item.model_dump_json()) + 1

    def _occurrence(self, store: TextStore, row: Row, stored: StoredText) -> Occurrence:
        grants = self.context.grants
        is_shown = grants.allow(Node.PERSONAL_DATA, Level.MANAGE) or grants.allow(stored.node, Level.VIEW)
        known = ("project_id", "project_number", "part_id", "revision", "thing", "at", "by")
        return Occurrence(
            store=store,
            field=stored.field,
            excerpt=self.words.excerpt(stored.text) if is_shown else None,
            text=stored.text if self.query.whole else None,
            **{name: row[name] for name in known if row.get(name) is not None},
        )


async def find(query: FindPersonalData, context: QueryContext, sources: Sequence[Source]) -> Occurrences:
    """Search some tables of a slice, in turn, from the place on that the query names.

    Raises:
        Refusal: The words have no letter or digit, or the cursor is none of this query.
    """
    return await find_in(query, context, sources, lambda source, key: source.rows(context.connection, key))


async def find_in(
    query: FindPersonalData,
    context: QueryContext,
    sources: Sequence[Source],
    rows_of: Callable[[Source, Key], AsyncGenerator[Row, None]],
) -> Occurrences:
    """Search sources whose rows another function reads."""
    page = PageOfTexts(query, context, _read_words(query.search))
    number, key = _read_place(query.after, sources)
    for place in range(number, len(sources)):
        source = sources[place]
        rows = rows_of(source, key if place == number else source.first)
        async for row in rows:
            page.search(source.store, row, source.texts(row))
            if page.is_full:
                await rows.aclose()
                return _answer(page, cursor(place, str(row["key_1"]), str(row["key_2"])))
    return _answer(page, None)


def _answer(page: PageOfTexts, following: str | None) -> Occurrences:
    return Occurrences(items=page.items, searched=page.searched, next=following)


def _read_words(search: str) -> WordSearch:
    try:
        return WordSearch(search)
    except ValueError:
        raise Refusal(Code.INVALID, fields=[{"field": "search", "kind": "search"}]) from None


def _read_place(after: str | None, sources: Sequence[Source]) -> tuple[int, Key]:
    if after is None:
        return 0, sources[0].first
    number, *key = read_cursor(_PLACE, after)
    if not 0 <= number < len(sources):
        raise invalid(("after", "cursor"))
    try:
        return number, sources[number].read_key(key)
    except ValueError:
        raise invalid(("after", "cursor")) from None


NO_ID: Final = UUID(int=0)
