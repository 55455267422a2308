"""The first page of a package of several projects, which leads to the page of each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from contracts.projects.exports import OmittedProject
from workers.projects.packages.page import framed, purpose_rows, recordings_words
from workers.projects.packages.page_cells import Cells, escaped, isolated
from workers.projects.packages.readme import wording

Json = Mapping[str, Any]

_COLUMNS: Final = ("number", "type_id", "status_id", "description", "created_at", "revision", "collected_at", "report")


def page(package: Json, rows: Sequence[Json], left_out: Sequence[OmittedProject], language: str) -> str:
    """Return the page of a package with these projects, which names those that it lacks."""
    words = wording("page", language)
    cells = Cells.of(words, package["timezone"], language)
    return framed(words["list title"], "\n".join(_parts(package, rows, left_out, cells)), language)


def _parts(package: Json, rows: Sequence[Json], left_out: Sequence[OmittedProject], cells: Cells) -> Iterator[str]:
    words = cells.words
    yield f"<p>{escaped(words['list what'])} {escaped(words[recordings_words(package['media_files'] > 0)])}</p>"
    yield cells.facts(purpose_rows(package, cells))
    yield f"<p>{escaped(words['zone'].format(zone=package['timezone']))}</p>"
    yield f'<p class="note">{escaped(words["check"])}</p>'
    yield f"<h2>{escaped(words['projects'])}</h2>\n" + cells.table(_COLUMNS, ([*_row(row, cells)] for row in rows))
    if left_out:
        yield f"<h2>{escaped(words['left out'])}</h2>\n"
        yield cells.facts((_name_of(each), words[f"omitted {each.reason}"]) for each in left_out)


def _row(row: Json, cells: Cells) -> Iterator[str]:
    yield f"<td>{_link(row['folder'] + 'index.html', str(row['number']))}</td>"
    for name in _COLUMNS[1:-1]:
        yield cells.cell("text" if name.endswith("_id") else name, row[name])
    if row["report_revision"] is not None:
        yield f"<td>{_link(row['folder'] + 'report.pdf', 'report.pdf')}</td>"
    else:
        reason = f"no report {row['no_report']}" if row["no_report"] else "none"
        yield f"<td>{escaped(cells.words[reason])}</td>"


def _link(target: str, text: str) -> str:
    return f'<a href="{quote(target)}">{isolated(text)}</a>'


def _name_of(project: OmittedProject) -> str:
    return str(project.number or project.project_id)
