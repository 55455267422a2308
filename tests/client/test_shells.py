"""What shells ask of the command line: its version, and how its words go on."""

import asyncio
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.client.command_line import ROOT, incidents


async def test_it_says_its_version() -> None:
    """`--version` says which version this is, for people and for programs."""
    ended = await incidents("--version")
    assert ended.out.startswith(f"Incident Manager {version('incident-manager')}, Python 3.")
    assert (await incidents("--version", "--json")).json["version"] == version("incident-manager")


async def test_options_of_commands_stand_behind_them() -> None:
    """An option of a command that stands before it is refused instead of being ignored."""
    ended = await incidents("--json", "me")
    assert (ended.status, ended.json["error"]["code"]) == (2, "usage")


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
    for typed in COMPLETED:
        words = typed.split(" ")
        array = " ".join(f"'{word}'" for word in words)
        lines.append(f"COMP_WORDS=({array}) COMP_CWORD={len(words) - 1}; _incidents_completion incidents")
        lines.append('echo "$(printf "%s " "${COMPREPLY[@]}")"')
    registered, *offered = (await bash(tmp_path, "\n".join(lines))).splitlines()
    assert "_incidents_completion" in registered
    found = {typed: set(line.split()) for typed, line in zip(COMPLETED, offered, strict=True)}
    assert {typed: found[typed] & words for typed, words in COMPLETED.items()} == COMPLETED


@pytest.mark.parametrize("shell", ["zsh", "fish"])
async def test_other_shells_have_a_script(shell: str) -> None:
    """Zsh and fish get scripts of their own."""
    ended = await incidents(environment={"_INCIDENTS_COMPLETE": f"source_{shell}"})
    assert (ended.status, f"_INCIDENTS_COMPLETE=complete_{shell}" in ended.out) == (0, True)
