"""The data that a report has with it as a file."""

import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.projects.queries import Hold
from contracts.report_data import ReportData
from tests.reports.rendering_samples import AUTHOR, EDITOR, START, Renderer, document, project
from workers.reports.rendering.render_input import CommentChange, ProjectFile

HOLD = Hold(held_by=EDITOR, held_at=START, reason="The police asked for it.")
CHANGE = CommentChange(comment_id=UUID(int=2), at=START, by=EDITOR, text="It was upright.")
FILE = ProjectFile(id=UUID(int=7), at=START, by=AUTHOR)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


def attached(renderer: Renderer, **changes: Any) -> dict[str, Any]:
    """Return the files that a report has with it, by their names."""
    more: dict[str, Any] = {
        "project": project(hold=HOLD),
        "comment_changes": (CHANGE,),
        "earlier_reports": (FILE,),
        "author": AUTHOR,
    }
    reader = PdfReader(io.BytesIO(renderer.render(document(**{**more, **changes})).pdf))
    return {name: json.loads(data[0]) for name, data in reader.attachments.items()}


def test_a_report_has_its_data_with_it(renderer: Renderer) -> None:
    """A program reads from the attached data what a person reads on the pages."""
    data = attached(renderer, show_user_names=True)["incident.json"]
    read = ReportData.model_validate(data, strict=False)
    assert read.project.description == project().description
    assert read.project.hold == HOLD
    assert [sequence.media for sequence in read.project.sequences or ()] == ["available"]
    assert [field.label for field in read.data][:1] == ["Nombre de personnes accidentées"]
    assert read.comment_revisions[0].text == "It was upright."
    assert read.earlier_reports[0].by == AUTHOR
    assert read.generated_at == START + timedelta(days=1)


def test_the_data_has_its_schema_with_it(renderer: Renderer) -> None:
    """The schema names every field of the data, and requires those without a default."""
    files = attached(renderer)
    schema, data = files["incident.schema.json"], files["incident.json"]
    assert set(schema["properties"]) == set(data)
    assert set(schema["$defs"]["ProjectDetails"]["properties"]) == set(data["project"])


def test_hidden_names_are_not_in_the_data(renderer: Renderer) -> None:
    """Where the pages hide the names of users, so does the data."""
    data = attached(renderer)["incident.json"]
    assert [name for name in (AUTHOR, EDITOR) if name in json.dumps(data)] == []
    assert data["generated_by"] is None


def test_the_file_says_what_it_has_with_it(renderer: Renderer) -> None:
    """The data is marked as the data of the document, its schema as an addition to it, each with a description."""
    root: Any = PdfReader(io.BytesIO(renderer.render(document("fr")).pdf)).root_object
    files = {file.get_object()["/UF"]: file.get_object() for file in root["/AF"]}
    relations = {name: file["/AFRelationship"] for name, file in files.items()}
    assert relations == {"incident.json": "/Data", "incident.schema.json": "/Supplement"}
    assert files["incident.json"]["/Desc"] == "Les données de ce rapport, en JSON"
    assert files["incident.json"]["/EF"]["/F"]["/Subtype"] == "/application/json"


def test_a_report_that_is_bound_has_no_data(renderer: Renderer) -> None:
    """A report that becomes part of a bound file has no attachment."""
    assert PdfReader(io.BytesIO(renderer.render(document(), stands_alone=False).pdf)).attachments == {}


def test_any_text_is_the_same_in_the_data(renderer: Renderer) -> None:
    """What cannot be printed, or looks like a part of the file, is in the data as it was written."""
    text = "\u202eabc\u0000 \U0001f600 \nendobj\n\n7 0 obj\n<</Type/Pages/Count 99/Kids[]>>"
    rendered = renderer.render(document(project=project(description=text)))
    data = json.loads(PdfReader(io.BytesIO(rendered.pdf)).attachments["incident.json"][0])
    assert data["project"]["description"] == text
    assert rendered.pages < 9
