"""Files of several reports, bound in this process as a child process does."""

import io
import json
from typing import Any, NamedTuple, cast
from uuid import UUID

from pypdf import PdfReader

from tests.reports.rendering_samples import Renderer, document, project
from workers.reports.binding.front_content import Entry
from workers.reports.binding.pdf_binding import check_job, front_job, job
from workers.reports.rendering.render_input import Logo

FACTS: dict[str, Any] = {
    "language": "en",
    "timezone": "Europe/Zurich",
    "at": 1_795_795_773,
    "title": "Ville de Neuville",
    "author": None,
    "purpose": [],
}


class Bound(NamedTuple):
    """A bound file, and what its job says about it."""

    pdf: bytes
    pages: int
    conformance: str | None

    def reader(self) -> PdfReader:
        """Open the file."""
        return PdfReader(io.BytesIO(self.pdf))


def entry(number: int | None, description: str | None = "Sac abandonné", **changes: Any) -> Entry:
    """Make a project whose report is included."""
    values: Any = {
        "project_id": str(UUID(int=number or 0)),
        "number": number,
        "state": "included",
        "created_at": "2026-11-20T23:10:00+00:00",
        "description": description,
        "type": "Objet",
        "status": "En cours",
        "pages": 0,
    }
    return cast("Entry", {**values, **changes})


def left_out(state: str, number: int | None = None, description: str | None = None, key: int = 0) -> Entry:
    """Make a project that is not in the file."""
    return entry(number, description, state=state, project_id=str(UUID(int=key)), created_at=None, type=None)


class Binder:
    """Renders the report of each project and binds them."""

    def __init__(self, logo: Logo | None = None) -> None:
        self._renderer = Renderer()
        self._logo = logo

    def data(self, *entries: Entry, language: Any = "en") -> list[bytes]:
        """Return the data of a job."""
        listed, reports = [], []
        for project_entry in entries:
            pages = 0
            if project_entry["state"] == "included":
                details = project(number=project_entry["number"] or 0, description=project_entry["description"])
                report = self._renderer.render(document(language, project=details, logo=self._logo), stands_alone=False)
                pages = report.pages
                reports.append(report.pdf)
            listed.append({**project_entry, "pages": pages})
        return [json.dumps(listed).encode(), *reports]

    def bind(self, *entries: Entry, **facts: Any) -> Bound:
        """Bind the reports of some projects."""
        logo = self._logo
        facts = {**FACTS, "logo": logo.content() if logo else None, **facts}
        listed, *reports = self.data(*entries, language=facts["language"])
        result = job(facts, [listed, *front_job(facts, [listed, *([logo.image] if logo else [])]).data, *reports])
        return Bound(result.data[0], result.facts["pages"], check_job({}, result.data).facts["conformance"])
