"""What commands do to projects, their comments, calls and sequences, as the published interface says."""

from collections.abc import Callable, Collection
from typing import Any

from tests.model.drafts import Drafts
from tests.model.project import (
    CATEGORIES,
    CREATION_FIELDS,
    DATA,
    MAIN,
    SECTIONS,
    FieldChange,
    Project,
    differing,
    of_part,
    part,
    recordings,
    value_in_event,
    values,
)
from tests.model.rules import Applied, Body, No, ProductChoice, Subset, before

Usable = Callable[[str, Any], bool]


class Projects:
    """Every project in the order of its creation, and what is left of deleted ones."""

    def __init__(self) -> None:
        """Begin with none."""
        self.by_id: dict[str, Project] = {}
        self.deleted: dict[str, Subset] = {}
        self.last_number = 0
        self.usable: Usable = lambda _field, _value: False
        self.drafts = Drafts()

    def uses(self, name: str, value: int) -> int:
        """Count the projects that have this value in this field."""
        return sum(project.fields[name] == value for project in self.by_id.values())

    def need(self, project_id: str) -> Project:
        """Return a project, or say what is left of it."""
        if project_id in self.deleted:
            raise No("gone", **self.deleted[project_id])
        if project_id not in self.by_id:
            raise No("gone", known=False, status=404)
        return self.by_id[project_id]

    def existing(self, body: Body, hidden: Collection[str]) -> Project:
        """Return a project at the revision that a command expects."""
        project, expected = self.need(body["project_id"]), body.get("expected_revision")
        if expected is None or expected == project.revision:
            return project
        steps: dict[int, Subset] = {}
        for change in project.history:
            if change.revision > expected:
                step = steps.setdefault(
                    change.revision, Subset(revision=change.revision, by=change.by, at=change.at, fields=[])
                )
                if change.past.name not in {*hidden, *step["fields"]}:
                    step["fields"] = sorted([*step["fields"], change.past.name])
        raise No(
            "conflict",
            revision=project.revision,
            expected_revision=expected,
            changed_by=project.updated_by,
            changed_at=project.updated_at,
            changes=[steps[revision] for revision in sorted(steps)],
        )

    def defined(self, fields: dict[str, Any]) -> None:
        """Refuse what is not defined or not enabled."""
        wrong = {name for name, value in fields.items() if not self.usable(name, value)}
        if wrong:
            raise No("unknown-reference", fields=[Subset(field=name) for name in fields if name in wrong])

    def create(self, principal: str, body: Body, outcome: ProductChoice) -> Applied:
        """Open a project, once; with the caller's draft list, which is empty then."""
        known = {
            **dict.fromkeys(CREATION_FIELDS),
            "description": "",
            **{name: body[name] for name in CREATION_FIELDS if name in body},
        }
        drafted = bool(body.get("from_draft"))
        there = self.by_id.get(body["project_id"])
        if there is not None:
            return self._again(principal, body, {**known, "from_draft": drafted}, there)
        if body["project_id"] in self.deleted:
            self.need(body["project_id"])
        self.defined({"type_id": body.get("type_id")})
        self.drafts.known_sites(body)
        number = outcome.result.get("number", 0)
        assert number > self.last_number, f"the number {number} is not new"
        self.last_number = number
        fields = {**dict.fromkeys((*MAIN, *CATEGORIES, *DATA)), **known}
        project = Project(number, principal, outcome.at, fields, updated_by=principal, updated_at=outcome.at)
        project.opened(how="from_draft" if drafted else "")
        self.by_id[body["project_id"]] = project
        past = project.attach(self._sequences_to_attach(principal, body), principal, outcome.at)
        project.remember(past)
        new = [change.part_id for change in past]
        attached = {
            str(change.part_id): {name: values(name, value) for name, value in change.new.items()} for change in past
        }
        project.creation = {**known, "from_draft": drafted, "sequences": attached}
        return Applied(
            Subset(project_id=body["project_id"], number=number, type_id=known["type_id"], sequence_ids=new), 1
        )

    @staticmethod
    def _again(principal: str, body: Body, known: dict[str, Any], there: Project) -> Applied:
        """Accept what was opened in the same way; what lay on the draft list then is not asked for again."""
        if (principal, False) != (there.created_by, there.imported) or differing(there.creation, known):
            raise No("conflict")
        named, attached = recordings(body), there.creation["sequences"]
        whole = {sequence_id: attached.get(sequence_id) for sequence_id in named} if known["from_draft"] else attached
        if named != whole:
            raise No("conflict")
        result = Subset(project_id=body["project_id"], number=there.number, sequence_ids=list(attached))
        return Applied(result, there.revision, again=True)

    def _sequences_to_attach(self, principal: str, body: Body) -> list[dict[str, Any]]:
        named = [{"site": None, "media_expires_at": None, **sequence} for sequence in body.get("sequences", [])]
        return named + (self.drafts.emptied(principal) if body.get("from_draft") else [])

    def update(self, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Change what is named."""
        new_values = {name: body[name] for name in MAIN if name in body}
        if new_values.get("description", "") is None:
            new_values["description"] = ""
        new_values |= {f"category_{slot}": value for slot, value in body.get("categories", {}).items()}
        new_values |= body.get("data", {})
        self.defined(new_values)
        old, after = project.fields, {**project.fields, **new_values}
        if before(after["end_time"], after["start_time"]):
            raise No("invalid")
        names = differing(old, new_values)
        changed = {
            name: {"old": value_in_event(name, old[name]), "new": value_in_event(name, new_values[name])}
            for name in names
        }
        result = Subset(project_id=body["project_id"], changed=changed)
        if not names:
            return Applied(result, project.revision, again=True)
        project.fields = after
        past = [FieldChange(name, None, old[name], new_values[name]) for name in names]
        return Applied(result, project.touch(principal, outcome.at, past))

    def delete(self, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Delete a project; number and who did it are left."""
        del self.by_id[body["project_id"]]
        self.deleted[body["project_id"]] = Subset(
            number=project.number, deleted_by=principal, deleted_at=outcome.at, expired=False
        )
        return Applied(
            Subset(project_id=body["project_id"], number=project.number, expired=False), project.revision + 1
        )

    def add_part(self, kind: str, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Add a comment or a call, once."""
        parts, key = getattr(project, SECTIONS[kind]), f"{kind}_id"
        result = Subset({name: body[name] for name in ("project_id", key, "direction", "at") if name in body})
        if there := parts.get(body[key]):
            if differing(there, {**part(kind, body), "created_by": principal}):
                raise No("conflict")
            return Applied(result, project.revision, again=True)
        known = part(kind, body)
        beside = {"created_by": principal, "created_at": outcome.at, "edited_by": None, "edited_at": None}
        parts[body[key]] = {**known, **beside, key: body[key]}
        return Applied(
            result, project.touch(principal, outcome.at, [FieldChange(kind, body[key], None, of_part(kind, known))])
        )

    def edit_part(self, kind: str, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Replace a comment or a call that is there; the past has what differs."""
        parts, key = getattr(project, SECTIONS[kind]), f"{kind}_id"
        there, known = self._part(project, kind, body[key]), part(kind, body)
        names = differing(there, known)
        result = Subset({name: body[name] for name in ("project_id", key, "direction", "at") if name in body})
        if not names:
            return Applied(result, project.revision, again=True)
        old, new = {name: there[name] for name in names}, {name: known[name] for name in names}
        past = [FieldChange(kind, body[key], of_part(kind, old), of_part(kind, new))]
        parts[body[key]] = {**there, **known, "edited_by": principal, "edited_at": outcome.at}
        return Applied(result, project.touch(principal, outcome.at, past))

    def delete_part(self, kind: str, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Delete a comment or a call that is there."""
        key = f"{kind}_id"
        there = self._part(project, kind, body[key])
        del getattr(project, SECTIONS[kind])[body[key]]
        known = {name: there[name] for name in part(kind, there) if name not in BESIDE}
        past = [FieldChange(kind, body[key], of_part(kind, known), None)]
        return Applied(
            Subset({"project_id": body["project_id"], key: body[key]}), project.touch(principal, outcome.at, past)
        )

    @staticmethod
    def _part(project: Project, kind: str, part_id: str) -> dict[str, Any]:
        parts: dict[str, dict[str, Any]] = getattr(project, SECTIONS[kind])
        if part_id not in parts:
            raise No("gone", **project.removal(part_id))
        return parts[part_id]

    def add_sequences(self, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Attach what is not attached, and the caller's draft list, which is empty then."""
        self.drafts.known_sites(body)
        new_sequences = self._sequences_to_attach(principal, body)
        if not new_sequences:
            raise No("invalid")
        past = project.attach(new_sequences, principal, outcome.at)
        result = Subset(project_id=body["project_id"], sequence_ids=[change.part_id for change in past])
        if not past:
            return Applied(result, project.revision, again=True)
        return Applied(result, project.touch(principal, outcome.at, past))

    def remove_sequences(self, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Detach all that are named, or none."""
        for each_id in body["sequence_ids"]:
            self._part(project, "sequence", each_id)
        revision = project.touch(principal, outcome.at, project.detach(body["sequence_ids"]))
        return Applied(Subset(project_id=body["project_id"]), revision)

    def remove_all_sequences(self, principal: str, body: Body, outcome: ProductChoice, project: Project) -> Applied:
        """Detach every one."""
        if not project.sequences:
            return Applied(Subset(project_id=body["project_id"]), project.revision, again=True)
        revision = project.touch(principal, outcome.at, project.detach(list(project.sequences)))
        return Applied(Subset(project_id=body["project_id"]), revision)


BESIDE = {"created_by", "created_at", "edited_by", "edited_at"}
