"""The page of a package: everything in it for people, in one file that asks for nothing and runs nothing."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from contracts.activity_words import ACTIVITY_WORDS, activity_words
from contracts.evidence.entry_values import join
from contracts.figures import grouped
from workers.projects.packages.page_cells import Cells, escaped, isolated
from workers.projects.packages.readme import wording

Json = Mapping[str, Any]

_PURPOSE: Final = ("recipient", "reference", "legal_basis")
_MAIN: Final = ("reference", "start_time", "end_time")
_RECORD: Final = ("created_at", "created_by", "updated_at", "updated_by", "imported")
_SEQUENCE: Final = (
    "camera_name",
    "camera_id",
    "site",
    "start",
    "end",
    "media",
    "media_expires_at",
    "added_at",
    "added_by",
    "media_state",
)
_CALL: Final = ("direction", "at", "party", "number", "duration_seconds", "reference")
_PARTS: Final = ("created_at", "created_by", "edited_at", "edited_by")
_REDACTION: Final = ("at", "by", "field")
_CHANGE: Final = ("at", "by", "field", "old", "new")
_ACTION: Final = ("at", "actor", "activity_name", "details")
_OPTIONAL: Final = ("comments", "calls", "sequences", "history", "activity", "report")
_TOO_DEEP: Final = frozenset({"changed", "package"})


@cache
def _style() -> str:
    return resources.files("workers.projects.packages").joinpath("page.css").read_text("utf-8")


@cache
def _policy() -> str:
    """Return what a browser may load for the page: its own style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def page_words(language: str) -> dict[str, str]:
    """Return the texts of the page, and the names of activities; of some the page has its own."""
    activities = {activity: activity_words(activity, language) for activity in ACTIVITY_WORDS}
    return activities | wording("page", language)


def page(documents: Mapping[str, Json], language: str, *, in_folder: bool = False) -> str:
    """Return the page of a project's documents; in a folder it leads back to the list of all projects."""
    words = page_words(language)
    project = documents["project"]
    cells = Cells.of(words, project["package"]["timezone"], language)
    back = [f'<p><a href="../index.html">{escaped(words["back"])}</a></p>'] if in_folder else []
    return framed(
        words["title"].format(number=project["number"]), "\n".join([*back, *_parts(documents, cells)]), language
    )


def framed(title: str, body: str, language: str) -> str:
    """Return a whole page with this title and this body."""
    title = escaped(title)
    head = (
        f'<!DOCTYPE html>\n<html lang="{"fr" if language == "fr" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    )
    return f"{head}{body}\n</body>\n</html>\n"


def _parts(documents: Mapping[str, Json], cells: Cells) -> Iterator[str]:
    project = documents["project"]
    yield from _about(project, cells)
    yield _heading(cells, "main-details")
    yield cells.facts(_main_details(project, cells))
    if project.get("description"):
        yield _heading(cells, "description") + f'<div class="text">{isolated(project["description"])}</div>'
    if "categories" in project:
        named = [_field(field, cells) for field in project["fields"] if field["label"]]
        has_values = any(text for _, text in named)
        yield _heading(cells, "categories") + (cells.facts(named) if has_values else _nothing(cells))
    for name, section in (("comments", _comment), ("calls", _call)):
        if name in project:
            yield _heading(cells, name) + ("".join(section(part, cells) for part in project[name]) or _nothing(cells))
    if "sequences" in project:
        located = (
            {
                **sequence,
                "camera_name": sequence["camera_name"] or cells.words["redacted"],
                "site": sequence["site"] or project["package"]["site"],
            }
            for sequence in project["sequences"]
        )
        rows = [
            [*(cells.cell(name, sequence.get(name)) for name in _SEQUENCE[:-1]), _media(sequence, cells)]
            for sequence in located
        ]
        yield _heading(cells, "sequences") + (cells.table(_SEQUENCE, rows) if rows else _nothing(cells))
    if project["redactions"]:
        yield _heading(cells, "redactions")
        yield cells.table(_REDACTION, ([*_redaction(each, cells)] for each in project["redactions"]))
    if "history" in documents:
        yield _heading(cells, "history")
        yield cells.table(_CHANGE, ([*_change(entry, cells)] for entry in documents["history"]["items"]))
    if "activity" in documents:
        yield _heading(cells, "activity")
        labels = {field["field"]: field["label"] for field in project["fields"]}
        yield cells.table(_ACTION, ([*_action(entry, labels, cells)] for entry in documents["activity"]["items"]))


def _about(project: Json, cells: Cells) -> Iterator[str]:
    words, package = cells.words, project["package"]
    has_media = any(sequence["media_files"] for sequence in project.get("sequences", ()))
    yield f"<p>{escaped(words['what'])} {escaped(words[recordings_words(has_media)])}</p>"
    rows = [*purpose_rows(package, cells), (words["project_id"], str(project["project_id"]))]
    rows += [
        (words["revision"], str(project["revision"])),
        (words["collected_at"], cells.time(package["collected_at"])),
    ]
    yield _heading(cells, "package") + cells.facts(rows)
    yield from _report(package["report_revision"], project["revision"], cells)
    yield f"<p>{escaped(words['zone'].format(zone=package['timezone']))}</p>"
    yield f'<p class="note">{escaped(words["check"])}</p>'
    if "user-names" not in package["includes"]:
        yield f"<p>{escaped(words['nameless'])}</p>"
    chosen = [name for name in _OPTIONAL if name not in package["includes"] and name not in package["withheld"]]
    for why, names in (("withheld", package["withheld"]), ("chosen", chosen)):
        if names:
            yield f"<p>{escaped(words[why].format(sections=', '.join(_short(cells, name) for name in names)))}</p>"


def recordings_words(has_media: bool) -> str:  # noqa: FBT001 - it is the only thing that this depends on
    """Return the name of the sentence about recordings in a package."""
    return "some recordings" if has_media else "no recordings"


def purpose_rows(package: Json, cells: Cells) -> list[tuple[str, str]]:
    """Return where a package comes from, for whom it is, and why."""
    words = cells.words
    rows = [(cells.label(name), package[name]) for name in ("organisation", "site")]
    rows += [(words["recipient"], package["recipient"]), (words["purpose_reference"], package["reference"])]
    rows += [(words["legal_basis"], package["legal_basis"]), (words["exported_at"], cells.time(package["exported_at"]))]
    rows += [(words["exported_by"], package.get("exported_by", "")), (words["package_id"], str(package["package_id"]))]
    return rows


def _report(report_revision: int | None, revision: int, cells: Cells) -> Iterator[str]:
    """Yield a link to the PDF, and a remark if it shows another revision than the page."""
    if report_revision is not None:
        yield f'<p><a href="report.pdf">{escaped(cells.words["report link"])}</a></p>'
    if report_revision not in {None, revision}:
        words = cells.words["other revision"].format(report=report_revision, revision=revision)
        yield f'<p class="note">{escaped(words)}</p>'


def _short(cells: Cells, name: str) -> str:
    """Return the name of a section within a sentence."""
    label = cells.label(name).partition(" (")[0].partition(",")[0]
    return label[:1].lower() + label[1:]


def _main_details(project: Json, cells: Cells) -> Iterator[tuple[str, str]]:
    for field in project["fields"]:
        if field["field"] in {"type_id", "status_id"}:
            yield _field(field, cells)
    for name in (*_MAIN, *_RECORD):
        if name != "imported" or project[name]:
            yield cells.label(name), cells.plain(name, project.get(name), {})


def _field(field: Json, cells: Cells) -> tuple[str, str]:
    """Return the label and the value of a field, both as they were then and as they are now."""
    label = _then_and_now(cells, field["label"] or cells.label(field["field"]), field["label_now"])
    if field["name"]:
        return label, _then_and_now(cells, field["name"], field["name_now"])
    return label, cells.plain(field["field"], field["value"], {})


def _then_and_now(cells: Cells, then: str, now: str | None) -> str:
    return cells.words["renamed"].format(then=then, now=now) if now else then


def _media(sequence: Json, cells: Cells) -> str:
    """Return the cell that says whether the recordings of a sequence are in the package, and leads to them."""
    words = cells.words
    parts = [isolated(words[f"media {sequence['media_state']}"])]
    parts += [f'<a href="{quote(file["name"])}">{isolated(file["name"])}</a>' for file in sequence["media_files"]]
    for file in sequence["media_left_out"]:
        size = "" if file["bytes"] is None else f" ({grouped(file['bytes'], cells.language)} {words['octets']})"
        parts.append(isolated(f"{file['source']}{words['colon']} {words['media ' + file['reason']]}{size}"))
    return f"<td>{' · '.join(parts)}</td>"


def _comment(comment: Json, cells: Cells) -> str:
    text = comment["text"] or cells.words["redacted"]
    return _head(comment, _PARTS, cells) + f'<div class="text">{isolated(text)}</div>\n'


def _call(call: Json, cells: Cells) -> str:
    notes = f'<div class="text">{isolated(call["notes"])}</div>\n' if call["notes"] else ""
    return _head(call, (*_CALL, *_PARTS), cells) + notes


def _head(part: Json, names: tuple[str, ...], cells: Cells) -> str:
    """Return the line above a text: the fields that have a value."""
    texts = ((name, cells.plain(name, part.get(name), {})) for name in names)
    shown = (
        f"{escaped(cells.label(name, part))}{cells.words['colon']} {isolated(text)}" for name, text in texts if text
    )
    return f'<p class="head">{" · ".join(shown)}</p>\n'


def _redaction(redaction: Json, cells: Cells) -> Iterator[str]:
    yield cells.cell("at", redaction["at"])
    yield cells.cell("by", redaction["by"])
    yield cells.cell("field", cells.label(redaction["field"]))


def _change(entry: Json, cells: Cells) -> Iterator[str]:
    field = entry["field"]
    yield cells.cell("at", entry["at"])
    yield cells.cell("by", entry["by"])
    yield cells.cell("field", entry.get("label") or cells.label(field))
    for name in ("old", "new"):
        yield cells.cell(field, entry[name], entry["names"])


def _action(entry: Json, labels: Mapping[str, str | None], cells: Cells) -> Iterator[str]:
    """Yield the cells of an activity; ids that only the system knows are left out."""
    whole = join(entry["details"], entry.get("values"))
    details = {name: value for name, value in whole.items() if _is_for_people(name)}
    if package := whole.get("package"):
        details["sha256"] = package["sha256"]
    if changed := whole.get("changed"):
        details["changed"] = [labels.get(name) or cells.label(name) for name in changed]
    yield cells.cell("at", entry["at"])
    yield cells.cell("actor", entry["actor"])
    yield cells.cell("activity_name", cells.label(entry["activity"]))
    yield cells.cell("details", details)


def _is_for_people(name: str) -> bool:
    return name not in _TOO_DEEP and not name.endswith(("_id", "_ids"))


def _heading(cells: Cells, name: str) -> str:
    return f"<h2>{escaped(cells.label(name))}</h2>\n"


def _nothing(cells: Cells) -> str:
    return f"<p>{escaped(cells.words['nothing'])}</p>"
