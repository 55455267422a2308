"""Roles and what they come to, as the published interface says."""

from tests.model.project import CATEGORIES, DATA, MAIN
from tests.model.rules import Applied, Body, No, ProductChoice, Subset

ADMINISTRATORS = "administrators"
PROJECTS = "incident-projects"
LEVELS = ("none", "view", "manage")
NODES = (
    *("incident-properties", "settings", "roles", "audit-log", "dead-letters", "personal-data", PROJECTS),
    *(
        f"{PROJECTS}/{name}"
        for name in (
            *("main-details", "categories", "comments", "sequences", "calls"),
            *("activity-logs", "reports", "export", "user-names", "retention", "hold-release", "restricted"),
        )
    ),
)


class People:
    """Every role with its members."""

    def __init__(self) -> None:
        """Begin with one administrator."""
        self.roles: dict[str, Body] = {
            ADMINISTRATORS: {"name": "Administrators", "permissions": dict.fromkeys(NODES, "manage")}
        }
        self.members: dict[str, set[str]] = {ADMINISTRATORS: {"admin"}}

    def level(self, principal: str, node: str) -> int:
        """Return the highest level that the roles give; below the projects it counts only with view on them."""
        if node.startswith(f"{PROJECTS}/") and not self.level(principal, PROJECTS):
            return 0
        permissions = [
            self.roles[role]["permissions"] for role, members in self.members.items() if principal in members
        ]
        return max((LEVELS.index(permission_levels.get(node, "none")) for permission_levels in permissions), default=0)

    def sees(self, principal: str, section: str) -> bool:
        """Tell whether somebody sees a part of the projects."""
        return self.level(principal, f"{PROJECTS}/{section}") > 0

    def hidden_fields(self, principal: str) -> set[str]:
        """Return the fields of projects that somebody may not see."""
        fields = {"main-details": MAIN, "categories": (*CATEGORIES, *DATA)}
        return {name for section, names in fields.items() if not self.sees(principal, section) for name in names}

    def need(self, principal: str, nodes: set[str], level: str, code: str) -> None:
        """Refuse who lacks a node."""
        missing = sorted(node for node in nodes if self.level(principal, node) < LEVELS.index(level))
        if missing:
            raise No(code, nodes=missing, level=level)

    def me(self, principal: str) -> Subset:
        """Say what somebody may do."""
        mine = sorted(role for role, members in self.members.items() if principal in members)
        return Subset(
            principal=principal,
            roles=mine,
            permissions=Subset({node: LEVELS[self.level(principal, node)] for node in NODES}),
        )

    def listed(self) -> Subset:
        """List every role."""
        return Subset(
            roles=[
                Subset(role_id=role, members=sorted(self.members[role]), **self.roles[role])
                for role in sorted(self.roles)
            ]
        )

    def _require_role(self, role: str) -> None:
        if role not in self.roles:
            raise No("unknown-reference", fields=[Subset(field="role_id", value=role)])

    def _require_changeable(self, role: str) -> None:
        if role == ADMINISTRATORS:
            raise No("conflict")

    def _within(self, principal: str, role: str, permissions: Body) -> None:
        """Refuse what gives more than somebody has; the administrators' role is for administrators."""
        if role == ADMINISTRATORS and principal not in self.members[role]:
            raise No("permission-denied", nodes=["roles"], level="manage")
        above = {
            node: permission
            for node, permission in permissions.items()
            if LEVELS.index(permission) > self.level(principal, node)
        }
        if above:
            raise No("permission-denied", nodes=sorted(above), level=max(above.values(), key=LEVELS.index))

    def define_role(self, principal: str, body: Body, _: ProductChoice) -> Applied:
        """Make a role or replace what it gives; its members stay."""
        role = body["role_id"]
        self._require_changeable(role)
        self._within(principal, role, body["permissions"])
        self._within(principal, role, self.roles.get(role, {}).get("permissions", {}))
        there, self.roles[role] = self.roles.get(role), {"name": body["name"], "permissions": body["permissions"]}
        self.members.setdefault(role, set())
        return Applied(Subset(role_id=role, permissions=body["permissions"]), again=there == self.roles[role])

    def delete_role(self, principal: str, body: Body, _: ProductChoice) -> Applied:
        """Delete a role; nobody has it any more."""
        self._require_changeable(body["role_id"])
        self._handed_by(principal, body["role_id"])
        del self.roles[body["role_id"]], self.members[body["role_id"]]
        return Applied(Subset(body))

    def _handed_by(self, principal: str, role: str) -> None:
        self._require_role(role)
        self._within(principal, role, self.roles[role]["permissions"])

    def assign_role(self, principal: str, body: Body, _: ProductChoice) -> Applied:
        """Give a role."""
        self._handed_by(principal, body["role_id"])
        again = body["principal"] in self.members[body["role_id"]]
        self.members[body["role_id"]].add(body["principal"])
        return Applied(Subset(body), again=again)

    def unassign_role(self, principal: str, body: Body, _: ProductChoice) -> Applied:
        """Take a role, but not from the last administrator."""
        self._handed_by(principal, body["role_id"])
        members = self.members[body["role_id"]]
        if body["role_id"] == ADMINISTRATORS and members == {body["principal"]}:
            raise No("conflict")
        again = body["principal"] not in members
        members.discard(body["principal"])
        return Applied(Subset(body), again=again)
