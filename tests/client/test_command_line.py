"""The command line where no system runs: help, mistakes, and how they are reported."""

import subprocess
import sys
from pathlib import Path

import pytest

from incidents.cli import build
from tests.client.command_line import ROOT, incidents


def test_help_imports_no_server() -> None:
    """What only a server needs is imported by the commands of servers, when they are used."""
    program = "import sys; from incidents.cli import build; build(); print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    servers = {"workers", "sqlalchemy", "faststream", "alembic", "psycopg", "uvicorn", "typst"}
    assert servers & set(ended.stdout.split()) == set()


async def test_help_names_every_command() -> None:
    """Commands of the client and of the server stand on one page."""
    ended = await incidents("--help")
    ours = ("projects", "report", "audit", "watch", "me", "properties", "send", "ask", "demo")
    servers = ("up", "worker", "migrate", "provision", "access")
    assert [name for name in (*ours, *servers) if f" {name} " not in ended.out] == []


@pytest.mark.parametrize(
    "line",
    [("projects", "list"), ("projects", "update"), ("report",), ("audit", "log"), ("send",), ("demo",)],
    ids=" ".join,
)
async def test_help_of_a_command_shows_examples_and_options(line: tuple[str, ...]) -> None:
    """Every command shows lines to type and the options that all of them have."""
    ended = await incidents(*line, "--help")
    assert ended.status == 0
    words = ("Examples:", f"incidents {' '.join(line)}", "--json", "--lang", "--data", "--as")
    assert [word for word in words if word not in ended.out] == []


async def test_a_stopped_system_is_told_with_what_to_type(tmp_path: Path) -> None:
    """Where nothing runs, one sentence says so and names the command that starts it."""
    ended = await incidents("me", "--data", tmp_path)
    assert ended.status == 3
    assert ended.out == ""
    assert "no system runs here" in " ".join(ended.err.replace("│", "").split())
    assert "incidents up --data" in ended.err.replace("\n", "")


async def test_a_stopped_system_is_told_in_french(tmp_path: Path) -> None:
    """The command line speaks the language that is asked for."""
    ended = await incidents("me", "--lang", "fr", folder=tmp_path)
    assert "aucun système ne fonctionne ici" in " ".join(ended.err.replace("│", "").split())
    assert "tapez" in ended.err


async def test_machines_get_errors_on_stdout(tmp_path: Path) -> None:
    """With --json an error is one document on stdout and nothing else."""
    ended = await incidents("projects", "list", "--json", "--data", tmp_path)
    assert ended.status == 3
    assert ended.err == ""
    assert ended.json["error"]["code"] == "unreachable"
    assert ended.json["error"]["details"]["type"] == f"incidents up --data {tmp_path}"


async def test_nobody_listening_is_told(tmp_path: Path) -> None:
    """An address where nobody listens ends the command at once."""
    credentials = tmp_path / "me.creds"
    credentials.write_text("-----BEGIN NATS USER JWT-----\nx.eyJuYW1lIjoiYSJ9.y\n")
    environment = {"INCIDENTS_NATS_URL": "nats://127.0.0.1:1", "INCIDENTS_NATS_CREDS": credentials}
    ended = await incidents("me", "--json", environment=environment)
    assert ended.status == 3
    assert ended.json["error"]["message"].startswith("nats://127.0.0.1:1: ")


async def test_an_unknown_verb_shows_the_near_ones() -> None:
    """A slip of the finger is answered with what was probably meant."""
    ended = await incidents("send", "projects.add-coment", "{}")
    assert ended.status == 2
    assert "projects.add-comment" in ended.err


async def test_what_the_product_sends_to_itself_is_not_offered() -> None:
    """Internal commands cannot be sent by name."""
    ended = await incidents("send", "projects.expire", "{}", "--json")
    assert ended.status == 2
    assert ended.json["error"]["code"] == "usage"


async def test_what_does_not_fit_is_told_before_anything_is_sent() -> None:
    """Every field that does not fit is named with its reason."""
    ended = await incidents("send", "projects.update", '{"type_id": "x"}', "--lang", "fr")
    assert ended.status == 1
    assert "non valide" in ended.err
    assert "doit être un nombre entier" in ended.err


@pytest.mark.parametrize("body", ["{", "[]"])
async def test_what_is_no_json_object_is_a_mistake_of_use(body: str) -> None:
    """A body that cannot be read ends with the status of a usage error."""
    assert (await incidents("ask", "projects.list", body)).status == 2


async def test_bytes_are_not_printed() -> None:
    """A query whose answer is a file points to the command that saves it."""
    ended = await incidents("ask", "reports.download", '{"report_id": "0190a000-0000-7000-8000-000000000001"}')
    assert ended.status == 2
    assert "incidents report" in ended.err


async def test_an_unknown_command_is_a_mistake_of_use() -> None:
    """A command that does not exist ends with the status of a usage error."""
    assert (await incidents("projcts")).status == 2


def test_the_command_line_can_be_built_twice() -> None:
    """Nothing is kept between two builds."""
    assert list(build().commands) == list(build().commands)
