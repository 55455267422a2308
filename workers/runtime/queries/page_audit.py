"""Pages: reading a list is recorded, one event for each page, without the texts that were searched or shown."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from contracts.audit import PageViewed
from contracts.message import Query
from contracts.personal_data import Occurrences
from contracts.projects.queries import Span
from workers.runtime.feeds.feed import FeedAnswer, Renewal

REPEAT_SECONDS: Final = 60.0
"""For so long the same page to the same principal is covered by the entry that was recorded first."""

_PAGES_MAX: Final = 4_096
_PAGING: Final = frozenset({"after", "count", "limit", "feed", "since", "until"})
_EMPTY: Final[tuple[Any, ...]] = (None, [], {})


class ViewedPage(NamedTuple):
    """A page that a principal is about to get, and what tells the same page again."""

    event: PageViewed
    key: bytes


def viewed_page(query: Query[Any], answer: Any, principal: str) -> ViewedPage | None:
    """Return the page that an answer shows; None if queries like this are not recorded, or a feed is only kept."""
    if not query.is_recorded or isinstance(answer, Renewal):
        return None
    project_ids = [] if isinstance(answer, FeedAnswer) else _projects(query, answer)
    event = PageViewed(
        query=query.subject,
        needs=sorted(query.needs()),
        conditions=dict(_conditions("", query)),
        words=_count_words(query),
        principal=getattr(query, "actor", None),
        total=len(project_ids),
        project_ids=project_ids,
        occurrences=len(answer.items) if isinstance(answer, Occurrences) else None,
    )
    content = b"\0".join((principal.encode(), query.model_dump_json().encode(), event.model_dump_json().encode()))
    return ViewedPage(event, sha256(content).digest())


class RecentPages:
    """The pages that this process has recorded in the last minute; those of other processes are recorded again."""

    def __init__(self) -> None:
        """Start without pages."""
        self._pages: OrderedDict[bytes, float] = OrderedDict()

    def has(self, page: ViewedPage) -> bool:
        """Return whether the same principal got the same page within the last minute."""
        return asyncio.get_running_loop().time() < self._pages.get(page.key, -REPEAT_SECONDS) + REPEAT_SECONDS

    def add(self, page: ViewedPage) -> None:
        """Remember a page whose event is committed."""
        self._pages[page.key] = asyncio.get_running_loop().time()
        self._pages.move_to_end(page.key)
        if len(self._pages) > _PAGES_MAX:
            self._pages.popitem(last=False)


def _projects(query: Query[Any], answer: Any) -> list[UUID]:
    """Return the projects on a page in their order, each once."""
    rows = [query, answer, *getattr(answer, "items", [])]
    return list(dict.fromkeys(row.project_id for row in rows if getattr(row, "project_id", None)))


def _conditions(prefix: str, value: BaseModel | Mapping[Any, Any]) -> Iterator[tuple[str, list[int | UUID | None]]]:
    """Yield the fields that were set, each with the ids in it; of texts, times and check boxes only the name."""
    if isinstance(value, BaseModel):
        defaults = {name: field.default for name, field in type(value).model_fields.items()}
        fields = {name: each for name, each in value if each != defaults[name] and each not in _EMPTY}
    else:
        fields = dict(value)
    for name, each in fields.items():
        if not prefix and name in _PAGING:
            continue
        if isinstance(each, (BaseModel, dict)) and not isinstance(each, Span):
            yield from _conditions(f"{prefix}{name}.", each)
        else:
            yield f"{prefix}{name}", list(_ids(each if isinstance(each, list) else [each]))


def _ids(values: list[Any]) -> Iterator[int | UUID | None]:
    for value in values:
        if value is None or isinstance(value, UUID) or (isinstance(value, int) and not isinstance(value, bool)):
            yield value


def _count_words(query: Query[Any]) -> int | None:
    search = getattr(query, "search", None)
    return len(search.split()) if search else None
