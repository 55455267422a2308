import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import nats
import psycopg
import pytest

from contracts import subjects
from contracts.ids import uuid7
from contracts.subjects import WORKERS
from tests.checks.tree import ROOT
from tests.local.external import Installation
from tests.local.support import eventually
from workers.local.servers.postgres import EmbeddedPostgres

FIGURE = re.compile(r"\bincidents_[a-z_]+")


@pytest.fixture(scope="module")
def installation(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The servers, then `migrate`, `provision` and the five workers, each by its own command."""
    directory = tmp_path_factory.mktemp("external")
    names = [f"{directory.name}_{kind}" for kind in ("incident_manager", "log_server")]
    for name in names:
        postgres.ensure_database(name)
    with Installation(directory, *map(postgres.url, names)).running() as site:
        site.bundle()
        site.start_server()
        site.wait_for("monitor", "/healthz")
        for command in ("migrate", "provision"):
            done = site.incidents(command, principal="provision")
            assert done.returncode == 0, done.stderr
        for name in WORKERS:
            site.start(name, "incidents", "worker", name)
        for name in WORKERS:
            site.wait_for(name, "/ready")
        yield site


def test_settings_alone_lead_to_the_servers(installation: Installation) -> None:
    """The workers serve whatever servers their settings name, and callers find them by two variables."""
    project = installation.run_for_json("projects", "create", "--description", "A bag was left at gate 4")
    assert [project["number"] for project in installation.run_for_json("projects", "list")["items"]] == [
        project["number"]
    ]


def test_setting_up_again_changes_nothing(installation: Installation) -> None:
    """Migrating and provisioning what is there is safe, so every start may begin with it."""
    assert installation.incidents("migrate", principal="provision").returncode == 0
    again = installation.incidents("provision", "--json", principal="provision")
    assert again.returncode == 0, again.stdout
    assert json.loads(again.stdout)["created"] == []


def test_setting_up_keeps_the_keys(installation: Installation) -> None:
    """Writing the bundle again renews the server's configuration and the brief credentials, and keeps all others."""
    brief = installation.directory / "creds" / "provision.creds"
    files = [*installation.directory.glob("*/*.nk"), *installation.directory.glob("creds/*.creds")]
    data = {path: path.read_bytes() for path in files if path != brief}
    assert installation.bundle() == [brief, installation.directory / "nats" / "server.conf"]
    assert {path: path.read_bytes() for path in data} == data
    assert len(data) == 7 + 7


def test_the_servers_configuration_holds_no_secret(installation: Installation) -> None:
    """Who runs the message bus needs no private key of the site."""
    configuration = (installation.directory / "nats" / "server.conf").read_text()
    seeds = [path.read_text().strip() for path in installation.directory.glob("keys/*.nk")]
    assert not [seed for seed in seeds if seed in configuration]
    for promise in ("sync_interval: always", "strict: true", "js_ack_fc_v2: false"):
        assert promise in configuration


async def test_the_log_server_has_its_own_database(installation: Installation) -> None:
    """What belongs to the log server arrives in the database that its setting names (LOG-02)."""
    installation.run_for_json("projects", "create")

    def arrived() -> bool:
        with psycopg.connect(installation.database_urls[1]) as connection:
            query = "SELECT count(*) FROM entry WHERE activity = 'projects.created'"
            return connection.execute(query).fetchone() != (0,)

    await eventually(arrived)


AFTER_A_SWEEP = {"incidents_last_sweep_timestamp_seconds"}
"""A figure that is there when a sweep was: `tests/runtime/test_metrics.py` has one."""


def test_what_is_watched_is_served(installation: Installation) -> None:
    """Every figure that an alert or the dashboard asks for is on the workers' pages."""
    served: set[str] = set()
    for name in WORKERS:
        with urlopen(installation.page(name, "/metrics")) as page:  # noqa: S310 - our own page
            served |= set(FIGURE.findall(page.read().decode()))
    results: set[str] = set()
    for path in (ROOT / "deploy" / "monitoring").iterdir():
        results |= set(FIGURE.findall(path.read_text()))
    assert results
    assert results - AFTER_A_SWEEP <= served


def test_sigterm_ends_a_worker_well(installation: Installation) -> None:
    """A container's engine asks with SIGTERM; the worker ends with 0, and another one takes its place."""
    process = installation.processes["retention"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    installation.start("retention", "incidents", "worker", "retention")
    installation.wait_for("retention", "/ready")


@pytest.mark.parametrize("name", WORKERS)
def test_every_worker_writes_its_log(installation: Installation, name: str) -> None:
    """The directory of the logs holds one file a worker, named after it (SYS-01)."""
    log = Path(installation.directory / "logs" / f"{name}.log")
    assert '"event": "worker_ready"' in log.read_text()


def run_snippet(installation: Installation, number: int, *line: str) -> str:
    """Run one of the programs in docs/operations.md as whom it asks for, and return what it printed."""
    page = (ROOT / "docs" / "operations.md").read_text()
    program = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[number]
    done = subprocess.run(
        [sys.executable, "-c", program, *line],
        env=installation.settings("provision" if "--discard" in line else "ops"),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_heartbeats_are_heard_as_the_page_says(installation: Installation) -> None:
    """The page's first program hears the workers' signs of life."""
    lines = [json.loads(line) for line in run_snippet(installation, 0).splitlines()]
    assert {line["worker"] for line in lines} <= set(WORKERS)
    assert all({"version", "lag", "oldest_pending_seconds"} <= line.keys() for line in lines)


async def test_dead_letters_are_read_and_discarded_as_the_page_says(installation: Installation) -> None:
    """The page's second program lists what was dead-lettered, without its words, and discards it on request."""
    settings = installation.settings("admin")
    credentials = settings["INCIDENTS_NATS_CREDS"]
    bus = await nats.connect(
        settings["INCIDENTS_NATS_URL"], user_credentials=credentials, inbox_prefix=subjects.inbox("admin")
    )
    subject = subjects.command("main", "admin", "projects.nonsense", "-")
    await bus.request(subject, b"{}", headers={"Nats-Msg-Id": str(uuid7())})
    await bus.close()
    await eventually(lambda: "projects has no command ?8." in run_snippet(installation, 1))
    assert "?8" in run_snippet(installation, 1, "--discard")
    assert not run_snippet(installation, 1)
