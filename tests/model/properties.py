"""Properties, as the published interface says."""

from collections.abc import Callable
from typing import Any

from tests.model.rules import Applied, Body, No, ProductChoice, Subset

Uses = Callable[[str, int], int]
"""How many projects have this value in this field."""


class Properties:
    """Types, statuses, categories with their values, and data fields."""

    def __init__(self, uses: Uses) -> None:
        """Begin with none."""
        self.values: dict[int, dict[str, Any]] = {}
        self.categories: dict[int, dict[str, Any]] = {}
        self.fields: dict[tuple[str, int], dict[str, Any]] = {}
        self.ever: list[tuple[str, int | None, int]] = []
        self.closing: set[int] = set()
        self._uses = uses

    def _new_id(self, outcome: ProductChoice) -> int:
        """Take the id that the server chose: higher than any before, of whatever kind."""
        new_id = outcome.result.get("id")
        assert isinstance(new_id, int), f"no id in {outcome}"
        assert all(new_id > earlier for *_, earlier in self.ever), f"the id {new_id} is not new"
        return new_id

    def add(self, kind: str, body: Body, outcome: ProductChoice) -> Applied:
        """Add a type, a status or a value."""
        slot = body.get("slot")
        if kind == "category-value" and slot not in self.categories:
            raise No("unknown-reference", fields=[Subset(field="slot", value=slot)])
        new = self._new_id(outcome)
        self.ever.append((kind, slot, new))
        self.values[new] = {"kind": kind, "slot": slot, **words(body)}
        self.closing |= {new} if body.get("closing") else set()
        return Applied(self._result(new, slot))

    def _result(self, value_id: int, slot: Any) -> Subset:
        return Subset(id=value_id) if slot is None else Subset(id=value_id, slot=slot)

    def _free(self, kind: str, body: Body) -> dict[str, Any]:
        """Return what no project has, or refuse."""
        slot, there = body.get("slot"), self.values.get(body["id"])
        if there is None or there["kind"] != kind:
            raise No("unknown-reference", fields=[Subset(field="id", value=body["id"])])
        if there["slot"] != slot:
            raise No("unknown-reference", fields=[Subset(field="slot", value=slot)])
        field = {"type": "type_id", "status": "status_id"}.get(kind, f"category_{slot}")
        if projects := self._uses(field, body["id"]):
            raise No("in-use", projects=projects)
        return there

    def edit(self, kind: str, body: Body, _: ProductChoice) -> Applied:
        """Change what no project has; the same again is no change."""
        there = self._free(kind, body)
        again = there == {**there, **words(body)}
        there.update(words(body))
        return Applied(self._result(body["id"], body.get("slot")), again=again)

    def mark_status(self, body: Body, _: ProductChoice) -> Applied:
        """Let a status close projects or not, whichever have it; one that was deleted stays what it was."""
        if self.values.get(body["id"], {}).get("kind") != "status":
            raise No("unknown-reference", fields=[Subset(field="id", value=body["id"])])
        again = (body["id"] in self.closing) is body["closing"]
        self.closing ^= set() if again else {body["id"]}
        return Applied(self._result(body["id"], None), again=again)

    def delete(self, kind: str, body: Body, _: ProductChoice) -> Applied:
        """Delete what no project has."""
        self._free(kind, body)
        del self.values[body["id"]]
        return Applied(self._result(body["id"], body.get("slot")))

    def define_category(self, body: Body, outcome: ProductChoice) -> Applied:
        """Enable, rename or disable a category at any time."""
        return self._define(self.categories, body["slot"], body, outcome)

    def define_data_field(self, body: Body, outcome: ProductChoice) -> Applied:
        """Enable, rename or disable a field at any time."""
        return self._define(self.fields, (body["kind"], body["slot"]), body, outcome)

    def _define(self, slots: dict[Any, dict[str, Any]], key: Any, body: Body, outcome: ProductChoice) -> Applied:
        if key in slots:
            definition_id = slots[key]["id"]
        else:
            definition_id = self._new_id(outcome)
            self.ever.append(("slot", None, definition_id))
        again, slots[key] = slots.get(key), {"id": definition_id, "description": "", **body}
        result = Subset(
            {name: value for name, value in slots[key].items() if name in {"id", "kind", "slot", "enabled"}}
        )
        return Applied(result, again=again == slots[key])

    def usable(self, field: str, value: Any) -> bool:
        """Tell whether a project may be given this."""
        if value is None or field in {"reference", "description", "start_time", "end_time"}:
            return True
        name, _, slot = field.rpartition("_")
        if name in {"type", "status"}:
            return bool(self.values.get(value, {}).get("kind") == name)
        if name == "category":
            category, value_entry = self.categories.get(int(slot), {}), self.values.get(value, {})
            return bool(category.get("enabled") and value_entry.get("slot") == int(slot))
        return bool(self.fields.get((name, int(slot)), {}).get("enabled"))

    def listed(self) -> Subset:
        """List every property."""
        return Subset(
            types=self._of("type", None),
            statuses=[
                Subset(definition, closing=definition["id"] in self.closing) for definition in self._of("status", None)
            ],
            categories=[
                Subset(definition, values=self._of("category-value", slot))
                for slot, definition in sorted(self.categories.items())
            ],
            data_fields=sorted(map(Subset, self.fields.values()), key=lambda field: int(field["id"])),
        )

    def _of(self, kind: str, slot: int | None) -> list[Subset]:
        definitions = sorted(self.values.items())
        return [
            Subset(id=n, **words(definition))
            for n, definition in definitions
            if (definition["kind"], definition["slot"]) == (kind, slot)
        ]


def words(body: Body) -> dict[str, str]:
    """Return name and description."""
    return {"name": body["name"], "description": body.get("description", "")}
