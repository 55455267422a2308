"""Roles: what they give, who has which, granted and taken by their names."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from contracts.administration import AssignRole, DefineRole, DeleteRole, UnassignRole
from contracts.administration_queries import GetRoles, Role
from contracts.permissions import Level, Node
from incidents.cli.arguments import Words, Yes
from incidents.cli.completion import defined
from incidents.terminal.input import naming
from incidents.terminal.input.reading import fitting
from incidents.terminal.input.vocabulary import named
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of

app = group("Roles: who may do what. list, show, of, grant, revoke, define, delete.")

Who = Annotated[str, typer.Argument(metavar="PRINCIPAL", help="Whose role it is, as `incidents access` names it.")]
Named = Annotated[
    str, typer.Argument(metavar="ROLE", help="The role's id, or its name.", autocompletion=defined("roles"))
]


@command(app, "list", "incidents roles list", "incidents roles list --csv", table=True)
async def list_roles(session: Session) -> None:
    """Show every role and who has it."""
    async with session.client() as client:
        found = await client.ask(GetRoles())
    rows = ((one.role_id, one.name, ", ".join(one.members)) for one in found.roles)
    session.show(found, show.table(session.language, "Role", "Name", "Members", rows=rows))


@command(app, "show", "incidents roles show guards", "incidents roles show guards --json", table=True)
async def show_role(session: Session, role: Named) -> None:
    """Show what a role gives, and who has it."""
    async with session.client() as client:
        found = _role(session, role, (await client.ask(GetRoles())).roles)
    title = f"{found.role_id}: {found.name}"
    named = ", ".join(found.members) or "–"
    members = session.say("{label}: {value}", label=session.say("Members"), value=named)
    session.show(found, _levels(session, title, found.permissions), members)


@command(app, "of", "incidents roles of olivia", "incidents roles of olivia --json", table=True)
async def of(session: Session, principal: Who) -> None:
    """Show which roles somebody has, and what they come to: what is not named is refused."""
    async with session.client() as client:
        found = [one for one in (await client.ask(GetRoles())).roles if principal in one.members]
    given: dict[Node, str] = {}
    for one in found:
        for node, level in one.permissions.items():
            given[node] = max(given.get(node, "none"), level, key=lambda each: Level[each.upper()])
    document = {"principal": principal, "roles": [one.role_id for one in found], "permissions": given}
    title = f"{principal}: {', '.join(one.role_id for one in found) or session.say('no role')}"
    session.show(document, _levels(session, title, given))


@command(app, "grant", "incidents roles grant olivia guards", sends=True)
async def grant(session: Session, principal: Who, role: Named) -> None:
    """Give somebody a role; it counts from that person's next message on."""
    async with session.client() as client:
        role_id = _role(session, role, (await client.ask(GetRoles())).roles).role_id
        granting = fitting(session, AssignRole, {"principal": principal, "role_id": role_id})
        event = await session.send(client, granting)
    session.show(event, session.say("Role granted to {principal}: {role}", principal=principal, role=role_id))


@command(app, "revoke", "incidents roles revoke olivia guards", sends=True)
async def revoke(session: Session, principal: Who, role: Named) -> None:
    """Take a role from somebody; it counts from that person's next message on."""
    async with session.client() as client:
        role_id = _role(session, role, (await client.ask(GetRoles())).roles).role_id
        revoking = fitting(session, UnassignRole, {"principal": principal, "role_id": role_id})
        event = await session.send(client, revoking)
    session.show(event, session.say("Role taken from {principal}: {role}", principal=principal, role=role_id))


@command(
    app,
    "define",
    "incidents roles define guards --name Guards --manage incident-projects --manage comments --view categories",
    sends=True,
)
async def define(
    session: Session,
    role_id: Annotated[str, typer.Argument(metavar="ROLE", help="Its id: a-z, 0-9 and -.")],
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What it is called.")] = None,
    view: Annotated[Words, typer.Option(metavar="NODE", help="What it lets see; repeatable.")] = None,
    manage: Annotated[Words, typer.Option(metavar="NODE", help="What it lets see and change; repeatable.")] = None,
) -> None:
    """Make a role, or replace all that one gives; its members stay. `incidents me` names every permission."""
    levels = {_node(session, one): "view" for one in view or ()} | {
        _node(session, one): "manage" for one in manage or ()
    }
    async with session.client() as client:
        there = {one.role_id: one.name for one in (await client.ask(GetRoles())).roles}
        defining = {"role_id": role_id, "name": name or there.get(role_id, role_id), "permissions": levels}
        event = await session.send(client, fitting(session, DefineRole, defining))
    session.show(event, _levels(session, role_id, event.permissions))


@command(app, "delete", "incidents roles delete guards --yes", sends=True)
async def delete(session: Session, role: Named, yes: Yes = False) -> None:
    """Delete a role; who has it loses what it gave."""
    async with session.client() as client:
        found = _role(session, role, (await client.ask(GetRoles())).roles)
        words = "Delete the role {role}? Who has it: {members}"
        question = session.say(words, role=found.role_id, members=", ".join(found.members) or "–")
        if not yes and not session.confirm(question):
            session.tell("Nothing was deleted.")
            raise typer.Exit
        event = await session.send(client, fitting(session, DeleteRole, {"role_id": found.role_id}))
    session.show(event, session.say("{name} deleted", name=found.role_id))


def _role(session: Session, text: str, known: Iterable[Role]) -> Role:
    roles = list(known)
    wanted = naming.role(session, text, roles)
    return next(one for one in roles if one.role_id == wanted)


def _node(session: Session, text: str) -> Node:
    """Return a permission, by its whole name or by the last part of it."""
    whole = named(session, "permission", Node)
    last = [one._replace(name=one.name.partition("/")[2]) for one in whole if "/" in one.name]
    return Node(naming.choose(session, "Permission", text, [*whole, *last]))


def _levels(session: Session, title: str, permissions: Any) -> show.Sheet:
    given = ((name_of(session.language, "permission", Node(node)), level) for node, level in permissions.items())
    rows = [(name, name_of(session.language, "level", level)) for name, level in given if level != "none"]
    return show.table(session.language, "Permission", "Level", rows=sorted(rows), title=title)
