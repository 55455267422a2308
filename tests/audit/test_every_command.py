"""What every command and every query leaves in both stores is what the classes of the wire say."""

from collections import Counter
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import text

from contracts import catalogue
from contracts.message import Store
from tests.audit.scenario import Scenario, sent_commands
from tests.support import Site, eventually
from workers.runtime.storage.database import open_engine

ActivityCounts: TypeAlias = Counter[tuple[str, str]]
"""How often which activity was kept, by the subject of what had caused it."""

EVENTS, COMMANDS, QUERIES = catalogue.events(), catalogue.commands(), catalogue.queries()
EVENTS_OF_QUERIES = {
    **{subject: "audit.page-viewed" for subject, query in QUERIES.items() if query.is_recorded},
    "administration.get-dead-letter": "administration.letter-opened",
    "projects.download": "projects.downloaded",
    "projects.get": "projects.opened",
    "projects.history": "projects.opened",
    "projects.preserved": "projects.opened",
    "reports.download": "reports.downloaded",
    "reports.download-batch": "reports.batch-downloaded",
    "reports.download-summary": "reports.summary-downloaded",
}
"""The events of queries; every other query leaves nothing."""

SYSTEMS = {"projects.expire": "projects.deleted", "retention.sweep": "retention.swept"}
"""What a sweep leaves by itself, beside its beginning."""

RECORDED = {"reports.batch-recorded": ("reports.generate-batch", "reports.included")}
"""Events that are no activity themselves: the command that leaves them, and the activity of each of its projects."""

EVENTS_OF_REFUSALS = {"audit.refused", "audit.surplus-counted"}
"""Events of what is refused: no command and no query of the wire promises them."""

AFTER_DAYS = {"projects.erased", "retention.expiries-announced", "retention.expiry-announced"}
"""Events that come when an undo window has ended, or before a project expires."""

_SELECT_ACTIVITY = "SELECT activity, command_id, actor FROM "
_TABLES = {Store.INCIDENT_MANAGER: "audit.activity", Store.LOG_SERVER: "entry"}


def promised_counts(scenario: Scenario, store: Store) -> ActivityCounts:
    """Return what the classes say that a store holds of a scenario."""
    events = [(subject, COMMANDS[subject].answer().subject) for subject, _ in scenario.outcomes]
    events += [("", event) for event in (*EVENTS_OF_QUERIES.values(), *SYSTEMS.values(), "projects.comment-added")]
    events += RECORDED.values()
    counts = Counter(event for event in events if store in EVENTS[event[1]].stores)
    if store is Store.INCIDENT_MANAGER:  # an import is found by each of its projects, too
        counts["projects.import", "projects.imported"] += 1
    return counts


async def stored_counts(site: Site, scenario: Scenario, store: Store) -> ActivityCounts:
    """Return what a store holds."""
    causes = {UUID(outcome["command_id"]): subject for subject, outcome in scenario.outcomes}
    engine = open_engine(site.database_url if store is Store.INCIDENT_MANAGER else site.log_database_url, connections=1)
    async with engine.connect() as connection:
        rows = (await connection.execute(text(_SELECT_ACTIVITY + _TABLES[store]))).all()
    await engine.dispose()
    return Counter((causes.get(row.command_id, ""), row.activity) for row in rows)


async def test_every_message_leaves_what_its_class_says(site: Site) -> None:
    """Whatever is sent or asked, its event is in the stores that `stores` names and in no other (LOG-T1 to LOG-T5)."""
    await site.workers()
    scenario = Scenario(site, await site.caller())
    await scenario.run()
    assert [subject for subject, outcome in scenario.outcomes if not outcome["events"]] == []

    async def as_promised() -> bool:
        for store in Store:
            entries, expected = await stored_counts(site, scenario, store), promised_counts(scenario, store)
            assert (store, entries - expected, expected - entries) == (store, Counter(), Counter())
        return True

    assert await eventually(as_promised)


def test_the_story_has_every_message() -> None:
    """A new command is sent by the scenario, and a new event is left by a command or a query."""
    assert set(sent_commands()) == set(COMMANDS)
    answers = {command.answer().subject for command in COMMANDS.values()}
    followers = {*EVENTS_OF_QUERIES.values(), *SYSTEMS.values(), *RECORDED, *(event for _, event in RECORDED.values())}
    assert answers | followers | EVENTS_OF_REFUSALS | AFTER_DAYS == set(EVENTS)
