"""Whose report comes next: everybody in turn."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """Remembers who was served, so that much work for one person does not keep the others waiting."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._served: dict[str, int] = {}
        self._number = 0

    def note(self, principal: str) -> None:
        """Remember that something was made for this principal."""
        self._number += 1
        self._served[principal] = self._number

    def order(self, waiting: Iterable[T], principal_of: Callable[[T], str]) -> list[T]:
        """Return what waits by turns: that of the principal first who was served longest ago, otherwise as it comes."""
        items = list(waiting)
        self._served = {principal_of(item): self._served.get(principal_of(item), 0) for item in items}
        return sorted(items, key=lambda item: self._served[principal_of(item)])
