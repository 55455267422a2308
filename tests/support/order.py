"""The order of tests in several processes: the long ones begin first, so that none of them runs alone at the end."""

from collections.abc import Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")


def is_long(test: pytest.Item) -> bool:
    """Whether a test has a time limit of its own, and shares nothing with the other tests of its file."""
    definitions: dict[str, Sequence[pytest.FixtureDef[object]]] = test._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined] # only functions are collected
    shares = any(definition.scope == "module" for each_name in definitions.values() for definition in each_name)
    return test.get_closest_marker("timeout") is not None and not shares


def time_limit(test: pytest.Item) -> float:
    """Return how many seconds a long test may take."""
    marker = test.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0.0


def deal(long: Sequence[T], short: Sequence[T], processes: int) -> list[T]:
    """Return all tests so that each process begins with its part of the long ones.

    At first, pytest-xdist gives each process consecutive tests, the same number to each.
    """
    order, left = list[T](), list(short)
    for process in range(processes):
        begin = list(long[process::processes])
        size = (len(long) + len(short) - len(order)) // (processes - process)
        count = max(size - len(begin), 0)
        order += begin + left[:count]
        del left[:count]
    return order + left
