"""The commands of roles."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from contracts.administration import AssignRole, DefineRole, DeleteRole, UnassignRole
from contracts.administration_queries import GetRoles, Role
from contracts.permissions import Level, Node
from incidents.cli.arguments import Words, Yes
from incidents.cli.completion import complete_names
from incidents.locate import credentials_path
from incidents.terminal.input import naming, new_names, role_names
from incidents.terminal.input.new_names import Force
from incidents.terminal.input.reading import make_message
from incidents.terminal.input.vocabulary import named_words
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of

app = group("Roles: list, show, of, grant, revoke, define, delete.")

Who = Annotated[str, typer.Argument(metavar="PRINCIPAL", help="The principal, as `incidents access` names it.")]
Named = Annotated[
    str, typer.Argument(metavar="ROLE", help="The role's id, or its name.", autocompletion=complete_names("roles"))
]


@command(app, "list", "incidents roles list", "incidents roles list --csv", table=True)
async def list_roles(session: Session) -> None:
    """Show all roles and their members."""
    async with session.client() as client:
        answer = await client.ask(GetRoles())
    rows = ((role.role_id, role_names.role_name(session, role), ", ".join(role.members)) for role in answer.roles)
    session.show(answer, show.table(session.language, "Role", "Name", "Members", rows=rows))


@command(app, "show", "incidents roles show guards", "incidents roles show guards --json", table=True)
async def show_role(session: Session, role: Named) -> None:
    """Show the permissions and the members of a role."""
    async with session.client() as client:
        role_ = _role(session, role, (await client.ask(GetRoles())).roles)
    title = session.say("{label}: {value}", label=role_.role_id, value=role_names.role_name(session, role_))
    named = ", ".join(role_.members) or "–"
    members = session.say("{label}: {value}", label=session.say("Members"), value=named)
    session.show(role_, _levels(session, title, role_.permissions), members)


@command(app, "of", "incidents roles of olivia", "incidents roles of olivia --json", table=True)
async def of(session: Session, principal: Who) -> None:
    """Show the roles of somebody, and the permissions that result from them."""
    async with session.client() as client:
        roles = [role for role in (await client.ask(GetRoles())).roles if principal in role.members]
    permissions: dict[Node, str] = {}
    for role in roles:
        for node, level in role.permissions.items():
            permissions[node] = max(permissions.get(node, "none"), level, key=lambda each: Level[each.upper()])
    document = {"principal": principal, "roles": [role.role_id for role in roles], "permissions": permissions}
    names = ", ".join(role_names.role_name(session, role) for role in roles) or session.say("no role")
    title = session.say("{label}: {value}", label=principal, value=names)
    session.show(document, _levels(session, title, permissions))


@command(app, "grant", "incidents roles grant olivia guards", sends=True)
async def grant(session: Session, principal: Who, role: Named) -> None:
    """Grant somebody a role; it applies from their next message on."""
    async with session.client() as client:
        role_ = _role(session, role, (await client.ask(GetRoles())).roles)
        granting = make_message(session, AssignRole, {"principal": principal, "role_id": role_.role_id})
        event = await session.send(client, granting)
    is_member = principal in role_.members
    words = "{principal} already has the role {role}." if is_member else "Role granted to {principal}: {role}"
    session.show(event, session.say(words, principal=principal, role=role_.role_id))
    if (file := credentials_path(session.data, principal)) and not file.exists():
        words = (
            "There is no {file}. If {principal} has no credentials elsewhere: incidents access create {principal}{data}"
        )
        session.tell(words, file=file, principal=principal, data=f" --data {session.data}" if session.data else "")


@command(app, "revoke", "incidents roles revoke olivia guards", sends=True)
async def revoke(session: Session, principal: Who, role: Named) -> None:
    """Revoke a role from somebody; this applies from their next message on."""
    async with session.client() as client:
        role_ = _role(session, role, (await client.ask(GetRoles())).roles)
        revoking = make_message(session, UnassignRole, {"principal": principal, "role_id": role_.role_id})
        event = await session.send(client, revoking)
    is_member = principal in role_.members
    words = "Role revoked from {principal}: {role}" if is_member else "{principal} does not have the role {role}."
    session.show(event, session.say(words, principal=principal, role=role_.role_id))


@command(
    app,
    "define",
    "incidents roles define guards --name Guards --manage incident-projects --manage comments --view calls",
    sends=True,
)
async def define(
    session: Session,
    role_id: Annotated[str, typer.Argument(metavar="ROLE", help="Its id: a-z, 0-9 and -.")],
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Its name.")] = None,
    view: Annotated[Words, typer.Option(metavar="PERMISSION", help="A permission to see; repeatable.")] = None,
    manage: Annotated[
        Words, typer.Option(metavar="PERMISSION", help="A permission to see and change; repeatable.")
    ] = None,
    force: Force = False,
) -> None:
    """Create a role, or replace its permissions; its members stay. `incidents me` shows all permissions."""
    levels = {_node(session, node): "view" for node in view or ()} | {
        _node(session, node): "manage" for node in manage or ()
    }
    async with session.client() as client:
        names = {role.role_id: role.name for role in (await client.ask(GetRoles())).roles}
        others = [naming.Named(id_, other) for id_, other in names.items() if id_ != role_id]
        await new_names.require_unused(session, client, "Role", name, others, force=force)
        defining = {"role_id": role_id, "name": name or names.get(role_id, role_id), "permissions": levels}
        event = await session.send(client, make_message(session, DefineRole, defining))
    session.show(event, _levels(session, role_id, event.permissions))
    if not any(level != "none" for level in event.permissions.values()):
        session.tell(
            "The role {role} is defined and permits nothing: --view and --manage add permissions", role=role_id
        )


@command(app, "delete", "incidents roles delete guards --yes", sends=True)
async def delete(session: Session, role: Named, yes: Yes = False) -> None:
    """Delete a role; its members lose its permissions."""
    async with session.client() as client:
        role_ = _role(session, role, (await client.ask(GetRoles())).roles)
        words = "Delete the role {role}? Members: {members}"
        question = session.say(words, role=role_.role_id, members=", ".join(role_.members) or "–")
        if not yes and not session.confirm(question):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, make_message(session, DeleteRole, {"role_id": role_.role_id}))
    session.show(event, session.say("{name} deleted", name=role_.role_id))


def _role(session: Session, text: str, known: Iterable[Role]) -> Role:
    roles = list(known)
    role_id = role_names.role(session, text, roles)
    return next(role_ for role_ in roles if role_.role_id == role_id)


def _node(session: Session, text: str) -> Node:
    """Return a permission by its full name or the last part of it."""
    whole = named_words(session, "permission", Node)
    last = [name._replace(name=name.name.partition("/")[2]) for name in whole if "/" in name.name]
    short = [name._replace(name=name.name.removeprefix("incident-")) for name in whole]
    return Node(naming.choose(session, "Permission", text, [*whole, *last, *short]))


def _levels(session: Session, title: str, permissions: Any) -> show.Sheet:
    levels = ((name_of(session.language, "permission", Node(node)), level) for node, level in permissions.items())
    rows = [(name, name_of(session.language, "level", level)) for name, level in levels if level != "none"]
    return show.table(session.language, "Permission", "Level", rows=sorted(rows), title=title)
