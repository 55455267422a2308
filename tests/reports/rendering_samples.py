"""An incident as reports show it: the scenario of workplace injuries, in both languages."""

import hashlib
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pypdf import PdfReader

from contracts.projects.queries import AttachedSequence, Call, Comment, ProjectDetails
from contracts.values import Language
from tests.reports.readers import text_of
from workers.reports.rendering.child_process_rendering import RenderedReport
from workers.reports.rendering.content.attached_data import attachments
from workers.reports.rendering.pdf_typesetting import Printer
from workers.reports.rendering.render_input import DataValue, ReportDocument
from workers.reports.rendering.template_content import content
from workers.reports.rendering.text_layer.glyph_text_mapping import separate_texts
from workers.reports.rendering.translated_texts import WORDINGS


class Renderer:
    """Prints reports in this process, as a child process does."""

    def __init__(self, text_layer: Callable[[bytes], bytes] = separate_texts) -> None:
        self._printer = Printer(text_layer)

    def render(self, document: ReportDocument, *, plain: bool = False, stands_alone: bool = True) -> RenderedReport:
        """Make the PDF of a document."""
        report = json.loads(json.dumps(content(document)))
        at = int(document.generated_at.timestamp())
        substituted = WORDINGS[document.language].substituted
        attached = attachments(document) if stands_alone else None
        logo = document.logo.image if document.logo else b""
        pdf, pages = self._printer.print_report(report, substituted, at, plain=plain, attachments=attached, logo=logo)
        return RenderedReport(pdf, pages, hashlib.sha256(pdf).hexdigest())


START = datetime(2022, 2, 10, 8, 33, 33, tzinfo=UTC)
AUTHOR, EDITOR = "agent-dupont", "chief-martin"
MADE: dict[str, Any] = {"created_by": AUTHOR, "created_at": START}
EDITED: dict[str, Any] = {"edited_by": EDITOR, "edited_at": START + timedelta(hours=1)}


def project(**changes: Any) -> ProjectDetails:
    """Make a project that has something in every part."""
    values: dict[str, Any] = {
        **MADE,
        "project_id": UUID(int=1),
        "number": 1042,
        "revision": 17,
        "type_id": 1,
        "status_id": 6,
        "description": "Tombé d'une échelle.\nLes secours sont prévenus.",
        "start_time": START,
        "end_time": None,
        "updated_by": EDITOR,
        "updated_at": START + timedelta(hours=3),
        "imported": False,
        "retention_exempt": True,
        "comments": [comment("L'échelle n'était pas calée.", **EDITED)],
        "calls": [CALL],
        "sequences": [SEQUENCE],
    }
    return ProjectDetails.model_validate({**values, **changes})


def comment(text: str, **changes: Any) -> Comment:
    """Make a comment."""
    return Comment.model_validate({**MADE, "comment_id": UUID(int=2), "text": text, **changes})


CALL = Call(
    **MADE,
    **EDITED,
    call_id=UUID(int=3),
    direction="made",
    at=START,
    party="SAMU",
    number="15",
    duration_seconds=185,
    reference="DRM-8841",
    notes="Ambulance envoyée.",
)
SEQUENCE = AttachedSequence(
    sequence_id=UUID(int=4),
    camera_id="camera-7",
    camera_name="Salle de stockage",
    site="Site nord",
    start=START,
    end=START + timedelta(minutes=10),
    media_expires_at=START + timedelta(days=30),
    added_by=EDITOR,
    added_at=START,
)


def document(language: Language = "en", **changes: Any) -> ReportDocument:
    """Make a document that has something in every part."""
    values: dict[str, Any] = {
        "report_id": UUID(int=5),
        "generated_at": START + timedelta(days=1),
        "timezone": "Europe/Paris",
        "title": "Ville de Neuville",
        "show_user_names": False,
        "project": project(),
        "type_name": "Accident du travail - employé",
        "status_name": "En cours",
        "categories": (("Raison", "Tombé d'une hauteur"), ("Localisation", None)),
        "data": (
            DataValue(label="Nombre de personnes accidentées", kind="integer", value=1),
            DataValue(label="Contact d'urgence notifié ?", kind="checkbox", value=True),
            DataValue(label="Biens endommagés ?", kind="checkbox", value=False),
            DataValue(label="Valeur approximative des biens (USD)", kind="decimal", value="1250.50"),
            DataValue(label="Appel aux secours", kind="datetime", value="2022-02-10T08:36:00+00:00"),
        ),
    }
    return ReportDocument(language=language, **{**values, **changes})


def described(text: str) -> ReportDocument:
    """Make a document that says one text and little else."""
    bare = project(description=text, comments=[], calls=[], sequences=[])
    return document(project=bare, categories=(), data=())


def read(rendered: RenderedReport) -> PdfReader:
    """Open a report."""
    return PdfReader(io.BytesIO(rendered.pdf))


def words(rendered: RenderedReport) -> str:
    """Read all text of a report, with single spaces."""
    return text_of(rendered.pdf)


def squeezed(text: str) -> str:
    """Leave out what a line's end may add or take away."""
    return "".join(text.split())
