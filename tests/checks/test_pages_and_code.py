"""The pages and the code agree: limits, messages, permissions and codes."""

import re

import pytest
import yaml

from contracts import catalogue, message
from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.drafts import DRAFT_LIFETIME
from contracts.report_batches import GenerateBatch
from contracts.subjects import LANES
from tests.checks.tree import ROOT
from workers.common import sandboxed_jobs
from workers.common.process_settings import Settings
from workers.local.access import signing_keys
from workers.local.servers import cache_sizing, disk_space, nats, postgres
from workers.local.supervision import nats_restart_policy, supervisor
from workers.projects import domain as projects
from workers.reports import domain as reports
from workers.runtime.admission import inbox, json_body, rate_limits
from workers.runtime.bus import streams
from workers.runtime.commands import audit_flood_control, retry_and_bisection
from workers.runtime.feeds import feed_lifecycle
from workers.runtime.process import write_probe_watchdog
from workers.runtime.queries import fair_queue, outcome_waits, query_admission, refusal_log_limit

WORDS = {
    1: "a",
    2: "two",
    3: "three",
    5: "five",
    6: "six",
    8: "eight",
    16: "sixteen",
    20: "Twenty",
    60: "sixty",
    100: "hundred",
}
DEFAULTS = Settings.model_construct()
CACHE_MIN, CACHE_MAX = cache_sizing.CACHE_MEBIBYTES

PHRASES = [
    ("security", f"| many connections | {signing_keys.CONNECTIONS_MAX:,} for the whole site"),
    (
        "security",
        f"{message.BODY_BYTES_MAX * 4 // 1024} KiB and {signing_keys._CLIENT_LIMITS['subs']} in the scope's template",
    ),
    ("security", f"{nats._SYSTEM_CONNECTIONS} more are reserved for revoking"),
    ("wire", f"at most {signing_keys._CLIENT_LIMITS['payload'] // 1024} KiB with its headers"),
    ("wire", f"a connection of a client at most {signing_keys._CLIENT_LIMITS['subs']} subscriptions"),
    ("wire", f"One JSON object of at most {message.BODY_BYTES_MAX // 1024} KiB"),
    ("wire", f"(of `reports.generate-batch` {GenerateBatch.body_bytes_max // 1024} KiB)"),
    ("wire", f"and for them a body of up to {GenerateBatch.body_bytes_max // 1024} KiB"),
    ("wire", f"a number of more than {json_body._NUMBER_DIGITS_MAX:,} digits"),
    ("wire", f"more than {json_body._NESTING_LEVELS_MAX} levels"),
    ("wire", f"with the same subject and body again within {inbox.INBOX_RETENTION.days} days"),
    ("wire", f"A lane takes {DEFAULTS.commands_per_second:g} commands of one principal per second"),
    ("wire", f"and {WORDS[rate_limits.BURST_SECONDS]} times as many at once"),
    ("configuration", f"per second, and {WORDS[rate_limits.BURST_SECONDS]} times as many at once"),
    ("wire", f"| {DEFAULTS.queries_running} queries are answered at the same time and {DEFAULTS.queries_waiting} wait"),
    ("wire", f"A principal may have {outcome_waits.WAITS_PER_PRINCIPAL_MAX} of them in one process"),
    ("wire", f"at most {reports.ENTRIES_MAX:,} comments, calls and sequences, and {reports.TEXT_BYTES_MAX:,} bytes"),
    ("operations", f"more than {reports.ENTRIES_MAX:,} comments, calls and sequences"),
    ("operations", f"or more than {reports.TEXT_BYTES_MAX // 1_000_000} MB of text"),
    ("configuration", f"per process ({query_admission.RUNNING_QUERIES_MAX} of all principals)"),
    ("architecture", f"and {WORDS[query_admission.RUNNING_QUERIES_MAX]} queries are answered at a time"),
    ("operations", f"queries dropped after {WORDS[int(fair_queue.WAIT_SECONDS_MAX)]} seconds of waiting"),
    ("operations", f"beyond the {WORDS[refusal_log_limit.LOGGED_PER_MINUTE_MAX]} a minute of one principal"),
    ("operations", f"{WORDS[audit_flood_control.RECORDED_PER_MINUTE_MAX]} unreadable messages a minute"),
    ("operations", f"the newest {WORDS[streams.LETTERS_PER_PRINCIPAL_MAX]} of each principal"),
    ("operations", f"A command that failed {WORDS[retry_and_bisection.FAILURES_MAX]} times"),
    ("operations", f"| it failed {retry_and_bisection.FAILURES_MAX} times"),
    ("operations", f"did not answer for {supervisor._SILENT_SECONDS_MAX:g} seconds and was killed"),
    ("architecture", f"silent for {supervisor._SILENT_SECONDS_MAX:g} seconds"),
    ("operations", f"has not answered for {WORDS[int(nats_restart_policy._HUNG_SECONDS_MIN)]} seconds"),
    ("operations", f'"a first start needs {disk_space.START_BYTES_MIN // disk_space.MB} MB"'),
    (
        "operations",
        f"at least {CACHE_MIN} MB and at most {CACHE_MAX // 1024} GB",
    ),
    ("operations", f"share the {WORDS[LANES]} [lanes]"),
    ("operations", f"`im.SITE.ops.heartbeat.WORKER.INSTANCE` every {DEFAULTS.heartbeat_seconds:g} seconds"),
    ("architecture", f"fetches up to {DEFAULTS.fetch} pending messages"),
    ("architecture", f"writes to both servers every {WORDS[int(write_probe_watchdog._PROBE_SECONDS)]} seconds"),
    ("operations", f"| a sequence on a draft list | after {DRAFT_LIFETIME.days} days there |"),
    ("operations", f"| a package of an exported project | after {WORDS[projects.PACKAGE_LIFETIME.days]} day |"),
    ("configuration", f"three times as long, {sandboxed_jobs._CLOCK_SECONDS_MAX} seconds at most"),
    ("wire", f"at most a {WORDS[feed_lifecycle.FEEDS_PER_PRINCIPAL_MAX]} feeds in one process"),
]


@pytest.mark.parametrize("page,phrase", PHRASES)
def test_a_page_names_the_limit_of_the_code(page: str, phrase: str) -> None:
    """A phrase with the number of the code is on the page."""
    text = " ".join((ROOT / "docs" / f"{page}.md").read_text().split())
    assert phrase in text


def test_servers_allow_the_connections_that_the_page_asks_for() -> None:
    """The embedded database and that of the containers follow what the page advises for a server of one's own."""
    each, more = 40, 20
    assert f"| {each} for each worker process, plus {more} |" in (ROOT / "docs/configuration.md").read_text()
    assert each >= LANES + query_admission.RUNNING_QUERIES_MAX + 4
    command = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres"]["command"]
    for text in (postgres._CONFIGURATION.replace(" ", ""), command):
        allowed = int(text.partition("max_connections=")[2].split()[0])
        assert allowed >= 5 * each + more


def test_servers_end_a_transaction_that_somebody_left_open() -> None:
    """No forgotten transaction keeps dead rows for hours: in the embedded database, in containers, or as advised."""
    assert "| `idle_in_transaction_session_timeout` | `10min` |" in (ROOT / "docs/configuration.md").read_text()
    command = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres"]["command"]
    for text in (postgres._CONFIGURATION.replace(" ", ""), command):
        assert "idle_in_transaction_session_timeout=10min" in text.split()


PAGES = {page.stem: page.read_text() for page in (ROOT / "docs").glob("*.md")}
TABLES = ("audit.dropped", "audit.undelivered", "projects.project", "projects.search")
NOT_MESSAGES = {"audit.waiting": "a view", **dict.fromkeys(TABLES, "a table")}


def test_the_wire_page_names_every_message() -> None:
    """A command or query has its subject on the page; a page names no other of such a form."""
    requests = {*catalogue.commands(), *catalogue.queries()}
    assert sorted(name for name in requests if name not in PAGES["wire"]) == []
    pages = "".join(
        text.partition("## Planned, and not there yet")[0] for name, text in PAGES.items() if name != "requirements"
    )
    names = set(re.findall(r"`((?:projects|administration|reports|retention|audit)\.[a-z-]+)`", pages))
    assert sorted(names - requests - catalogue.events().keys() - NOT_MESSAGES.keys()) == []


def test_the_wire_page_lists_every_event() -> None:
    """The table of events names each of each worker, and no other one."""
    table = PAGES["wire"].partition("### Names of events")[2].partition("###")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)
    named = {f"{worker}.{name}" for worker, names in rows for name in re.findall(r"`([a-z-]+)`", names)}
    assert named ^ catalogue.events().keys() == set()


def test_the_wire_page_names_every_node_and_code() -> None:
    """Each permission and each code of a refusal is explained."""
    nodes = [node.value.replace("incident-projects/", "…/") for node in Node]
    missing = [node for node in nodes if f"`{node}`" not in PAGES["wire"].replace("`incident-projects/", "`…/")]
    assert missing + [code for code in Code if f"| `{code.value}` |" not in PAGES["wire"]] == []


def test_the_database_of_the_containers_has_the_cache_that_the_page_advises() -> None:
    """A quarter of the memory that the container may have."""
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres"]
    limit = service["deploy"]["resources"]["limits"]["memory"]
    assert f"shared_buffers={int(limit.removesuffix('g')) // 4}GB" in service["command"].split()
