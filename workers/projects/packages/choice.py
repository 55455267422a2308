"""The choice of what a package contains."""

from collections.abc import Collection
from typing import Final, NamedTuple, get_args

from contracts.permissions import Grants, Node
from contracts.projects.exports import NEEDED, Detail, Included, Section, Withheld, level_of
from workers.projects import domain

_DETAILS: Final[tuple[Detail, ...]] = get_args(Detail)
_SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
_OPTIONAL: Final[tuple[Withheld, ...]] = (*_SECTIONS, "activity", "report")


class Choice(NamedTuple):
    """The contents of a package, and those that it omits because the caller may not see them."""

    includes: list[Included]
    withheld: list[Withheld]

    @classmethod
    def of(cls, requested: Collection[Included], grants: Grants, *, has_media: bool = False) -> "Choice":
        """Choose the requested sections; without any, all that the caller may see.

        Media are chosen with their sequences, and by themselves only where a site `has_media`.
        """
        possible: tuple[Included, ...] = get_args(Included)
        requested = {*requested, "sequences"} if "media" in requested else requested
        named_alone = bool(set(requested) - {"user-names"})
        able_to_miss: tuple[Withheld, ...] = _DETAILS if named_alone else (*_DETAILS, *_OPTIONAL)
        withheld = [name for name in able_to_miss if not grants.allow(NEEDED[name], level_of(name))]
        if named_alone:
            return cls([name for name in possible if name in requested], withheld)
        named = "user-names" in requested
        has_media = has_media and "sequences" not in withheld
        optional = {"user-names": named, "media": has_media}
        return cls([name for name in possible if name not in withheld and optional.get(name, True)], withheld)

    @property
    def shows_names(self) -> bool:
        """Whether the package names users."""
        return "user-names" in self.includes

    @property
    def has_media(self) -> bool:
        """Whether the package is to contain recordings."""
        return "media" in self.includes

    @property
    def sections(self) -> list[Section]:
        """The sections in the package."""
        return [section for section in _SECTIONS if section in self.includes]

    @property
    def hidden_fields(self) -> list[str]:
        """The fields that the history of the package omits."""
        return domain.history_fields(self.omitted)

    @property
    def omitted(self) -> list[Detail | Section]:
        """The details and sections that the package omits, for whatever reason."""
        return [
            *(detail for detail in _DETAILS if detail in self.withheld),
            *(section for section in _SECTIONS if section not in self.includes),
        ]

    def missing(self, grants: Grants) -> list[Node]:
        """Return the nodes of its contents that are not granted any more."""
        needed = {name: NEEDED[name] for name in self.restricted_contents if name in NEEDED}
        return sorted({node for name, node in needed.items() if not grants.allow(node, level_of(name))})

    @property
    def restricted_contents(self) -> list[Included | Detail]:
        """The contents of the package that need a permission."""
        return [*self.includes, *(detail for detail in _DETAILS if detail not in self.withheld)]
