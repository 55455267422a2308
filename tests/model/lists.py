"""Which projects a filter and a search leave, in which order, and what is counted of them."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

from tests.model.project import MAIN, Project
from tests.model.rules import Body, No, Subset, moment

Found = tuple[str, Project]
_IDS = {"type_ids": "type_id", "status_ids": "status_id"}
_SPANS = {"created": "created_at", "start_time": "start_time", "updated": "updated_at"}


def column(project: Project, name: str) -> Any:
    """Return what a list shows of a project under this name, as it compares."""
    value = project.fields[name] if name in MAIN or name.startswith("category_") else getattr(project, name)
    return moment(value) if name.endswith(("_time", "_at")) and value is not None else value


def matches(project_id: str, project: Project, filters: Body) -> bool:
    """Tell whether a project is in a filter."""
    categories = {f"category_{slot}": ids for slot, ids in filters.get("categories", {}).items()}
    named = categories | {name: filters[key] for key, name in _IDS.items() if key in filters}
    if "created_by" in filters:
        named["created_by"] = filters["created_by"]
    if "numbers" in filters:
        named["number"] = filters["numbers"]
    referred = [reference.lower() for reference in filters.get("references", ())]
    return (
        ("references" not in filters or (project.fields["reference"] or "").lower() in referred)
        and all(column(project, name) in ids for name, ids in named.items())
        and all(_lies(column(project, name), filters[key]) for key, name in _SPANS.items() if key in filters)
        and ("camera_ids" not in filters or bool(project.cameras() & set(filters["camera_ids"])))
        and project_id in filters.get("project_ids", [project_id])
    )


def _lies(at: datetime | None, span: Body) -> bool:
    since, to = span.get("from"), span.get("to")
    if at is None:
        return since is None and to is None
    return (since is None or at >= moment(since)) and (to is None or at < moment(to))


def folded(text: str) -> list[str]:
    """Return the words of a text without accents and case."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = (character for character in plain if not unicodedata.combining(character))
    return "".join(letter if letter.isalnum() else " " for letter in letters).split()


def dictionary(text: str) -> tuple[str, ...]:
    """Return what orders texts by letters, then by accents, then small ones before capitals."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in spread if not unicodedata.combining(character))
    marks = "".join(character if unicodedata.combining(character) else " " for character in spread).rstrip()
    return (
        "".join(character if character.isalnum() or character in " +()" else "!" for character in bare),
        marks,
        text.swapcase(),
    )


def is_found(project: Project, search: str, hidden: Collection[str]) -> bool:
    """Tell whether every word of a search is a part of some word that is shown; a short one must be a whole word."""
    written = [] if "main-details" in hidden else [project.fields["description"], project.fields["reference"] or ""]
    if "categories" not in hidden:
        written += [project.fields[f"text_{slot}"] or "" for slot in (1, 2, 3)]
    if "sequence" not in hidden:
        written += [sequence[name] for sequence in project.sequences.values() for name in ("camera_name", "camera_id")]
    if "comment" not in hidden:
        written += [comment["text"] for comment in project.comments.values()]
    if "call" not in hidden:
        written += [call[name] for call in project.calls.values() for name in ("party", "number", "reference", "notes")]
    words = folded(" ".join(written))
    return all(any(term == word or (len(term) > 2 and term in word) for word in words) for term in folded(search))


def listed(projects: Mapping[str, Project], body: Body, hidden: Collection[str]) -> list[Found]:
    """Return all that a list holds, in its order: equal ones by date and id, what is empty last either way."""
    search = body.get("search")
    if search is not None and not folded(search):
        raise No("invalid")
    rows = [
        candidate
        for candidate in projects.items()
        if matches(*candidate, body.get("filter", {})) and (search is None or is_found(candidate[1], search, hidden))
    ]
    sort = body.get("sort", "-created_at")
    name, backward = sort.removeprefix("-"), sort.startswith("-")

    def place(row: Found) -> tuple[Any, ...]:
        value = column(row[1], name)
        own = dictionary(value[:40]) if name == "description" else value
        return (*(() if value is None else (own,)), column(row[1], "created_at"), row[0])

    parts = (
        [candidate for candidate in rows if (column(candidate[1], name) is None) is empty] for empty in (False, True)
    )
    return [candidate for part in parts for candidate in sorted(part, key=place, reverse=backward)]


def statistics(projects: Mapping[str, Project], body: Body, timezone: str, closing: Collection[int]) -> Subset:
    """Count by group and interval, and say how long those took that are closed, and those that have both times."""
    chosen = [
        project for project_id, project in projects.items() if matches(project_id, project, body.get("filter", {}))
    ]
    counted: dict[tuple[Any, Any], list[Project]] = {}
    for member in chosen:
        for group in _groups(member, body.get("group_by")):
            begun = _starting(column(member, "created_at"), body.get("interval", "none"), ZoneInfo(timezone))
            counted.setdefault((group, begun), []).append(member)
    figures = [_figures(group, begun, members, closing) for (group, begun), members in counted.items()]
    answer = Subset(timezone=timezone, total=len(chosen), items=in_order(figures), truncated=False)
    return Subset(answer, closing_status_ids=sorted(closing))


def in_order(figures: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Put figures into one order, rounded as far as floats are sure."""
    plain = [
        {name: round(value, 3) if isinstance(value, float) else value for name, value in each.items()}
        for each in figures
    ]
    return sorted(plain, key=lambda figure: (str(moment(str(figure["starting"]))), str(figure["group"])))


def _figures(group: Any, begun: datetime | None, members: list[Project], closing: Collection[int]) -> dict[str, Any]:
    closed = [member for member in members if member.fields["status_id"] in closing]
    waited = [seconds for project in closed if (seconds := _closing_seconds(project, closing)) is not None]
    both = [(column(member, "start_time"), column(member, "end_time")) for member in members]
    took = [(end - start).total_seconds() for start, end in both if start and end]
    return {
        "group": group,
        "starting": begun.isoformat() if begun else None,
        "count": len(members),
        "closed": len(closed),
        **_times("closing", waited),
        "ended": sum(end is not None for _, end in both),
        **_times("duration", took),
    }


def _times(name: str, took: list[float]) -> dict[str, Any]:
    figures = (f"median_{name}_seconds", median), (f"average_{name}_seconds", fmean)
    return {figure: of(took) if took else None for figure, of in figures}


def _closing_seconds(project: Project, closing: Collection[int]) -> float | None:
    """Return after how long a closed project last went from a status that does not close to one that does."""
    past = [(change.at, change.past) for change in project.history if change.past.name == "status_id"]
    since = [moment(at) for at, change in past if change.new in closing and change.old not in closing]
    return (max(since) - column(project, "created_at")).total_seconds() if since else None


def _groups(project: Project, group_by: str | None) -> set[Any]:
    if group_by == "camera":
        return project.cameras() or {None}
    names = {"type": "type_id", "status": "status_id", "creator": "created_by"}
    return {column(project, names.get(group_by, group_by)) if group_by else None}


def _starting(at: datetime, interval: str, zone: ZoneInfo) -> datetime | None:
    """Return when the interval began by the clock of the site."""
    if interval == "none":
        return None
    day = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    first = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[interval]
    return first.replace(tzinfo=zone).astimezone(UTC)
