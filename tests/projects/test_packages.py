"""The files of a package, as pure functions make them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.permissions import EVERYTHING, Grants, Level, Node
from contracts.projects.exports import Included
from contracts.sheets import harmless
from workers.projects.packages.choice import Choice
from workers.projects.packages.contents import COLUMNS, sequences_csv, without_names

CELL = st.text(st.characters(exclude_categories=["Cs"]))
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CONTROL = ("\t", "\r", "\n")


@given(st.sampled_from(["", " ", "\u00a0 "]), st.sampled_from(FORMULA), CELL)
def test_a_formula_becomes_a_text(space: str, first: str, rest: str) -> None:
    """No cell begins as spreadsheets let formulas begin, space before it or not; nothing of it is lost."""
    assert harmless(space + first + rest) == f"'{space}{first}{rest}"


@given(st.sampled_from(CONTROL), CELL)
def test_a_cell_does_not_begin_with_a_control_character(first: str, rest: str) -> None:
    """A tab or the end of a line, behind which some spreadsheets look for a formula, does not begin a cell."""
    assert harmless(first + rest) == f"'{first}{rest}"


@given(CELL.filter(lambda cell: not cell.startswith(CONTROL) and not cell.lstrip().startswith(FORMULA)))
def test_every_other_cell_stays_as_it_is(cell: str) -> None:
    """What no spreadsheet takes for a formula is not touched."""
    assert harmless(cell) == cell


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELL.filter(bool))), max_size=5))
def test_a_list_of_recordings_reads_back(rows: list[dict[str, str]]) -> None:
    """Whatever cameras and sites are called, the list has one row for each recording, cell by cell."""
    sequences = [{**row, "media_files": [], "media_state": "missing"} for row in rows]
    parsed = list(csv.DictReader(io.StringIO(sequences_csv(sequences, "main").decode("utf-8-sig"), newline="")))
    assert [{name: row[name] for name in COLUMNS} for row in parsed] == [
        {name: harmless(row[name]) for name in COLUMNS} for row in rows
    ]


def test_a_recording_without_a_site_is_of_this_one() -> None:
    """The list of recordings names the site of each, this one where none was given."""
    row = {**dict.fromkeys(COLUMNS, "x"), "site": None, "media_expires_at": None, "media_state": "missing"}
    written = sequences_csv([{**row, "media_files": []}], "north").decode()
    assert written.splitlines()[1] == "x,x,north,x,x,,,north,,missing,,"


@pytest.mark.parametrize(
    "sections, includes, withheld",
    [
        ([], ["calls", "history"], ["categories", "comments", "sequences", "activity", "report"]),
        (
            ["user-names"],
            ["calls", "history", "user-names"],
            ["categories", "comments", "sequences", "activity", "report"],
        ),
        (["history", "calls", "calls"], ["calls", "history"], ["categories"]),
    ],
)
def test_what_a_package_holds_is_chosen(sections: list[Included], includes: list[str], withheld: list[str]) -> None:
    """Sections that are named are chosen, in one order and once; where none is, all that may be seen.

    Main details and categories are in it or withheld, whatever is named.
    """
    grants = Grants(dict.fromkeys((Node.PROJECTS, Node.MAIN_DETAILS, Node.CALLS), Level.VIEW))
    choice = Choice.of(sections, grants)
    assert choice.includes == includes
    assert choice.withheld == withheld
    assert choice.restricted_contents == [*includes, "main-details"]


def test_names_are_chosen_only_by_name() -> None:
    """A principal who may see everything gets everything but user names."""
    assert Choice.of([], EVERYTHING) == (["comments", "calls", "sequences", "history", "activity", "report"], [])


def test_who_is_not_named_leaves_no_trace() -> None:
    """A hidden name is an empty text; where nobody acted, nothing is there, as before."""
    assert without_names({"created_by": "ann", "edited_by": None, "text": "ann"}) == {
        "created_by": "",
        "edited_by": None,
        "text": "ann",
    }
