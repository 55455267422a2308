"""Strict parsing of people's JSON, by the rules for bodies, so that it means the same here and in the system."""

import json
from typing import Any, Final

from contracts.texts import reason


class AmbiguousError(ValueError):
    """A JSON text that readers may understand differently; `kind` is the reason, as in refusals of the wire."""

    def __init__(self, kind: str, name: str = "") -> None:
        """Keep the reason and the key concerned, if any."""
        super().__init__(kind)
        self.kind = kind
        self.name = name

    def sentence(self, language: str) -> str:
        """Return the sentence in `en` or `fr`."""
        return f"{json.dumps(self.name) if self.name else 'JSON'} {reason(self.kind, language)}"


def read_json(text: str | bytes) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: It is not JSON.
        AmbiguousError: A key occurs twice, or the text contains NaN or half of a surrogate pair.
    """
    content = text.decode() if isinstance(text, bytes) else text
    try:
        value = _STRICT.decode(content)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise AmbiguousError("lone_surrogate") from error
    except RecursionError as error:
        raise AmbiguousError("nested_too_deep") from error
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise AmbiguousError("duplicate_key", name)
        values[name] = value
    return values


def _no_number(name: str) -> Any:
    raise AmbiguousError("not_a_number", name)


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
