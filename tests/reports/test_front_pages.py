"""The front page that a template has for bound reports: what it can do, and what it cannot spoil."""

import io
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.values import Language
from tests.reports.binding_samples import Binder, entry, left_out
from tests.reports.picture_samples import png
from tests.reports.readers import pages_of
from tests.reports.test_binding import links_of, page_of
from tests.reports.test_templates import EXAMPLE, PAGE, template
from workers.common.sandboxed_jobs import Limits, ProcessPool, Reply
from workers.reports.binding.front_content import FrontMatter
from workers.reports.binding.pdf_binding import check_job, front_of, job
from workers.reports.design.sample_reports import full_front
from workers.reports.design.template_rendering import TemplateError, print_front_with

HEAD = '#import "incident.typ": *\n#show: incident-report.with(front-page: front => {0})\n#title(report.subtitle)\n'
PROJECTS = (entry(12), left_out("deleted", key=101), entry(7))


@pytest.fixture(autouse=True)
async def _pool() -> AsyncIterator[None]:
    """Child processes as a worker has them."""
    async with ProcessPool(Limits()).open():
        yield


@pytest.fixture(scope="module")
def binder() -> Binder:
    """Keep one binder for all tests of this file, as a worker does."""
    return Binder()


def with_front(body: str) -> str:
    """Return a template whose front page is this content."""
    return HEAD.replace("{0}", body)


async def front_with(source: str, language: Language = "en", **facts: Any) -> Reply | None:
    """Print the pages before the reports of a sample."""
    sample, entries = full_front(language)
    logo = [png(40, 20)] if facts.get("logo") else []
    return await print_front_with(template(source), {**sample, **facts}, [json.dumps(entries).encode(), *logo])


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_example_has_a_front_page(language: Language) -> None:
    """It shows what the standard one shows, and the lists follow on a page of their own with the line of all pages."""
    facts = {"logo": {"alt": "Arms", "width": 2.0, "height": 1.0}}
    reply = await front_with(EXAMPLE, language, **facts)
    assert reply is not None
    front, contents = pages_of(reply.data[0])
    assert [word for word in ("Harbour Security", "PV 4/2026", "Art. 265 CPP", "olivia") if word not in front] == []
    assert "A bag was left at gate 4." in contents
    assert "A bag" not in front
    assert [page.count("For the police only") for page in (front, contents)] == [1, 1]


def test_the_page_names_the_data_of_front_pages() -> None:
    """What a front page gets is documented, field by field."""
    named = set(re.findall(r"`([a-z]+)`", PAGE.partition("## The front page")[2]))
    facts, entries = full_front()
    front: FrontMatter = front_of(facts, json.dumps(entries).encode())
    assert set(front.content()) <= named


async def test_a_template_without_a_front_page_is_no_fault() -> None:
    """Then the pages are the standard ones."""
    assert await front_with('#import "incident.typ": *\n#show: incident-report\n#title(report.subtitle)') is None


@pytest.mark.parametrize(
    "body",
    [
        "[Ours #pagebreak() and more #counter(page).update(40)]",
        '{ set page(paper: "a5", header: none); [Ours] }',
        "[= Ours]",
    ],
    ids=["numbers of its own", "a page of its own", "a heading"],
)
async def test_the_contents_lead_to_the_reports_whatever_is_before(binder: Binder, body: str) -> None:
    """Pages are numbered as they are, each line leads to its report, and the file keeps PDF/A."""
    listed, *reports = binder.data(*PROJECTS)
    facts = full_front()[0]
    reply = await print_front_with(template(with_front(body)), facts, [listed])
    assert reply is not None
    bound = job(facts, [listed, *reply.data, *reports])
    [pdf] = bound.data
    front, *others = pages_of(pdf)
    assert "Ours" in front
    assert check_job({}, [pdf]).facts["conformance"] == "PDF/A-3a"
    contents = next(page for page in others if "Contents" in page)
    assert [f"Sac abandonné {page_of(pdf, number)}" in contents for number in (12, 7)] == [True, True]
    reader = PdfReader(io.BytesIO(pdf))
    assert list(links_of(reader)) == [page_of(pdf, number) for number in (12, 7) for _ in range(2)]


@pytest.mark.parametrize(
    "body, words",
    [
        ('panic("not today")', "not today"),
        ('read("/etc/passwd")', "file not found"),
        ('image("/../pdf_typesetting.py")', "would escape"),
        ('[#link("report:0")[x]]', "cannot be bound"),
        ('{ set page(numbering: "1"); [x] }', "cannot be bound"),
        ("[x <last-page-before-reports>]", "label"),
        ("front.password", "does not contain key"),
        ('{ import "@preview/cetz:0.2.0": canvas }', "failed to download package"),
        ("range(1200).map(n => [x #pagebreak()]).join()", "more than 1000 pages"),
    ],
)
async def test_a_front_page_that_cannot_be_made_says_why(body: str, words: str) -> None:
    """It reads nothing, and spoils no bound file."""
    with pytest.raises(TemplateError) as error:
        await front_with(with_front(body))
    assert (error.value.failure, words in error.value.detail) == ("not-typeset", True), error.value.detail
