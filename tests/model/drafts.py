"""Draft lists, one of each principal, as the published interface says."""

from typing import Any
from uuid import UUID, uuid5

from tests.model.rules import Applied, Body, No, ProductChoice, Subset, moment

SITE = "main"


def fits(body: Body) -> None:
    """Refuse a body that contains no sequences, or not cameras and a span together."""
    cameras, span = bool(body.get("cameras")), [name in body for name in ("start", "end")]
    if not (cameras or body.get("sequences")) or span != [cameras, cameras]:
        raise No("invalid")


class Drafts:
    """The drafts of everybody, and the sites of which a sequence may be."""

    def __init__(self) -> None:
        """Begin with empty lists, on a site without children."""
        self.lists: dict[str, dict[str, dict[str, Any]]] = {}
        self.children: list[str] = []

    def known_sites(self, body: Body) -> None:
        """Refuse a sequence or a camera of a site that is neither this one nor a child."""
        named = [
            (f"{kind}.{place}.site", draft_sequence.get("site"))
            for kind in ("sequences", "cameras")
            for place, draft_sequence in enumerate(body.get(kind, []))
        ]
        wrong = [Subset(field=field, value=site) for field, site in named if site not in {None, SITE, *self.children}]
        if wrong:
            raise No("unknown-reference", fields=wrong)

    def emptied(self, principal: str) -> list[dict[str, Any]]:
        """Return what a list holds, in the order of the recordings, and empty it."""
        taken = self.listed(principal)
        self.lists.pop(principal, None)
        return [{name: value for name, value in each.items() if name != "drafted_at"} for each in taken]

    def listed(self, principal: str) -> list[dict[str, Any]]:
        """Return what a list holds, in the order of the recordings, those of one start as they came."""
        return sorted(self.lists.get(principal, {}).values(), key=lambda sequence: moment(sequence["start"]))

    def draft_sequences(self, principal: str, body: Body, outcome: ProductChoice) -> Applied:
        """Put sequences on the list, and one of each camera where a span is given; what is there stays as it is."""
        self.known_sites(body)
        cameras, span = body.get("cameras", []), {name: body[name] for name in ("start", "end") if name in body}
        added = [
            {
                **camera,
                **span,
                "sequence_id": str(
                    uuid5(UUID(outcome.command_id), f"{camera.get('site') or ''}/{camera['camera_id']}")
                ),
            }
            for camera in cameras
        ]
        there, new = self.lists.setdefault(principal, {}), []
        for sequence in (*body.get("sequences", []), *added):
            if sequence["sequence_id"] not in there:
                there[sequence["sequence_id"]] = {
                    "site": None,
                    "media_expires_at": None,
                    **sequence,
                    "drafted_at": outcome.at,
                }
                new.append(sequence["sequence_id"])
        return Applied(Subset(sequence_ids=new), again=not new)

    def undraft_sequences(self, principal: str, body: Body, _: ProductChoice) -> Applied:
        """Take all that are named from the list, or none."""
        there = self.lists.get(principal, {})
        for each_id in body["sequence_ids"]:
            if each_id not in there:
                raise No("gone", id=each_id, known=False, status=404)
        for each_id in body["sequence_ids"]:
            there.pop(each_id, None)
        return Applied(Subset(sequence_ids=list(dict.fromkeys(body["sequence_ids"]))))

    def clear_draft(self, principal: str, _: Body, __: ProductChoice) -> Applied:
        """Empty the list."""
        emptied = self.emptied(principal)
        return Applied(Subset(sequence_ids=[sequence["sequence_id"] for sequence in emptied]), again=not emptied)
