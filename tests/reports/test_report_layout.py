"""How a report is laid out: what is left out, what stays together, and what each page says."""

import re
from uuid import UUID

import pytest

from tests.reports.readers import pages_of
from tests.reports.rendering_samples import CALL, SEQUENCE, Renderer, comment, document, project, words
from workers.reports.rendering.render_input import ReportDocument

SENTENCE = "The guard at gate 4 reported a bag next to the ticket machine, and the area was cleared. "
FOOTER = re.compile(r"Report [0-9a-f-]{36}")
HEADINGS = re.compile(
    r"(Main details|Description|Categories|Incident data|Comments|Calls|Sequences|About this report|Signatures"
    r"|\d+\. .*|Camera Start End.*)"
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


def empty() -> ReportDocument:
    """An incident that nobody has described, at a site with categories and data fields."""
    bare = project(description="", start_time=None, retention_exempt=False, comments=[], calls=[], sequences=[])
    return document(project=bare, type_name=None, status_name=None, categories=(("Reason", None),), data=())


def of_length(sentences: int) -> ReportDocument:
    """A report whose calls and sequences begin further down with each sentence."""
    details = project(comments=[comment(SENTENCE * sentences)], calls=[CALL] * 3, sequences=[SEQUENCE] * 4)
    return document(project=details)


def bodies(pdf: bytes) -> list[list[str]]:
    """The lines of each page above its footer."""
    pages = [page.splitlines() for page in pages_of(pdf)]
    return [lines[: max(at for at, line in enumerate(lines) if FOOTER.match(line))] for lines in pages]


def test_an_empty_incident_fits_on_a_page(renderer: Renderer) -> None:
    """Only what was set is printed: an empty incident fits on one page, and one line names what it lacks."""
    rendered = renderer.render(empty())
    [lines] = bodies(rendered.pdf)
    assert "No description. No category. No incident data. No comment. No call. No sequence." in lines
    assert [label for label in ("Type", "Status", "Start", "End", "Reason", "Calls", "–") if label in lines] == []
    assert len(lines) < 25


def test_a_field_without_a_value_is_left_out(renderer: Renderer) -> None:
    """Of categories and main details only those with a value are printed; a box that is not ticked has one."""
    text = words(renderer.render(document()))
    assert "Localisation" not in text
    assert " End 1" not in text
    assert "Biens endommagés ? No" in text


@pytest.mark.parametrize("sentences", range(2, 26, 2))
def test_nothing_stands_alone(renderer: Renderer, sentences: int) -> None:
    """Wherever a page ends, no heading or head of an entry or table is its last line, and each call is on one page."""
    pdf = renderer.render(of_length(sentences)).pdf
    pages = bodies(pdf)
    assert [lines[-1] for lines in pages if HEADINGS.fullmatch(lines[-1].strip())] == []
    assert "Revision of the project 17" in pages[-1]
    parts = [["\n".join(lines).count(part) for part in ("Call made", "DRM-8841", "Ambulance")] for lines in pages]
    assert [counts for counts in parts if len(set(counts)) > 1] == []


def test_a_long_report_has_contents_and_names_its_sections(renderer: Renderer) -> None:
    """From ten pages on the first page lists the sections, and each further page names the one that it shows."""
    many = [comment(SENTENCE * 20, comment_id=UUID(int=place)) for place in range(30)]
    first, *others = bodies(renderer.render(document(project=project(comments=many, sequences=[SEQUENCE] * 60))).pdf)
    assert len(others) >= 9
    contents = [line for line in first if re.fullmatch(r".*\. ?\d+", line)]
    assert [line.split(" .")[0] for line in contents][4:7] == ["Comments", "Calls", "Sequences"]
    of_sequences = [lines[0] for lines in others if "Salle de stockage" in lines][1:]
    assert all(line.endswith("Sequences") for line in of_sequences)
    assert others[2][0].endswith("Comments")


def test_a_short_report_has_no_contents(renderer: Renderer) -> None:
    """A report of fewer than ten pages has no contents list, and its pages name the title."""
    _, second = bodies(renderer.render(document()).pdf)
    text = words(renderer.render(document()))
    assert "Contents" not in text
    assert second[0].endswith("Ville de Neuville")


def test_every_report_says_where_it_ends(renderer: Renderer) -> None:
    """The last line of a report says that it is the last one, in either language."""
    assert bodies(renderer.render(document()).pdf)[-1][-1].strip(" —") == "End of the report"
    assert "Fin du rapport" in words(renderer.render(document("fr")))


def test_a_confidential_report_says_so_on_each_page(renderer: Renderer) -> None:
    """The line of the organisation is at the head of each page."""
    pages = pages_of(renderer.render(document(confidentiality="For the police only")).pdf)
    assert len(pages) == len([page for page in pages if "For the police only" in page]) == 2


def test_signatories_have_lines_to_sign_on(renderer: Renderer) -> None:
    """Each signatory has a place for name, date and signature; without signatories there is none."""
    text = words(renderer.render(document(signatories=("Author", "Head of security"))))
    lines = "Name Place and date Signature"
    assert f"Signatures Author {lines} Head of security {lines}" in text
    assert "Signature" not in words(renderer.render(document()))
