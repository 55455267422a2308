"""Single proofs of a package, verified by others: a library in Rust, and the tools that every Linux has."""

import base64
import json
import re
import subprocess
from pathlib import Path

import metamorphic_log
import pytest

from contracts.evidence.merkle_tree import leaf_hash
from contracts.evidence.packaged_activity import FILE, LOG_KEY, PROOFS
from tests.checks.tree import ROOT
from tests.evidence.logged_activity import HASHES, LOG_SIZE, activity, log_files
from tests.evidence.sample import export, files
from workers.common.signing_key import SigningKey

KEY = SigningKey.generate("incident-manager-main")
INDEXES = [299, 256, 255, 128, 7, 0]
HEADER = "c2sp.org/tlog-proof@v1\n"
_SECTION = "### One entry with common tools\n"
_LINES = re.compile(r"```bash\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """The files of a package with some entries of a larger log."""
    return files(export(activity=activity(INDEXES)), KEY, encrypted=False)


def parts(block: str) -> tuple[int, list[bytes], str]:
    """Return the index, the hashes and the checkpoint of a proof, read here as its specification says."""
    head, _, note = block.partition("\n\n")
    lines = [line for line in head.split("\n")[1:] if not line.startswith("extra ")]
    hashes = [base64.b64decode(line) for line in lines[1:]]
    return int(lines[0].removeprefix("index ")), hashes, note


def proofs(contents: dict[str, bytes]) -> list[tuple[int, list[bytes], str]]:
    """Return the proofs of a package."""
    return [parts(HEADER + block) for block in contents[PROOFS].decode().split(HEADER)[1:]]


def test_a_library_of_others_verifies_each_proof(contents: dict[str, bytes]) -> None:
    """Checkpoint, key and proof are as an implementation in another language expects them, for every entry."""
    line = contents[LOG_KEY].decode().strip()
    sizes = {}
    for index, hashes, note in proofs(contents):
        metamorphic_log.checkpoint_verify_inclusion(note, [line], index, HASHES[index], hashes)
        sizes[index] = metamorphic_log.checkpoint_verify(note, [line]).size
    assert sizes == dict.fromkeys(sorted(INDEXES), LOG_SIZE)


def test_a_library_of_others_refuses_what_is_wrong(contents: dict[str, bytes]) -> None:
    """Another leaf, place or key is refused by it, too, so that its word counts."""
    line, (index, hashes, note) = contents[LOG_KEY].decode().strip(), proofs(contents)[2]
    other = SigningKey.generate("other")
    foreign = log_files(activity([1]), other, "x")[LOG_KEY].decode().strip()
    for key, place, leaf in (
        (line, index, HASHES[1]),
        (line, index + 1, HASHES[index]),
        (foreign, index, HASHES[index]),
    ):
        with pytest.raises(metamorphic_log.VerifyError):
            metamorphic_log.checkpoint_verify_inclusion(note, [key], place, leaf, hashes)


def shell_lines() -> str:
    """Return the lines of the documentation that verify one entry with common tools."""
    section = (ROOT / "docs" / "evidence.md").read_text().partition(_SECTION)[2].partition("\n## ")[0]
    return "\n".join(_LINES.findall(section))


def run(folder: Path, number: int) -> subprocess.CompletedProcess[str]:
    """Type the lines of the documentation about the entry with this place in activity.json."""
    script = "set -e\n" + shell_lines().replace("entry=0\n", f"entry={number}\n")
    return subprocess.run(["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)


def extract(folder: Path, contents: dict[str, bytes]) -> None:
    """Extract a package."""
    (folder / "data").mkdir()
    for name, data in contents.items():
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("number", range(len(INDEXES)))
def test_common_tools_verify_one_entry(tmp_path: Path, contents: dict[str, bytes], number: int) -> None:
    """The lines of the documentation make the leaf of an entry, verify the signature, and come to the signed root."""
    extract(tmp_path, contents)
    ended = run(tmp_path, number)
    assert ended.stderr == "" or "Success" in ended.stderr
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1] == "the entry is in the log"
    leaf = (tmp_path / "leaf").read_bytes()
    assert leaf_hash(leaf) == HASHES[INDEXES[number]]


@pytest.mark.parametrize("name, before, after", [(FILE, b'"oscar"', b'"olivia"'), (FILE, b":15.0000", b":16.0000")])
def test_common_tools_find_a_change(
    tmp_path: Path, contents: dict[str, bytes], name: str, before: bytes, after: bytes
) -> None:
    """A changed actor or time does not lead to the root."""
    data = contents[f"data/{name}"]
    assert before in data
    extract(tmp_path, {**contents, f"data/{name}": data.replace(before, after)})
    ended = run(tmp_path, INDEXES.index(255))
    assert ended.returncode != 0
    assert "the entry is in the log" not in ended.stdout


def test_the_leaf_is_the_entry_as_it_was_recorded(contents: dict[str, bytes]) -> None:
    """The eight fields of a leaf are in activity.json as they are in it."""
    entry = json.loads(contents["data/activity.json"])["items"][0]
    assert {"event_id", "project_id", "command_id", "at", "actor", "activity", "revision", "details"} < entry.keys()
