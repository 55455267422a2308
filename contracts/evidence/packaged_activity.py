"""The activity in a package: its entries, as its author may see them, with what is needed to find them in the log.

An entry that is there as it was recorded is a leaf of the log's tree. One that is there in part has the hash of its
leaf instead: that it is in the log can be proven, but not what it says. Its id, which nobody can guess, is left out, so
that the hash does not tell what was left out either. What such an entry says is proven by the package alone: all its
entries are the leaves of a small tree, whose state is signed as well.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.evidence import bag
from contracts.evidence.entry_values import VALUES_HASH, hash_of, join
from contracts.evidence.log_entries import LOGS, canonical, leaf_of, log_origin, time_text
from contracts.evidence.merkle_tree import leaf_hash
from contracts.message import Store

FILE: Final = "activity.json"
"""The name of the file of a project's activity."""

REPORT_PROOFS: Final = "activity.tlog-proofs"
"""The name of the file of proofs in a report."""

PROOFS: Final = f"{bag.PAYLOAD}{REPORT_PROOFS}"
"""The proofs of all entries of a package (C2SP tlog-proof), in the order of their places in the log."""

ENTRIES: Final = "activity.checkpoint"
"""The signed state of the tree over all entries of a package as they are in it, in the order of their places.

The last leaf is the signed state of the log that the proofs lead to, if there are any.
"""

LOG_KEY: Final = "activity-log.vkey"
"""The key of the log, as other programs take it."""

_IDS: Final = ("event_id", "project_id", "command_id")
_MALFORMED: Final = (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError)


class PackagedEntry(NamedTuple):
    """An entry in a package: in which file, counted from 1, at which place in the log, and its hashes.

    `shown_hash` is that of the entry as it is in the package, `log_hash` that of its leaf in the log; these are None if
    nothing of this kind can be made of it.
    """

    name: str
    number: int
    log_index: int | None
    shown_hash: bytes | None
    log_hash: bytes | None
    is_whole: bool


def shown_entry(entry: Mapping[str, Any], details: Mapping[str, Any], *, shows_names: bool) -> dict[str, Any]:
    """Return a recorded entry as a package has it, with these of its details.

    An entry that is shown whole has its values beside it, with the salt of their hash.
    """
    whole = join(entry["details"], values := entry.get("values"))
    shown = {
        "log_index": entry["log_index"],
        "at": time_text(entry["at"]),
        "actor": entry["actor"] if shows_names else "",
        "activity": entry["activity"],
        "revision": entry["revision"],
        "details": details,
    }
    if shown["actor"] == entry["actor"] and details == whole:
        shown |= {name: None if entry[name] is None else str(entry[name]) for name in _IDS}
        shown["details"] = entry["details"]
        return {**shown, "values": values, "values_salt": entry["values_salt"].hex()} if values else shown
    return {**shown, "leaf_hash": leaf_hash(leaf_of(entry)).hex()}


def shown_hash(shown: Mapping[str, Any]) -> bytes:
    """Return the hash of an entry as a package has it."""
    return leaf_hash(canonical(shown).encode())


def read_entries(name: str, content: bytes) -> list[PackagedEntry]:
    """Return the entries in a file of activities.

    Raises:
        ValueError: The file has another form.
    """
    try:
        items = json.loads(content, object_pairs_hook=_object)["items"]
        return [_entry(name, number, item) for number, item in enumerate(items, 1)]
    except _MALFORMED as error:
        raise ValueError(name) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of a file; readers disagree about one that has a name twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _entry(name: str, number: int, item: Any) -> PackagedEntry:
    index = item.get("log_index")
    is_whole = "event_id" in item
    index = index if isinstance(index, int) else None
    try:
        log_hash = _log_hash(item) if is_whole else bytes.fromhex(item["leaf_hash"])
        return PackagedEntry(name, number, index, shown_hash(item), log_hash, is_whole)
    except _MALFORMED:
        return PackagedEntry(name, number, index, None, None, is_whole)


def _log_hash(item: Mapping[str, Any]) -> bytes:
    """Return the hash of the leaf that an entry was recorded as.

    Raises:
        ValueError: Its values are not those of the entry.
    """
    if (values := item.get("values")) is not None:
        salt = bytes.fromhex(item["values_salt"])
        if hash_of(values, salt) != item["details"][VALUES_HASH]:
            raise ValueError(VALUES_HASH)
    return leaf_hash(leaf_of({**item, "at": datetime.fromisoformat(item["at"])}))


def activity_origin(site: str) -> str:
    """Return the name of the log that the entries are in."""
    return log_origin(site, Store.INCIDENT_MANAGER)


def package_origin(site: str, package_id: object) -> str:
    """Return the name of the tree over the entries of a package."""
    return f"{LOGS}{site}/packages/{package_id}"


def report_origin(site: str, report_id: object) -> str:
    """Return the name of the tree over the entries of a report."""
    return f"{LOGS}{site}/reports/{report_id}"


def is_activity(name: str) -> bool:
    """Tell whether a file of a package has the activity of a project."""
    return name.startswith(bag.PAYLOAD) and name.rpartition("/")[2] == FILE


def ordered(entries: Iterable[PackagedEntry]) -> list[PackagedEntry]:
    """Return entries in the order of their places, those without one first."""
    return sorted(entries, key=lambda entry: -1 if entry.log_index is None else entry.log_index)
