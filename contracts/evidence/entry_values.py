"""The values of an entry of the activity: beside the entry, which has a salted hash of them.

With the values and their salt it can be proven that they belong to the entry. Without the salt nobody can guess them.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from contracts.evidence.log_entries import canonical

VALUES_HASH: Final = "values_hash"
"""The name of the hash among the details of an entry."""

TEXT_HASHES: Final = "text_hashes"
"""The name of the hashes of texts among the details of an entry, by the fields of the texts."""

CHANGED: Final = "changed"
HASHES: Final = frozenset({VALUES_HASH, TEXT_HASHES})
SALT_BYTES: Final = 32
_NAMED_ONLY: Final[Mapping[str, None]] = {"old": None, "new": None}


def separate(details: Mapping[str, Any], fields: frozenset[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the details without the values of these fields, and the values; a changed field is still named."""
    named, values = dict(details), dict[str, Any]()
    for field in fields & details.keys():
        if field == CHANGED:
            changes = {name: change for name, change in details[field].items() if change != _NAMED_ONLY}
            named[field] = dict.fromkeys(details[field], _NAMED_ONLY)
            values |= {field: changes} if changes else {}
        elif details[field] is not None:
            values[field] = named.pop(field)
    return named, values


def join(details: Mapping[str, Any], values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the details of an entry with its values, if they are still known, and without hashes."""
    joined = {name: value for name, value in details.items() if name not in HASHES}
    for name, value in (values or {}).items():
        joined[name] = {**joined[name], **value} if name == CHANGED else value
    return joined


def hash_of(values: Mapping[str, Any], salt: bytes) -> str:
    """Return the salted hash of values: HMAC-SHA256 of their canonical JSON, in hexadecimal digits."""
    return hmac.digest(salt, canonical(values).encode(), hashlib.sha256).hex()


def text_hash(text: str, salt: bytes) -> str:
    """Return the salted hash of a text: HMAC-SHA256 of it in UTF-8, in hexadecimal digits."""
    return hmac.digest(salt, text.encode(), hashlib.sha256).hex()
