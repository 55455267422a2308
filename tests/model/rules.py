"""What the model's parts share: refusals, what a command leads to, and when two answers agree."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True)
class ProductChoice:
    """What only the product can say of an applied command: its id, its time, and the numbers that it chose."""

    command_id: str
    at: str = ""
    result: Body = field(default_factory=dict)


class No(Exception):  # noqa: N818 - an answer, not an error
    """The model refuses, with the code of the wire and the details that it is sure of."""

    def __init__(self, code: str, **details: Any) -> None:
        """Keep both."""
        super().__init__(code)
        self.code = code
        self.details = Subset(details)


class Subset(dict[str, Any]):
    """A part of an object: the other one may have more fields."""


ABSENT = object()
"""A field that is not there."""


@dataclass
class Applied:
    """The model applies a command: `again` when it was done before and nothing happens."""

    result: Subset
    revision: int | None = None
    again: bool = False


def agree(expected: Any, actual: Any, name: str = "") -> bool:
    """Tell whether two answers say the same: times as moments, decimals as numbers, `Subset` as a part."""
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping) or not (isinstance(expected, Subset) or expected.keys() == actual.keys()):
            return False
        inner = name if name.startswith("decimal_") else ""
        return all(
            key not in actual if value is ABSENT else key in actual and agree(value, actual[key], inner or key)
            for key, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(agree(element, other, name) for element, other in zip(expected, actual, strict=True))
        )
    return expected == actual or (type(actual) is str and _value(expected, name) == _value(actual, name))


def _value(value: Any, name: str) -> Any:
    if not isinstance(value, str):
        return value
    return decimal(value) if name.startswith("decimal_") else moment(value)


def decimal(written: str) -> Any:
    """Read a decimal, which has the same value with more or fewer zeros behind it."""
    return Decimal(written)


def moment(written: str) -> Any:
    """Read a time, which is the same moment with any offset; leave other texts as they are."""
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return written


def before(first: str | None, second: str | None) -> bool:
    """Tell whether both times are given and the first is before the second."""
    return first is not None and second is not None and bool(moment(first) < moment(second))
