"""A change that people cannot see in the history is named there."""

import io

import pytest

from contracts.projects.history import HistoryEntry
from incidents.terminal.printing import Screen
from incidents.terminal.tables.history import history
from incidents.terminal.tables.values import Names


def table_of(old: object, new: object, field: str = "description", language: str = "en") -> str:
    """Show one change on a wide screen."""
    change = {"part_id": None, "revision": 2, "at": "2026-01-02T10:00:00Z", "by": "ann", "field": field}
    entry = HistoryEntry.model_validate({**change, "old": old, "new": new})
    out = io.StringIO()
    Screen(width=300, file=out).print(history([entry], Names(None), language))
    return out.getvalue()


@pytest.mark.parametrize("pair", [("one\r\ntwo", "one\ntwo"), ("one ", "one"), ("cafe\u0301", "caf\u00e9")])
def test_a_change_that_looks_like_none_is_named(pair: tuple[str, str]) -> None:
    """Line ends, spaces and the code of an accent differ, and both texts look alike."""
    assert "only spaces, line ends or the code of a letter changed" in table_of(*pair)
    assert "seuls des espaces" in table_of(*pair, language="fr")
    assert "only spaces" in table_of({"text": pair[0]}, {"text": pair[1]}, "comment")


@pytest.mark.parametrize("pair", [("one", "two"), ("one", "one\u200b"), (None, "one"), ("one", None), ("ab", "a b")])
def test_a_change_that_is_seen_has_no_remark(pair: tuple[str | None, str | None]) -> None:
    """Everything else is shown as it is."""
    assert "only spaces" not in table_of(*pair)
