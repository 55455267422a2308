"""The page of the requirements is true, and says so of every row."""

import pytest

from tests.checks.tree import require_none
from tests.requirements.regenerate import GROUPS, NOT_APPLICABLE, NOT_YET, PAGE, collected, page, row_ids, rows

PROVEN = {"PRJ", "SEQ", "PROP", "TYP", "STA", "CAT", "DAT", "PERM", "LIC", "MSG"}
"""Groups in which every row has a test, or a reason in rows.txt why it has none."""


@pytest.mark.parametrize(
    "sentence, ids",
    [
        ("It holds (PRJ-09).", ["PRJ-09"]),
        ("It holds (SEQ-09 to SEQ-11, B2).", ["SEQ-09", "SEQ-10", "SEQ-11"]),
        ("Here (LOG-T1 to T3) and there (AMB-2).", ["LOG-T1", "LOG-T2", "LOG-T3", "AMB-2"]),
        ("The words of MSG-07 are not brackets.", []),
    ],
)
def test_rows_are_read_from_brackets(sentence: str, ids: list[str]) -> None:
    """A sentence names rows in brackets, one by one or from the first to the last."""
    assert list(row_ids(sentence)) == ids


def test_the_page_is_fresh() -> None:
    """docs/requirements.md is what the tests say today."""
    assert PAGE.read_text() == page(), "run python -m tests.requirements.regenerate"


def test_tests_name_rows_that_exist() -> None:
    """A test that names a row names one of the requirements."""
    require_none("No such row in tests/requirements/rows.txt.", collected()[1])


def test_rows_are_whole() -> None:
    """Every row has a known group, something that it asks for, and a reason only of the two kinds."""
    findings = [
        row.id
        for row in rows().values()
        if row.group not in GROUPS or not row.what or not (row.reason + NOT_YET).startswith((NOT_YET, NOT_APPLICABLE))
    ]
    require_none("Write `ID | what`, and ` | not yet: …` or ` | not applicable: …` behind it.", findings)


def test_no_row_is_without_a_test() -> None:
    """A row of the groups that are done is named by a test, or says why it is not."""
    ids = [row.id for row in collected()[0].values() if row.group in PROVEN and not row.tests and not row.reason]
    require_none("Name the row in the sentence of the test that would fail without it.", ids)


def test_excuses_end() -> None:
    """A row that a test names has no reason any more why none does."""
    findings = [f"{row.id} | {row.reason}" for row in collected()[0].values() if row.tests and row.reason]
    require_none("Take the reason out of tests/requirements/rows.txt.", findings)
