"""Tables: for people in every width, whole in a pipe, and as CSV for spreadsheets."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from incidents.terminal.printing import Screen
from incidents.terminal.tables.layout import UNBOUNDED
from incidents.terminal.tables.sheet import Cell, Sheet, facts, one_line, paragraph, table

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ID = "0190a000-0000-7000-8000-000000000001"
WORDS = st.text(st.characters(exclude_categories=["C"]), max_size=80) | st.sampled_from(
    [
        "可疑包裹在北门 " * 12,
        "👩‍👩‍👧‍👦 🚒🚑" * 9,
        "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz " * 3,
    ]
)


def render(sheet: Sheet, width: int) -> list[str]:
    """Print on a place of some width, and return the lines."""
    screen = Screen(width=width, file=io.StringIO())
    screen.print(sheet)
    file = screen.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().splitlines()


def listing(*texts: str) -> Sheet:
    """Return a table with short columns, texts, an id and a description that ends where its column does."""
    headings = ("Number", "Time", "Type", "Status", "Camera", "By", "Description")
    first, second, third, fourth = (*texts, "", "", "", "")[:4]
    rows = [(12, AT, first, second, third, "olivia", one_line(fourth)), (1_000_013, AT, "", "x", "", "admin", "")]
    return table("en", *headings, rows=rows)


def read(sheet: Sheet) -> list[dict[str, str]]:
    """Read a table as a spreadsheet does."""
    text = "".join([sheet.heading_line(), *sheet.lines()])
    return list(csv.DictReader(io.StringIO(text, newline="")))


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=4, max_size=4), st.sampled_from([40, 60, 80, 120]))
def test_no_line_is_wider_than_its_place(texts: list[str], width: int) -> None:
    """Whatever texts say and however long they are, no line is wider, no heading and no number or time is cut."""
    lines = render(listing(*texts), width)
    assert max(Text(line).cell_len for line in lines) <= width
    whole = "\n".join(lines)
    assert [word for word in ("Number", "Time", "Status", "By", "12", "1000013", "olivia") if word not in whole] == []


@pytest.mark.parametrize("width", [60, 80])
def test_ids_stay_whole(width: int) -> None:
    """An id beside long texts is on one line, so that it can be copied."""
    for headings in (("Name", "Event id", "Details"), ("Name", "Details", "Description")):
        lines = render(table("en", *headings, rows=[("a " * 40, ID, "b " * 90)]), width)
        assert len([line for line in lines if ID in line]) == 1


def test_texts_give_way_before_the_table_does() -> None:
    """A table that is a little too wide folds its texts and keeps its rows; a far too wide one has texts below them."""
    folded = render(listing("a type of two words"), 80)
    assert folded[0].split() == ["Number", "Time", "Type", "Status", "Camera", "By", "Description"]
    below = render(listing("a type of two words"), 50)
    assert below[0].split() == ["Number", "Time", "By"]
    assert any(line.strip() == "Type  a type of two words" for line in below)


def test_a_long_text_is_no_tower() -> None:
    """A text that would fold into many short lines is below its row, where it has room."""
    lines = render(table("en", "Number", "Field", "Before", "After", rows=[(1, "x", "word " * 30, "y")]), 60)
    assert len(lines) <= 7
    assert max(line.count("word") for line in lines) > 6


def test_further_lines_of_a_text_stand_below_its_first() -> None:
    """A text below its row keeps its lines, and all of them begin next to its heading."""
    lines = render(
        table("en", "Number", "Field", "Before", "After", rows=[(1, "x", paragraph(f"{'word ' * 40}\nlast"), "y")]), 60
    )
    begins = {line.index("word") for line in lines if "word" in line}
    assert begins == {next(line.index("last") for line in lines if "last" in line)}
    assert begins == {len("    Before  ")}


def test_no_letter_is_lost_where_a_line_ends() -> None:
    """Emoji and letters of two cells at the end of a line take nothing with them."""
    text = "可疑包裹在北门 👩‍👩‍👧‍👦 🚒 at the far end of the northern platform " * 3
    for width in range(40, 81):
        screen = Screen(width=width, file=io.StringIO())
        screen.print(facts("en", [("Description", text)]), table("en", "Name", "Status", rows=[(text, "Open")]))
        assert isinstance(screen.file, io.StringIO)
        assert "…" not in screen.file.getvalue(), width


def test_a_pipe_gets_every_row_on_one_line() -> None:
    """Without a terminal nothing is cut or folded, no line has spaces at its end, and a line's end is shown."""
    long = "word " * 200
    head, first, second = render(listing("two\nlines", "", "", long), UNBOUNDED)
    assert long.strip() in first
    assert "two↵lines" in first
    assert [line for line in (head, first, second) if line != line.rstrip()] == []


def test_a_spreadsheet_gets_whole_values() -> None:
    """Times have their offset, numbers are plain, texts keep their lines, and nothing is cut."""
    long = "word " * 200
    rows = [(1_234_567, AT, True, None, one_line(long), "two\nlines", Cell("1 h", 3_600.5))]
    sheet = table("fr", "Number", "Time", "Ready", "End", "Description", "Notes", "Duration", rows=rows)
    (row,) = read(sheet)
    assert row["Numéro"] == "1234567"
    assert datetime.fromisoformat(row["Date"]) == AT
    assert datetime.fromisoformat(row["Date"]).utcoffset() is not None
    assert row["Prêt"] == "oui"
    assert row["Fin"] == ""
    assert row["Durée"] == "3600.5"
    assert row["Description"] == long
    assert row["Notes"] == "two\nlines"


def test_a_spreadsheet_has_more_columns_and_no_drawings() -> None:
    """What only programs need comes behind the rest; what is drawn for people has no heading and is left out."""
    sheet = table("en", "Group", "", "Number", rows=[("Theft", Text("████"), 4, ID)], more=("Id",))
    assert read(sheet) == [{"Group": "Theft", "Number": "4", "Id": ID}]
    assert ID not in "".join(render(sheet, 80))


@pytest.mark.parametrize("text", ["=1+1", "+41 44 123 45 67", "-2", "@SUM(A1)", "\tx", " =1", "\uff1d1"])
def test_no_text_is_a_formula(text: str) -> None:
    """What somebody wrote opens as a text in a spreadsheet; a number below nothing stays a number."""
    assert read(table("en", "Description", "Number", rows=[(text, -2)])) == [
        {"Description": f"'{text}", "Number": "-2"}
    ]


def test_a_spreadsheet_is_clean_and_ends_its_lines_as_the_standard_says() -> None:
    """Unseen characters are shown by their numbers, a comma and a quote are quoted, lines end with CR and LF."""
    sheet = table("en", "Name", rows=[('a "b", c\u202e\x1b',)])
    assert "".join(sheet.lines()) == '"a ""b"", c[U+202E][U+001B]"\r\n'
    assert sheet.heading_line() == "Name\r\n"


@given(st.lists(st.tuples(WORDS, WORDS), max_size=4))
def test_every_row_is_read_back(rows: list[tuple[str, str]]) -> None:
    """A spreadsheet has as many rows as the table, whatever is in them."""
    assert len(read(table("en", "Name", "Value", rows=rows))) == len(rows)


@pytest.mark.parametrize("width", [60, 80])
def test_facts_fit_and_keep_their_labels(width: int) -> None:
    """What is known of one thing folds next to its label, which is never cut."""
    screen = Screen(width=width, file=io.StringIO())
    screen.print(facts("fr", [("Exempt from retention", True), ("Description", "可疑包裹 " * 40), ("End", None)]))
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    assert max(Text(line).cell_len for line in lines) <= width
    assert "Fin" not in screen.file.getvalue()


def test_facts_in_a_pipe_are_whole() -> None:
    """In a pipe a long text is one line, its own lines stay below each other, and no line has spaces at its end."""
    screen = Screen(width=UNBOUNDED, file=io.StringIO())
    screen.print(facts("en", [("Description", f"{'word ' * 200}end\nsecond"), ("Reference", "R-1"), ("End", "")]))
    assert isinstance(screen.file, io.StringIO)
    first, second, third = screen.file.getvalue().splitlines()
    assert first == f"Description  {'word ' * 200}end"
    assert second == f"{' ' * 13}second"
    assert third == "Reference    R-1"


def test_a_table_without_rows_says_what_it_would_be_of() -> None:
    """An empty list is shown as empty, under the title that says of whom; a spreadsheet has its headings."""
    sheet = table("en", "Permission", "Level", rows=[], title="olivia: no role")
    assert render(sheet, 80) == ["olivia: no role", "nothing here"]
    assert read(sheet) == []
