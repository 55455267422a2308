"""The commands of policies of retention, and the confirmation of what a change lets the next sweep delete."""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import typer

from contracts.administration import ChangeSettings
from contracts.properties import MarkStatus
from contracts.retention import PreviewRetention
from contracts.retention_policies import CountedFrom, DeletePolicy, ListPolicies, Policy, SetPolicy
from incidents.cli.arguments import StatusName, TypeName, Yes
from incidents.cli.listing import names
from incidents.client import Client
from incidents.errors import SuppressNotAvailable
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import make_message
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.text.words import count, name_of

_STARTS: Final[tuple[CountedFrom, ...]] = ("creation", "closing", "year-end")

Changing = TypeVar("Changing", SetPolicy, DeletePolicy, ChangeSettings, MarkStatus)

PolicyName = Annotated[str, typer.Argument(metavar="POLICY", help="Its id: 1 to 64 of a-z, 0-9 and '-'.")]
Confirm = Annotated[
    int | None,
    typer.Option("--confirm", metavar="N", help="The number of projects that the next sweep may delete then."),
]


def register(app: typer.Typer) -> None:
    """Add `policies`, `set-policy` and `delete-policy`."""
    command(app, "policies", "incidents retention policies", table=True)(policies)
    command(
        app,
        "set-policy",
        "incidents retention set-policy injuries --type Injury --years 5 --from year-end",
        "incidents retention set-policy lost --type 'Lost property' --days 90 --from closing",
        sends=True,
    )(set_policy)
    command(app, "delete-policy", "incidents retention delete-policy injuries", sends=True)(delete_policy)


async def policies(session: Session) -> None:
    """Show which projects are kept for another time than that of the settings, and how many they are."""
    async with session.client() as client:
        answer = await client.ask(ListPolicies())
        known = show.Names(None) if session.json else await names(client)
    rows = ((each.policy_id, *_terms(session, each, known), each.projects, each.set_by) for each in answer.policies)
    headings = ("Policy", "Applies to", "Kept", "Counted from", "Projects", "By")
    session.show(answer, show.table(session.language, *headings, rows=rows))


def _terms(session: Session, policy: Policy, known: show.Names) -> tuple[str, str, str]:
    """Return what a policy is for, how long it keeps, and from when."""
    if policy.exempt:
        return known.of(policy.property_id), session.say("without end"), ""
    parts = [
        count(session.language, policy.years, "{count} year", "{count} years") if policy.years else "",
        count(session.language, policy.days, "{count} day", "{count} days") if policy.days else "",
    ]
    start = name_of(session.language, "counted_from", policy.counted_from)
    return known.of(policy.property_id), " ".join(filter(None, parts)), start


async def set_policy(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    policy: PolicyName,
    *,
    type_: TypeName = None,
    status: StatusName = None,
    category: Annotated[
        str | None, typer.Option("--category", metavar="CATEGORY=VALUE", help="A category and its value, by names.")
    ] = None,
    years: Annotated[int, typer.Option(metavar="YEARS", help="Years to keep.")] = 0,
    days: Annotated[int, typer.Option(metavar="DAYS", help="Days to keep, besides the years.")] = 0,
    exempt: Annotated[bool, typer.Option("--exempt", help="Keep without end.")] = False,
    from_: Annotated[
        str, typer.Option("--from", metavar="START", help="creation, closing or year-end (of the year of creation).")
    ] = "creation",
    confirm: Confirm = None,
    yes: Yes = False,
) -> None:
    """Keep the projects of a type, a status or a category's value for another time; of several the longest counts.

    It asks for confirmation if the next sweep would delete more projects than before.
    """
    start = read_word(session, "counted_from", from_, _STARTS, "--from")
    if exempt == bool(years or days):
        raise UsageError(session.say("say how long: --years, --days or both, or --exempt alone"))
    async with session.client() as client:
        property_id = await _property(session, Naming(session, client), type_, status, category)
        terms: dict[str, Any] = {"property_id": property_id, "years": years, "days": days, "exempt": exempt}
        terms["counted_from"] = start
        setting = make_message(session, SetPolicy, {"policy_id": policy, **terms})
        preview = make_message(session, PreviewRetention, {"policy_id": policy, "terms": terms})
        if confirm is None:
            confirm = await confirmed_deletions(session, client, preview, _on_setting(session), yes=yes)
        event = await session.send(client, with_number(setting, confirm))
    unchanged = session.say("Nothing was changed: the policy had these terms already.")
    session.show(event, session.say("Policy set: {policy}", policy=policy) if event.changed else unchanged)


async def _property(
    session: Session, naming: Naming, type_: str | None, status: str | None, category: str | None
) -> int:
    """Return the id of the type, the status or the value that was typed.

    Raises:
        UsageError: None or several were typed, or the name is unknown.
    """
    value = None
    if sum(each is not None for each in (type_, status, category)) == 1:
        if type_ is not None:
            value = await naming.type(type_)
        elif status is not None:
            value = await naming.status(status)
        else:
            value = (await naming.value(str(category)))[1]
    if value is None:
        raise UsageError(session.say("name one of these: --type, --status or --category"))
    return value


async def delete_policy(session: Session, policy: PolicyName, confirm: Confirm = None, yes: Yes = False) -> None:
    """Delete a policy: its projects are then kept as long as others are.

    It asks for confirmation if the next sweep would delete more projects than before.
    """
    async with session.client() as client:
        deleting = make_message(session, DeletePolicy, {"policy_id": policy})
        preview = make_message(session, PreviewRetention, {"policy_id": policy})
        if confirm is None:
            confirm = await confirmed_deletions(session, client, preview, _on_deletion(session), yes=yes)
        event = await session.send(client, with_number(deleting, confirm))
    session.show(event, session.say("Policy deleted: {policy}", policy=policy))


def with_number(changing: Changing, confirm: int | None) -> Changing:
    """Return a command with the number that it confirms, if there is one."""
    return changing if confirm is None else changing.model_copy(update={"confirm": confirm})


async def confirmed_deletions(
    session: Session, client: Client, changed: PreviewRetention, question: Callable[[int], str], *, yes: bool
) -> int | None:
    """Return how many projects the next sweep would delete after a change, confirmed by the person; None if no more.

    Who may not preview is not asked: the system then refuses the change, and its refusal has the number.
    """
    due = 0
    with SuppressNotAvailable():
        preview = await client.ask(changed)
        due = preview.due if preview.due > preview.due_now else 0
    if not due:
        return None
    if not yes and not session.confirm(question(due)):
        session.tell("Nothing was changed.")
        raise typer.Exit
    return due


def _on_setting(session: Session) -> Callable[[int], str]:
    """Return the question before a policy is set."""
    singular = "Set the policy? The next sweep will then delete {count} project."
    plural = "Set the policy? The next sweep will then delete {count} projects."
    return lambda due: session.count(due, singular, plural)


def _on_deletion(session: Session) -> Callable[[int], str]:
    """Return the question before a policy is deleted."""
    singular = "Delete the policy? The next sweep will then delete {count} project."
    plural = "Delete the policy? The next sweep will then delete {count} projects."
    return lambda due: session.count(due, singular, plural)
