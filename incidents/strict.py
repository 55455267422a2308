"""JSON that people hand over: read as the system reads bodies, so that it means one thing, here and there."""

import json
from typing import Any, Final

from contracts.texts import reason


class AmbiguousError(ValueError):
    """A JSON text that not every reader takes for the same; `kind` says why, as the refusals of the wire do."""

    def __init__(self, kind: str, name: str = "") -> None:
        """Remember why, and the key that it is about, if it is about one."""
        super().__init__(kind)
        self.kind = kind
        self._name = json.dumps(name) if name else "JSON"

    def told(self, language: str) -> str:
        """Say it in `en` or `fr`."""
        return f"{self._name} {reason(self.kind, language)}"


def read_json(text: str | bytes) -> Any:
    """Read a JSON text.

    Raises:
        ValueError: It is none.
        AmbiguousError: A key stands in it twice, or it holds what no JSON has: NaN, half of a surrogate pair.
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
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise AmbiguousError("duplicate_key", name)
        found[name] = value
    return found


def _no_number(name: str) -> Any:
    raise AmbiguousError("not_a_number", name)


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
