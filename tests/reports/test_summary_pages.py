"""The pages of a summary: for archives, for readers who do not see them, and for whatever people have typed."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.report_summaries import Comparison
from contracts.summary_data import GroupFigures
from tests.reports.readers import text_of
from tests.reports.summary_samples import KEY, TYPES, SummaryPrinter, group, grouping, summary
from tests.reports.test_accessibility import elements, scopes
from workers.reports.summary_layout.figure_tables import GROUPS_SHOWN_MAX

HOSTILE = (
    "a" * 180,
    "line\nbreak \x07\u202e reversed",
    "سرقة في المستودع",
    "盗難と破壊行為" * 8,
    "👮‍♀️ #set text(fill: red) \\ $x$ *bold* <label> @cite",
)


@pytest.fixture(scope="module")
def printer() -> SummaryPrinter:
    """Keep one printer for all tests of this file, as a child process does."""
    return SummaryPrinter()


def test_a_summary_is_for_archives_and_for_everybody(printer: SummaryPrinter) -> None:
    """It keeps PDF/A-3a and PDF/UA-1, says its title, and is tagged in its language."""
    root: Any = PdfReader(io.BytesIO(printer.print(summary(language="fr")).pdf)).root_object
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part>1<", xmp)
    assert re.search(r"pdfaid:part>3<.*pdfaid:conformance>A<", xmp, re.DOTALL)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"].value is True


def test_the_chart_has_a_text_in_its_place(printer: SummaryPrinter) -> None:
    """The trend has a text for readers who do not see it; everything else is a table whose rows have headers."""
    root: Any = PdfReader(io.BytesIO(printer.print(summary()).pdf)).root_object
    parts = list(elements(root["/StructTreeRoot"]))
    [figure] = [part for part in parts if part["/S"] == "/Figure"]
    assert "Bar chart of new incidents by day: 31 intervals, at least 0 and at most 8 in one" in figure["/Alt"]
    rows = [[cell.get_object() for cell in part["/K"]] for part in parts if part["/S"] == "/TR"]
    heads = [row for row in rows if all(cell["/S"] == "/TH" and scopes(cell) == ["/Column"] for cell in row)]
    others = [row for row in rows if row not in heads]
    assert len([part for part in parts if part["/S"] == "/Table"]) == len(heads) + 1  # the last one is of labels
    assert {scope for row in others for scope in scopes(row[0])} == {"/Row"}
    assert {cell["/S"] for row in others for cell in row[1:]} == {"/TD"}


def test_the_data_is_attached(printer: SummaryPrinter) -> None:
    """The figures are the data of the file, and their schema supplements it."""
    reader = PdfReader(io.BytesIO(printer.print(summary()).pdf))
    assert sorted(reader.attachments) == ["summary.json", "summary.schema.json"]
    related: Any = reader.root_object["/AF"]
    relations = {each.get_object()["/UF"]: each.get_object()["/AFRelationship"] for each in related}
    assert relations == {"summary.json": "/Data", "summary.schema.json": "/Supplement"}


def test_many_values_are_the_first_and_the_others(printer: SummaryPrinter) -> None:
    """The commonest have a row each, and the rest have one together; all of them are in the data."""
    values: list[GroupFigures] = [group(f"Type {number}", 100 - number, 2) for number in range(30)]
    text = text_of(printer.print(summary(groupings=[grouping(*values)])).pdf)
    others = values[GROUPS_SHOWN_MAX:]
    assert f"Type {GROUPS_SHOWN_MAX - 1} " in text
    assert f"Type {GROUPS_SHOWN_MAX} " not in text
    created = sum(value.created for value in others)
    assert f"{len(others)} others {created:,} " in text


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("is_plain", [False, True])
def test_no_name_stops_a_summary(printer: SummaryPrinter, name: str, is_plain: bool) -> None:
    """Names, titles and labels of any script and length are printed as they are."""
    groupings = [grouping(group(name, 3)), grouping(group(name, 3), field="category_1", label=name)]
    data = summary(title=name, organisation=name, groupings=groupings, place=name)
    printed = printer.print(data, plain=is_plain, confidentiality=name)
    assert printed.pages >= 1
    assert text_of(printed.pdf)


def test_the_same_data_gives_the_same_bytes(printer: SummaryPrinter) -> None:
    """A file can be made again."""
    assert printer.print(summary()).pdf == SummaryPrinter().print(summary()).pdf


def test_the_short_text_says_what_matters(printer: SummaryPrinter) -> None:
    """The number and its change, what was closed, the most frequent type, and the busiest hour."""
    text = text_of(printer.print(summary(), confidentiality="Management only").pdf)
    for sentence in (
        "Management only",
        "123 incidents were created in this period, 19 more than in the period compared.",
        "98 incidents were closed; 41 remained open at the end.",
        "The most frequent type was “Theft” (80).",
        "Most incidents were created on Friday from 17:00 to 18:00 (12).",
        "Period before 104 98 41 2 d 4 h 7 d 2 h Change +19 (+18%) 0 0 0 0",
        "Theft 80 65% 60 +20 Fire 40 33% 50 \u221210 (none) 3 2% 0 +3",
        "Theft 70 1 h 1 d 1 h Fire 20 10 min 20 min",
        "Theft Gate 4 14 9 +5",
    ):
        assert sentence in text


def test_without_comparison_nothing_is_compared(printer: SummaryPrinter) -> None:
    """There is no column for another period, and no change."""
    groupings = [TYPES.model_copy(update={"groups": [group("Theft", 80, None)]})]
    changes: dict[str, Any] = {"compare": Comparison.NONE, "compared": None, "figures_before": None}
    text = text_of(printer.print(summary(**changes, groupings=groupings, recurrences=[])).pdf)
    for word in ("Before", "before 104", "Change", "Compared"):
        assert word not in text
    assert "Theft 80 65% " in text


def test_large_numbers_are_written_for_people(printer: SummaryPrinter) -> None:
    """Thousands are apart, and a French percentage keeps its sign."""
    key = KEY.model_copy(update={"created": 1_234_567})
    data = summary(figures=key, groupings=[grouping(group("Vol", 1_234_567, 1))], language="fr")
    text = text_of(printer.print(data).pdf)
    assert "1 234 567 incidents ont été créés pendant cette période, soit 1 234 463 de plus" in text
    assert "Vol 1 234 567 100 % 1 +1 234 566" in text
