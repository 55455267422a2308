"""Every block of the pages for people who run the system, typed as it stands next to a system that runs."""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.tree import ROOT
from tests.checks.typed_lines import blocks
from tests.local.external import PROGRAMS
from workers.local.servers.nats import free_port

PAGES = ("README.md", "docs/operations.md", "docs/configuration.md", "docs/importing.md", "docs/privacy.md")
ELSEWHERE = re.compile(
    r"docker compose|make |nats-server|tar |export |mkdir "
    r"|incidents (up|migrate|provision|access init|worker|dead (show|replay))"
    r"|incidents audit (witness|prove-text|verify --(witness-key|authority))"
)
"""What other tests run: containers are checked by name, and servers, backups, letters and proofs have tests of their
own."""

BLOCKS = [(page, block) for page in PAGES for block in blocks((ROOT / page).read_text())]
ROWS = [
    "Nr,Opened by,Opened,Kind,Description,Status,Case",
    "7,ann,24/11/2026 10:00:00,Theft,A bag was taken,Closed,MP-7",
]


def lines(block: str) -> list[str]:
    """Return the lines of a block that are typed here."""
    if ELSEWHERE.search(block.partition("\n")[0]) and "incidents up" not in block:
        return []
    return [line for line in block.splitlines() if re.match(r"incidents|curl", line) and not ELSEWHERE.match(line)]


TYPED = [lines(block) for _, block in BLOCKS if lines(block)]


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of somebody whose system is in `data`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")}
    return {**clean, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "INCIDENTS_DATA": str(folder / "data")}


def run_line(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Type a line in a folder."""
    words = ["/bin/sh", "-c", line]
    return subprocess.run(words, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Start the system as the page says, on another port, with what the pages' lines name."""
    place = tmp_path_factory.mktemp("typed")
    line = [str(PROGRAMS / "incidents"), "up", "--data", "data", "--nats-port", str(free_port()), "--json"]
    with subprocess.Popen(line, cwd=place, env=environment(place), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        runtime = next((line for line in running.stdout if json.loads(line)["runtime"]), "")
        assert runtime
        prepare(place)
        yield place
        running.send_signal(signal.SIGTERM)


def prepare(place: Path) -> None:
    """Make the definitions and files that the lines name."""
    (place / "copy-of-checkpoints").mkdir()
    ids = {}
    for kind, name in (("type", "Theft"), ("type", "Injury"), ("status", "Closed")):
        body = shlex.quote(json.dumps({"name": name}))
        done = run_line(place, f"incidents send administration.add-{kind} {body} --json")
        ids[name] = json.loads(done.stdout)["result"]["id"]
    page = (ROOT / "docs/importing.md").read_text()
    mapping = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])
    mapping["types"] = {name: ids[name] for name in mapping["types"]}
    mapping["statuses"] = {name: ids[name] for name in mapping["statuses"]}
    mapping["columns"] |= {"Description": "description", "Status": "status_id"}
    (place / "mapping.json").write_text(json.dumps(mapping))
    (place / "projects.csv").write_text("\n".join(ROWS) + "\n")
    (place / "incidents.csv").write_text("Reference,Opened,Description\nMP-8,24/11/2026 11:00,A door was open\n")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lines", TYPED, ids=lambda lines: lines[0][:40])
def test_every_block_does_what_it_says(folder: Path, lines: list[str]) -> None:
    """Each line ends with 0; one that goes on until Ctrl-C begins, and ends with Ctrl-C."""
    for line in lines:
        if "access revoke olivia" in line:  # another block makes her, which may be typed elsewhere, or later
            run_line(folder, "incidents access create olivia --data data")
        if line.startswith("incidents watch"):
            assert watched(folder, line) == 130
            continue
        done = run_line(folder, line)
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def watched(folder: Path, line: str) -> int:
    """Type a line that goes on, wait until it says so, type Ctrl-C, and return the status."""
    words = shlex.split(line, comments=True)
    with subprocess.Popen(words, cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        assert "Ctrl-C" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        return running.wait(60)


def test_the_environment_is_where_the_readme_says() -> None:
    """`make install` puts the environment that the page activates where it says."""
    assert "\n. .venv/bin/activate\n" in (ROOT / "README.md").read_text()
    assert "-m venv .venv" in (ROOT / "Makefile").read_text()


def test_no_block_is_left_out() -> None:
    """The pages have the blocks that are typed here, whatever is rewritten on them."""
    first = [lines[0] for lines in TYPED]
    expected = (
        "curl",
        "incidents access create olivia",
        "incidents access list",
        "incidents import",
        "incidents projects",
    )
    assert all(any(line.startswith(start) for line in first) for start in expected), first
