"""What shells ask of the command line: its version, and how its words go on."""

import asyncio
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.client.command_line import ROOT, incidents
from tests.client.conftest import Bus, Peer
from tests.client.test_commands import PROPERTIES


async def test_it_says_its_version() -> None:
    """`--version` says which version this is, for people and for programs."""
    ended = await incidents("--version")
    assert ended.out.startswith(f"Incident Manager {version('incident-manager')}, Python 3.")
    assert (await incidents("--version", "--json")).json["version"] == version("incident-manager")


async def test_options_of_commands_stand_behind_them() -> None:
    """An option of a command that stands before it is refused instead of being ignored."""
    ended = await incidents("--json", "me")
    assert ended.status == 2
    assert ended.json["error"]["code"] == "usage"


COMPLETED = {
    "incidents pro": {"projects", "provision", "properties"},
    "incidents projects dr": {"draft"},
    "incidents projects list --sea": {"--search"},
    "incidents audit log --act": {"--activity", "--actor"},
    "incidents projects list --lang ": {"en", "fr"},
    "incidents import sta": {"status"},
    "incidents stats --interval w": {"week"},
    "incidents audit log --activity view": {"viewed"},
    "incidents access rev": {"revoke"},
}
"""Words as they are begun, and what a shell then offers."""


async def bash(folder: Path, script: str) -> str:
    """Run a script as somebody's own shell does, with the command line on its path."""
    home = {"HOME": str(folder), "PATH": f"{folder}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *("bash", "--norc", "-c", script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=home,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
async def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    """The script that is shown makes bash offer commands, options and values, of the server's commands, too."""
    program = shutil.which("incidents", path=f"{Path(sys.executable).parent}")
    assert program is not None
    (tmp_path / "incidents").symlink_to(program)
    lines = ["source <(incidents --show-completion bash)", "complete -p incidents"]
    for beginning in COMPLETED:
        words = beginning.split(" ")
        array = " ".join(f"'{word}'" for word in words)
        lines.append(f"COMP_WORDS=({array}) COMP_CWORD={len(words) - 1}; _incidents_completion incidents")
        lines.append('echo "$(printf "%s " "${COMPREPLY[@]}")"')
    registered, *offered = (await bash(tmp_path, "\n".join(lines))).splitlines()
    assert "_incidents_completion" in registered
    by_name = {beginning: set(line.split()) for beginning, line in zip(COMPLETED, offered, strict=True)}
    assert {beginning: by_name[beginning] & words for beginning, words in COMPLETED.items()} == COMPLETED


@pytest.mark.parametrize("shell", ["zsh", "fish"])
async def test_other_shells_have_a_script(shell: str) -> None:
    """Zsh and fish get scripts of their own."""
    ended = await incidents(environment={"_INCIDENTS_COMPLETE": f"source_{shell}"})
    assert ended.status == 0
    assert f"_INCIDENTS_COMPLETE=complete_{shell}" in ended.out


async def offered(words: str, environment: dict[str, object]) -> list[str]:
    """Return what bash is offered behind these words."""
    variables = {"COMP_WORDS": words, "COMP_CWORD": words.count(" "), "_INCIDENTS_COMPLETE": "complete_bash"}
    ended = await incidents(environment={**environment, **variables})
    assert ended.status == 0
    assert ended.err == ""
    return ended.out.split("\n")[:-1] if ended.out.strip() else []


async def test_names_of_the_site_are_completed(bus: Bus, peer: Peer) -> None:
    """What is defined is offered as bash takes it, and one who may not see it is offered nothing."""
    peer.answers["administration.properties"] = json.dumps(PROPERTIES).encode()
    ours: dict[str, object] = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    assert await offered("incidents projects list --type Inj", ours) == ["Injury"]
    assert await offered("incidents projects update 12 --status In", ours) == ["In\\ progress"]
    peer.refusals["administration.properties"] = {"code": "not-available", "message": "No."}
    assert await offered("incidents projects list --type Inj", ours) == []


async def test_what_does_not_answer_is_not_waited_for(bus: Bus, tmp_path: Path) -> None:
    """Where nobody listens, where nobody answers, and where no system is, nothing is offered and nothing said."""

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    writers: list[asyncio.StreamWriter] = []
    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    places: list[dict[str, object]] = [
        {"INCIDENTS_NATS_URL": url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
        for url in ("nats://127.0.0.1:1", f"nats://127.0.0.1:{port}")
    ]
    places.append({"INCIDENTS_DATA": tmp_path})
    for place in places:
        assert await offered("incidents projects list --type Inj", place) == []
    for writer in writers:
        writer.close()
    listening.close()
