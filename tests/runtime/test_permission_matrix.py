"""Every command and query against every node and level, through NATS, as the wire's permission table says."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import pytest

from contracts import catalogue
from contracts.administration_queries import GetMe
from contracts.errors import Code
from contracts.permissions import ADMINISTRATORS, Level, Node
from contracts.projects.commands import CreateProject
from contracts.projects.queries import GetProject
from incidents import Client, Refused
from tests.runtime.permission_matrix import COMMANDS, ID, INTERNAL, MANAGE, NODES, PROJECTS, QUERIES, VIEW, Line
from tests.support import Site, eventually

Levels = dict[str, Level]
SECTIONS = {"comments", "sequences", "calls"}
DETAILS = {"main-details", "categories"}
REFUSALS = {Code.PERMISSION_DENIED, Code.NOT_AVAILABLE}
AT_ONCE = 32
WORKERS = ("administration", "projects", "reports", "retention", "audit")


class Case(NamedTuple):
    """A line, what the caller has, and whether that is enough."""

    line: Line
    levels: Levels
    allowed: bool

    @property
    def principal(self) -> str:
        """Name the one who has exactly this."""
        levels = {Node(node): level.name[0].lower() for node, level in self.levels.items()}
        return f"p-{''.join(levels.get(node, '_') for node in Node)}"

    @property
    def description(self) -> str:
        """Say what the case is."""
        levels = ", ".join(f"{node}={level.name.lower()}" for node, level in self.levels.items())
        return f"{self.line.name} with {levels or 'nothing'}"


def cases(line: Line) -> Iterator[Case]:
    """What is exactly enough, and every way in which one node is not."""
    yield Case(line, line.needs, allowed=True)
    if line.instead:
        yield Case(line, {line.instead: VIEW}, allowed=True)
    everything = {str(node): MANAGE for node in Node if node != line.instead}
    for node, level in line.needs.items():
        others = {name: held_level for name, held_level in line.needs.items() if name != node}
        yield Case(line, others, allowed=False)
        yield Case(line, {name: held_level for name, held_level in everything.items() if name != node}, allowed=False)
        if level is MANAGE:
            yield Case(line, {**others, node: VIEW}, allowed=False)
            yield Case(line, {**everything, node: VIEW}, allowed=False)


async def granted(site: Site, chosen: Iterable[Case]) -> dict[str, Client]:
    """Give each principal of the cases a role of its own, and connect it."""
    levels = {case.principal: case.levels for case in chosen}
    roles = {principal: {node: level.name.lower() for node, level in has.items()} for principal, has in levels.items()}
    await site.sql(
        "INSERT INTO administration.role SELECT key, key, value FROM jsonb_each(CAST(:roles AS jsonb))",
        roles=json.dumps(roles),
    )
    await site.sql(
        "INSERT INTO administration.member SELECT role_id, role_id FROM administration.role WHERE role_id LIKE 'p-%'"
    )
    return {principal: await site.client(principal) for principal in roles}


async def outcome(client: Client, line: Line) -> str:
    """Send a command or ask a query; return why it was refused, if it was."""
    body = json.dumps(line.body).encode()
    if (command := catalogue.commands().get(line.subject)) is None:
        try:
            await client.ask(catalogue.queries()[line.subject].model_validate_json(body))
        except Refused as refused:
            return refused.code
        return ""
    key = command.model_validate_json(body).key_for(client.principal)
    submitted = await client.submit_raw(line.subject, body, key=key)
    reply = await submitted.outcome()
    return str(reply.error["code"]) if reply.error else ""


async def allowed(client: Client, line: Line) -> bool:
    """Tell whether a message got past its permissions, whatever became of it then."""
    return await outcome(client, line) not in REFUSALS


async def allowed_lines(client: Client, lines: Sequence[Line]) -> list[bool]:
    """Send messages of one principal, as many at once as a worker queues, and tell which are allowed."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def send(line: Line) -> bool:
        async with limit:
            return await allowed(client, line)

    return await asyncio.gather(*map(send, lines))


async def unexpected_cases(clients: dict[str, Client], matrix: Sequence[Case]) -> list[tuple[str, str]]:
    """Send the messages of all cases, and name those that ended otherwise than the table says.

    A message is allowed if it gets past its permissions, whatever becomes of it then. Only some are sent at once: a
    site that has too many queries refuses the rest for another reason.
    """
    limit = asyncio.Semaphore(AT_ONCE)

    async def code_of(case: Case) -> str:
        async with limit:
            return await outcome(clients[case.principal], case.line)

    codes = await asyncio.gather(*map(code_of, matrix))
    return [
        (case.description, code)
        for case, code in zip(matrix, codes, strict=True)
        if (code not in REFUSALS) is not case.allowed
    ]


def test_the_table_has_every_message() -> None:
    """Every command and query is in the table, so that a new message is given its permissions there."""
    assert sorted({line.subject for line in COMMANDS} | INTERNAL.keys()) == list(catalogue.commands())
    assert sorted({line.subject for line in QUERIES}) == list(catalogue.queries())


BY_ROWS = {"incident-projects/hold-release"}
"""Nodes that a message needs because of what is stored: whose hold it is."""


def test_the_table_has_every_node() -> None:
    """A role gives these nodes, each asked for by some message; export has its own (PERM-08, PERM-09, PERM-12)."""
    nodes = {node for line in (*COMMANDS, *QUERIES) for node in line.needs}
    assert sorted(map(str, Node)) == sorted(NODES)
    assert sorted(nodes | BY_ROWS) == sorted(NODES)


@pytest.mark.parametrize("lines", [COMMANDS, QUERIES], ids=["commands", "queries"])
async def test_each_message_needs_its_nodes_at_their_levels(site: Site, lines: Sequence[Line]) -> None:
    """What the table names is enough; a node or a level less is not, whatever else is given.

    (PERM-01, PERM-02, PERM-03, PERM-04, PERM-05, PERM-07, PERM-08, PERM-09, PERM-13).
    """
    await site.workers(*WORKERS)
    all_cases = [case for line in lines for case in cases(line)]
    clients = await granted(site, all_cases)
    assert await unexpected_cases(clients, all_cases) == []


async def test_administrators_may_everything_and_nobody_else_by_default(site: Site) -> None:
    """Administrators may send every message, and who has no role none that needs one (PERM-05, PERM-06)."""
    await site.workers(*WORKERS)
    lines = (*COMMANDS, *QUERIES)
    admin, nobody = await site.client("admin"), await site.client("nobody")
    may = await allowed_lines(admin, lines)
    assert [line.name for line, is_allowed in zip(lines, may, strict=True) if not is_allowed] == []
    may = await allowed_lines(nobody, lines)
    assert {line.subject for line, is_allowed in zip(lines, may, strict=True) if is_allowed} == {
        "administration.me",
        "projects.outcome",
    }


@pytest.mark.parametrize("subject", INTERNAL)
async def test_what_the_product_sends_itself_nobody_else_may(site: Site, subject: str) -> None:
    """A step of a sweep is refused to everybody, administrators too (PERM-05)."""
    await site.workers(subject.partition(".")[0])
    assert await outcome(await site.client("admin"), Line(subject, {}, INTERNAL[subject])) == Code.PERMISSION_DENIED


async def test_me_names_what_one_may_do(site: Site) -> None:
    """A caller gets every message that it may send, and no other: the table's, for its levels (PERM-01, PERM-10)."""
    await site.workers("administration")
    lines = (*COMMANDS, *QUERIES)
    cases_of_lines = [Case(line, line.needs, allowed=True) for line in lines]
    cases_of_lines += [Case(lines[0], {PROJECTS: level}, allowed=True) for level in (VIEW, MANAGE)]
    clients = await granted(site, cases_of_lines)
    for case in {each.principal: each for each in cases_of_lines}.values():
        enough = {line.subject for line in lines if _suffices(case.levels, line)}
        assert (case.description, (await clients[case.principal].ask(GetMe())).may) == (
            case.description,
            sorted(enough),
        )


def _suffices(levels: Levels, line: Line) -> bool:
    enough = all(levels.get(node, Level.NONE) >= level for node, level in line.needs.items())
    return enough or levels.get(line.instead, Level.NONE) >= VIEW


async def test_sections_that_one_may_not_see_are_withheld(site: Site) -> None:
    """Comments, sequences and calls are shown with view on each, and else withheld (PERM-04, PERM-09)."""
    await site.workers("projects")
    await (await site.client("admin")).send(CreateProject.model_validate_json(f'{{"project_id": "{ID}"}}'))
    by_name = {name: Case(QUERIES[0], {PROJECTS: VIEW, f"{PROJECTS}/{name}": VIEW}, allowed=True) for name in SECTIONS}
    clients = await granted(site, by_name.values())
    for name, case in by_name.items():
        project = await clients[case.principal].ask(GetProject.model_validate_json(f'{{"project_id": "{ID}"}}'))
        assert (name, getattr(project, name), sorted(project.withheld)) == (
            name,
            [],
            sorted({"hold", *DETAILS, *SECTIONS} - {name}),
        )


async def test_a_permission_acts_within_a_batch(site: Site) -> None:
    """A role that is given and taken counts for the very next message, though all are in one batch (PERM-11)."""
    await site.grant("ann", {Node.ROLES: "manage"})
    ann, admin = await site.caller("ann"), await site.caller("admin")
    member = {"principal": "ann", "role_id": ADMINISTRATORS}
    sent = [await ann.publish("administration.add-type", "-", {"name": "1"})]
    sent.append(await admin.publish("administration.assign-role", "-", member))
    sent.append(await ann.publish("administration.add-type", "-", {"name": "2"}))
    sent.append(await admin.publish("administration.unassign-role", "-", member))
    sent.append(await ann.publish("administration.add-type", "-", {"name": "3"}))
    worker = await site.worker("administration")

    async def statuses() -> list[str]:
        both = {**ann.outcomes, **admin.outcomes}
        return [both[command_id][0]["status"] for command_id in sent] if len(both) == len(sent) else []

    assert await eventually(statuses) == ["rejected", "applied", "applied", "applied", "rejected"]
    assert worker.delivery.counters.retried == 0


async def test_two_administrators_cannot_both_leave(site: Site) -> None:
    """Of administrators who take the role from each other at once one stays (PERM-06)."""
    member = {"role_id": ADMINISTRATORS}
    await site.sql("INSERT INTO administration.member VALUES ('ann', 'administrators')")
    ann, admin = await site.caller("ann"), await site.caller("admin")
    first = await admin.publish("administration.unassign-role", "-", {**member, "principal": "admin"})
    second = await ann.publish("administration.unassign-role", "-", {**member, "principal": "ann"})
    await site.worker("administration")

    async def statuses() -> list[str]:
        both = {**ann.outcomes, **admin.outcomes}
        return [both[command_id][0]["status"] for command_id in (first, second)] if len(both) == 2 else []

    assert await eventually(statuses) == ["applied", "rejected"]
    assert [tuple(row) for row in await site.sql("SELECT principal FROM administration.member")] == [("ann",)]
