"""Durations and sizes: what is shown can be typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.figures import duration, read_duration, read_size, size

LANGUAGES = st.sampled_from(("en", "fr"))


@given(seconds=st.integers(0, 3_599), language=LANGUAGES)
def test_a_duration_can_be_typed_as_it_is_shown(seconds: int, language: str) -> None:
    """A duration below an hour is shown whole, and read as the same."""
    assert read_duration(duration(seconds, language)) == seconds


@pytest.mark.parametrize(
    "text, seconds",
    [
        *(("10min", 600), ("10 min", 600), ("4 min 30 s", 270), ("4\u00a0min 30\u00a0s", 270), ("1,5 h", 5_400)),
        *(("90d", 7_776_000), ("90j", 7_776_000), ("2 semaines", 1_209_600), ("3 sem", 1_814_400), ("1 JOUR", 86_400)),
        *(("", None), ("12", None), ("min", None), ("10 foo", None), ("1,500 s", None), ("10 min foo", None)),
    ],
)
def test_a_duration_has_units(text: str, seconds: float | None) -> None:
    """Units of both languages count, and a text that has another word or none is no duration."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize("exact", [200_000, 10_000_000, 3_400_000, 999, 5_000_000_000])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_size_can_be_typed_as_it_is_shown(exact: int, language: str) -> None:
    """A size that is shown without rounding is read as the same number of bytes."""
    assert read_size(size(exact, language)) == exact


@pytest.mark.parametrize("text", ["", "10", "Mo", "10 Xo", "10 Mo environ", "-1 Mo"])
def test_another_text_is_no_size(text: str) -> None:
    """A number alone is no size with a unit."""
    assert read_size(text) is None
