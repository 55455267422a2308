"""Templates of an organisation: what they can do, what they cannot, and what the page about them promises."""

import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.reports.picture_samples import png
from tests.reports.readers import text_of
from tests.reports.rendering_samples import Renderer, document
from workers.common.sandboxed_jobs import Limits, ProcessPool
from workers.reports.design.sample_reports import empty_report, full_report
from workers.reports.design.template_rendering import TemplateError, render_in_form, render_with
from workers.reports.rendering.child_process_rendering import RenderedReport
from workers.reports.rendering.render_input import Logo, ReportDocument, Template
from workers.reports.rendering.template_content import content

PAGE = Path("docs/report-template.md").read_text("utf-8")
[EXAMPLE] = re.findall(r"```typst\n(.*?)```", PAGE, re.DOTALL)
HEAD = '#import "incident.typ": *\n#show: incident-report\n#title(report.subtitle)\n'
_DEEP = "#let f() = { let i = 0; while i < 9999 { let j = 0; while j < 9999 { j += 1 }; i += 1 } }\n#f()"


@pytest.fixture(autouse=True)
async def _pool() -> AsyncIterator[None]:
    """Child processes as a worker has them."""
    async with ProcessPool(Limits(memory_bytes=300 * 1024 * 1024)).open():
        yield


def template(source: str) -> Template:
    """Make a template."""
    return Template(source.encode(), 3, "0" * 64, "admin", datetime(2026, 1, 31, tzinfo=UTC))


async def report_with(source: str, report: ReportDocument, *, stands_alone: bool = True) -> RenderedReport:
    """Print a report with a template."""
    return await render_with(template(source), report, stands_alone=stands_alone)


@pytest.mark.parametrize("report", [full_report(), full_report("fr"), empty_report(), empty_report("en")])
async def test_the_example_of_the_page_makes_reports(report: ReportDocument) -> None:
    """The documented example shows everything that the standard form shows, alone and bound, under both standards."""
    pdf = (await report_with(EXAMPLE, report)).pdf
    shown, expected = set(text_of(pdf).split()), set(text_of(Renderer().render(report).pdf).split())
    assert {word for word in expected - shown if len(word) > 5 and word.isalpha()} <= {"security"}, "it has a colon"
    reader = PdfReader(io.BytesIO(pdf))
    assert sorted(reader.attachments) == ["incident.json", "incident.schema.json"]
    assert b"<pdfuaid:part>1" in reader.root_object["/Metadata"].get_object().get_data()  # type: ignore[union-attr] # it is a stream
    assert (await report_with(EXAMPLE, report, stands_alone=False)).pages >= 1


async def test_a_template_has_the_logo() -> None:
    """The logo is one word of a template."""
    report = document(logo=Logo(png(40, 20), 40, 20, "Arms"))
    first = PdfReader(io.BytesIO((await report_with(EXAMPLE, report)).pdf)).pages[0]
    assert len(first.images) == 1


def test_the_page_names_all_data() -> None:
    """What a template gets is documented, field by field."""
    named = set(re.findall(r"`([a-z]+)`", PAGE))
    data = content(full_report())
    assert set(data) <= named
    assert {field for section in data["sections"] for field in section} <= named


async def test_the_same_input_gives_the_same_bytes() -> None:
    """A template is as repeatable as the standard form."""
    assert (await report_with(EXAMPLE, full_report())).sha256 == (await report_with(EXAMPLE, full_report())).sha256


@pytest.mark.parametrize(
    "source, words",
    [
        ("#let x = (", "unclosed delimiter (line 4, column 9)"),
        ('#read("/etc/passwd")', "file not found"),
        ('#read("../report.typ")', "would escape"),
        ('#read("/../../worker.py")', "would escape"),
        ('#image("/logo.png")', "file not found"),
        ('#import "@preview/cetz:0.2.0"', "failed to download package"),
        ('#import "@local/cetz:0.2.0"', "package not found"),
        ("#while true {}", "condition is always true"),
        ("#let f(x) = f(x + 1)\n#f(0)", "depth exceeded"),
        ("#for i in range(1200) { pagebreak(); [x] }", "more than 1000 pages"),
        ("#text(lang: 3)[x]", "expected string"),
        ('#panic("x" * 400)', "xxx"),
    ],
)
async def test_a_template_reads_nothing_and_ends(source: str, words: str) -> None:
    """Files, packages, endless loops and long output are refused with the typesetter's words."""
    with pytest.raises(TemplateError) as error:
        await report_with(HEAD + source, full_report())
    assert (error.value.failure, words in error.value.detail) == ("not-typeset", True), error.value.detail
    assert "/workers/" not in error.value.detail
    assert not set("│┌─\n") & set(error.value.detail)
    assert len(error.value.detail) <= 300


@pytest.mark.parametrize(
    "source, failure",
    [('#let s = "x" * 1000000000\n#(s + "a", s + "b").len()', "memory"), (_DEEP, "time")],
    ids=["memory", "time"],
)
@pytest.mark.timeout(200)
async def test_a_template_has_limits(source: str, failure: str) -> None:
    """Whatever needs more memory or more time than it has ends with its process alone."""
    with pytest.raises(TemplateError) as error:
        await report_with(HEAD + source, full_report())
    assert error.value.failure == failure


@pytest.mark.parametrize(
    "source",
    [
        '#link("report:0")[x]',
        '#set page(numbering: "1")\n[x]',
        '#pdf.attach("/a", bytes("x"), relationship: "data", mime-type: "a/b", description: "x")',
    ],
)
async def test_what_cannot_be_bound_is_refused(source: str) -> None:
    """A link as the contents list has would lead elsewhere, and binding would lose what it does not know."""
    with pytest.raises(TemplateError) as error:
        await report_with(HEAD + source, full_report(), stands_alone=False)
    assert "cannot be bound with others: number its pages in the footer" in error.value.detail


async def test_a_failed_template_never_costs_a_report() -> None:
    """Where the template fails, the report has the standard form, to the byte, and says why."""
    report = document(template=template(HEAD + '#if report.number.ends-with("1042") { panic("no") }'))
    formed = await render_in_form(report, stands_alone=True)
    assert formed.template is None
    assert formed.failure == "not-typeset"
    assert formed.report.sha256 == Renderer().render(document()).sha256
    other = await render_in_form(document(template=template(HEAD)), stands_alone=True)
    assert other.template == template(HEAD)
    assert other.failure is None
