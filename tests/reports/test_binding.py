"""One file of many reports: what it shows, where it leads, and in which order."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from tests.reports.binding_samples import FACTS, Binder, Bound, entry, left_out
from tests.reports.readers import inked_glyphs, outside, pages_of, text_of
from workers.common.sandboxed_jobs import Limits, ProcessPool
from workers.reports.batches.entries import entries_of
from workers.reports.binding import pdf_binding
from workers.reports.row_types import LeftProjectRow

PROJECTS = (
    entry(12, "Sac abandonné à la porte 4"),
    left_out("deleted", key=101),
    entry(7, "Chute dans l'escalier"),
    left_out("hidden", key=102),
    entry(1042, None),
)


@pytest.fixture(scope="module")
def binder() -> Binder:
    """Keep one binder for all tests of this file, as a worker does."""
    return Binder()


@pytest.fixture(scope="module")
def bound(binder: Binder) -> Bound:
    """Bind three reports; two projects are left out."""
    return binder.bind(*PROJECTS)


def page_of(pdf: bytes, number: int) -> int:
    """Find the first page of the report of a project, from 1."""
    return next(
        page
        for page, text in enumerate(pages_of(pdf), start=1)
        if "Main details" in text and re.search(rf"Incident no\.\s{number}\b", text)
    )


def links_of(reader: PdfReader) -> Iterator[int]:
    """Where the links of the file lead, as pages from 1."""
    pages = [page.indirect_reference for page in reader.pages]
    for page in reader.pages:
        for annotation in page.get("/Annots", ()):
            yield pages.index(annotation.get_object()["/Dest"][0].get_object().indirect_reference) + 1


def test_each_bookmark_leads_to_its_report(bound: Bound) -> None:
    """The outline has the headings before the reports, then each report with its number and first words."""
    reader = bound.reader()
    items: list[Any] = [mark for mark in reader.outline if not isinstance(mark, list)]
    titles = ["Contents", "Incidents left out", "no.\u00a012 – Sac abandonné à la porte 4"]
    assert [mark.title for mark in items] == [*titles, "no.\u00a07 – Chute dans l'escalier", "no.\u00a01042 – Objet"]
    pages = [(reader.get_destination_page_number(mark) or 0) + 1 for mark in items]
    assert pages == [2, 2, *(page_of(bound.pdf, number) for number in (12, 7, 1042))]


def test_a_report_keeps_its_own_bookmarks(bound: Bound) -> None:
    """The sections of a report are below its bookmark and lead to its pages."""
    reader = bound.reader()
    [first, *_] = [mark for mark in reader.outline if isinstance(mark, list)]
    sections: Any = first
    assert [mark.title for mark in sections][:2] == ["Main details", "Description"]
    assert {(reader.get_destination_page_number(mark) or 0) + 1 for mark in sections} <= {3, 4}


def test_the_contents_name_the_pages(bound: Bound) -> None:
    """Each line of the contents has the number, date, type, description and first page of a report."""
    contents = pages_of(bound.pdf)[1]
    assert f"12 21/11/2026 Objet Sac abandonné à la porte 4 {page_of(bound.pdf, 12)}" in contents
    assert f"7 21/11/2026 Objet Chute dans l'escalier {page_of(bound.pdf, 7)}" in contents
    assert f"1042 21/11/2026 Objet – {page_of(bound.pdf, 1042)}" in contents


def test_the_contents_lead_to_the_pages(bound: Bound) -> None:
    """The description and the page of each line are links to the first page of the report."""
    expected = [page_of(bound.pdf, number) for number in (12, 7, 1042) for _ in range(2)]
    assert list(links_of(bound.reader())) == expected


def test_every_page_has_its_number_in_the_file(bound: Bound) -> None:
    """All pages are numbered through, besides the numbers of each report, and readers call them so, too."""
    pages = pages_of(bound.pdf)
    assert bound.pages == len(pages) == 8
    assert [text.splitlines()[-1] for text in pages] == [f"{number} / 8" for number in range(1, 9)]
    assert [f"Page {1 + place % 2} / 2" in text for place, text in enumerate(pages[2:])] == [True] * 6
    assert bound.reader().page_labels == [str(number) for number in range(1, 9)]


def test_the_number_covers_nothing(bound: Bound) -> None:
    """The number of a page in the file is below all that the page shows, and on the paper."""
    assert not outside(bound.pdf)
    runs = list(inked_glyphs(bound.pdf))
    numbers = [run for run in runs if run.top < 30]
    assert min(run.bottom for run in numbers) > 15
    assert min(run.bottom for run in runs if run not in numbers) > 34


def test_the_texts_are_in_order(bound: Bound) -> None:
    """The front page is first, then the contents, what is left out and the reports in the order asked for."""
    text = text_of(bound.pdf)
    parts = ["Ville de Neuville Incident reports 3 reports", "Contents", "Incident Description Reason"]
    reports = ["Sac abandonné à la porte 4", "Chute dans l'escalier", "No description."]
    places = [text.index(part) for part in parts] + [text.rindex(report) for report in reports]
    assert places == sorted(places)


def test_what_is_left_out_has_its_reason(binder: Binder) -> None:
    """A project without a report in the file is named with the reason."""
    states = ("deleted", "unknown", "hidden")
    known = (left_out("too-large", 5, "Inondation", key=4), left_out("not-typeset", 6, "Panne", key=5))
    text = text_of(binder.bind(entry(1), *(left_out(state, key=key) for key, state in enumerate(states)), *known).pdf)
    assert "Incidents left out 5" in text
    assert "– 00000000-0000-0000-0000-000000000000 It was deleted." in text
    assert "– 00000000-0000-0000-0000-000000000001 It is not known." in text
    assert "It is not visible to the person who generated this file." in text
    assert "no. 5 Inondation It is too large for a report." in text
    assert "no. 6 Panne Its report could not be typeset." in text


def test_a_deleted_project_is_named_by_its_number(binder: Binder) -> None:
    """The number that a deleted project had stands where numbers stand, and no id under the description."""
    gone, limited, unknown = UUID(int=7), UUID(int=9), UUID(int=8)
    rows = {
        gone: LeftProjectRow(project_id=gone, number=7, restricted=False),
        limited: LeftProjectRow(project_id=limited, number=9, restricted=True),
    }
    entries = entries_of([gone, limited, unknown], [], rows)
    assert [(each["number"], each["state"]) for each in entries] == [
        (7, "deleted"),
        (9, "restricted"),
        (None, "unknown"),
    ]
    text = text_of(binder.bind(entry(1), left_out("deleted", 7, None, key=7), language="fr").pdf)
    assert "n° 7 – Il a été supprimé." in text
    assert str(gone) not in text
    assert text.count("Incidents omis") == 2


def test_a_file_speaks_french(binder: Binder) -> None:
    """All texts around the reports are in the language asked for."""
    bound = binder.bind(entry(1), left_out("unknown"), language="fr", author="agent-dupont")
    text = text_of(bound.pdf)
    texts = ("Rapports d'incident 1 rapport", "Établi par agent-dupont", "Sommaire", "Il est inconnu.")
    assert [words for words in texts if words not in text] == []
    root: Any = bound.reader().root_object
    assert root["/Lang"] == "fr"


def test_the_front_page_says_when_and_by_whom(binder: Binder) -> None:
    """The time has its zone and offset; a name is there only if it may be shown."""
    shown, hidden = (binder.bind(entry(1), author=author) for author in ("agent-dupont", None))
    assert "Generated 27/11/2026 17:09:33 (Europe/Zurich, UTC+01:00) Generated by agent-dupont" in text_of(shown.pdf)
    assert "Generated by" not in text_of(hidden.pdf)
    assert "16:09:33 (UTC)" in text_of(binder.bind(entry(1), timezone="UTC").pdf)
    info = shown.reader().metadata
    assert info is not None
    assert info.author == "agent-dupont"
    assert b"agent-dupont" not in hidden.pdf


def test_the_file_has_a_title(bound: Bound) -> None:
    """A reader shows the title, language and time of the whole file, not those of a report."""
    reader = bound.reader()
    metadata, info = reader.xmp_metadata, reader.metadata
    assert metadata is not None
    assert info is not None
    root: Any = reader.root_object
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert info.title == (metadata.dc_title or {})["x-default"] == "Incident reports – Ville de Neuville"
    assert info.creation_date is not None
    assert int(info.creation_date.timestamp()) == FACTS["at"]
    assert metadata.dc_language == ["en"]


def test_a_file_without_reports_says_so(binder: Binder) -> None:
    """A file of projects that are all left out is made, too."""
    bound = binder.bind(left_out("deleted"))
    assert "0 reports" in text_of(bound.pdf)
    assert "This file contains no report." in text_of(bound.pdf)
    assert bound.pages == 2
    assert bound.conformance == "PDF/A-3a"


def test_each_page_of_the_contents_has_the_head(binder: Binder) -> None:
    """The head of the table is on each page, and each project takes one line, however long its description is."""
    texts = ("Sac", "Ein sehr langer Satz, der nicht endet " * 9, "W" * 200, "שלום עולם " * 40, "\u202e" * 90)
    long, short = (
        binder.bind(*(entry(number, texts[number % kinds]) for number in range(1, 51))) for kinds in (len(texts), 1)
    )
    pages = [page.extract_text() for page in long.reader().pages]  # Chrome writes out an ellipsis after Hebrew
    heads = [text.count("No. Created Type Description Page") for text in pages[:4]]
    assert heads == [0, 1, 1, 0]
    assert long.pages == short.pages
    assert not outside(long.pdf)


def test_the_same_projects_give_the_same_bytes(binder: Binder, bound: Bound) -> None:
    """A file depends on its input alone."""
    binder.bind(entry(3, "Autre chose"))
    assert binder.bind(*PROJECTS).pdf == bound.pdf


async def test_a_child_process_binds(binder: Binder, bound: Bound) -> None:
    """The job runs in a child process within its limits, and returns the same bytes."""
    listed, *reports = binder.data(*PROJECTS)
    front_job, job, check_job = (
        f"{pdf_binding.__name__}:{function.__name__}"
        for function in (pdf_binding.front_job, pdf_binding.job, pdf_binding.check_job)
    )
    async with ProcessPool(Limits()).open() as pool:
        front = await pool.call(front_job, FACTS, [listed])
        reply = await pool.call(job, FACTS, [listed, *front.data, *reports])
        check = await pool.call(check_job, {}, reply.data)
    assert reply.facts == {"pages": 8}
    assert check.facts == {"conformance": "PDF/A-3a"}
    assert reply.data == [bound.pdf]


def test_a_report_with_other_pages_is_refused(binder: Binder) -> None:
    """A report with another number of pages than its entry says would make the contents wrong."""
    listed, report = binder.data(entry(1))
    with pytest.raises(ValueError, match="another number of pages"):
        pdf_binding.job(
            FACTS,
            [listed.replace(b'"pages": 2', b'"pages": 3'), *pdf_binding.front_job(FACTS, [listed]).data, report],
        )


def test_what_reports_share_is_there_once(binder: Binder) -> None:
    """The colours of all reports are in the file once."""
    single, triple = (binder.bind(*map(entry, range(1, count + 1))).pdf for count in (1, 3))
    assert single.count(b"/N 3/Range") == triple.count(b"/N 3/Range") == 1


def test_every_page_has_the_line_of_the_organisation(binder: Binder) -> None:
    """The front page and the contents, which have descriptions, are as confidential as the reports."""
    pages = pages_of(binder.bind(*PROJECTS, confidentiality="Réservé à la police").pdf)
    assert ["Réservé à la police" in page for page in pages[:2]] == [True, True]
