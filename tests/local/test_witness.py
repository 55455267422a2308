"""Being a witness: a real process that answers over HTTP as C2SP tlog-witness says, also after it was restarted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from contracts.evidence.checkpoints import Checkpoint, signed_note
from contracts.evidence.consistency import consistency_proof
from contracts.evidence.cosignatures import LOG_KEY, WITNESS_KEY, Verifier, read_cosignatures, read_verifier
from contracts.evidence.merkle_tree import leaf_hash, root_of
from tests.client.command_line import incidents
from tests.support.witness import NAME, WitnessProcess, post, submit, witness_process
from workers.common.signing_key import SigningKey as SiteKey
from workers.common.signing_key import is_signature

KEY, OTHER = SigningKey(b"s" * 32), SigningKey(b"o" * 32)
LOG = Verifier("incidents/main/log_server", bytes(KEY.verify_key), LOG_KEY)
LEAVES = [leaf_hash(b"%d" % number) for number in range(20)]
FORGED = [leaf_hash(b"x"), *LEAVES[1:]]


def note(size: int, leaves: list[bytes] = LEAVES, key: SigningKey = KEY, origin: str = LOG.name) -> str:
    """Return a checkpoint that a key has signed."""
    checkpoint = Checkpoint(origin, size, root_of(leaves[:size]))
    return signed_note(checkpoint, bytes(key.verify_key), lambda message: key.sign(message).signature)


def proof(old: int, new: int, leaves: list[bytes] = LEAVES) -> list[bytes]:
    """Return the proof from one size to another."""
    return consistency_proof(old, new, lambda level, number: b"".join(leaves[:new]))


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[WitnessProcess]:
    """A witness that has cosigned seven entries of a log."""
    async with witness_process(tmp_path / "witness", [LOG.line]) as process:
        assert (await submit(process, 0, [], note(7))).status == 200
        yield process


async def test_it_cosigns_what_has_only_grown(witness: WitnessProcess) -> None:
    """A proven continuation gets a cosignature, again for the same size, and the key is that of its page."""
    key = read_verifier(witness.line, WITNESS_KEY)
    assert key.name == NAME
    for old, path in ((7, proof(7, 20)), (20, [])):
        answer = await submit(witness, old, path, note(20))
        assert answer.status == 200
        assert answer.text.startswith("\u2014 ")
        text = note(20).partition("\n\n")[0] + "\n"
        assert read_cosignatures(text, answer.text.splitlines(), key, is_signature)


REFUSED = [
    ("a size that it did not see last", 0, [], note(20), 409),
    ("a size that it never saw", 8, proof(8, 20), note(20), 409),
    ("another history", 7, proof(7, 20, FORGED), note(20, FORGED), 422),
    ("no proof", 7, [], note(20), 422),
    ("another root of the same size", 7, [], note(7, FORGED), 409),
    ("a smaller log", 7, [], note(3), 400),
    ("another key", 7, proof(7, 20), note(20, key=OTHER), 403),
    ("another log", 0, [], note(20, origin="incidents/other/log_server"), 404),
]


@pytest.mark.parametrize("old, path, checkpoint, status", [each[1:] for each in REFUSED], ids=[e[0] for e in REFUSED])
async def test_it_refuses_everything_else(
    witness: WitnessProcess, old: int, path: list[bytes], checkpoint: str, status: int
) -> None:
    """Each refusal has the status of the specification, and what was seen stays what it was."""
    answer = await submit(witness, old, path, checkpoint)
    assert answer.status == status
    if old != 7 and status == 409:
        assert answer.kind == "text/x.tlog.size"
        assert answer.text == "7\n"
    else:
        assert answer.kind != "text/x.tlog.size"
    assert (await submit(witness, 7, proof(7, 20), note(20))).status == 200


async def test_it_never_goes_back(witness: WitnessProcess) -> None:
    """A smaller state than the last one is not cosigned, though it was true once."""
    assert (await submit(witness, 7, proof(7, 20), note(20))).status == 200
    for old, checkpoint in ((7, note(8)), (0, note(3)), (3, note(3))):
        answer = await submit(witness, old, proof(7, 8) if old == 7 else [], checkpoint)
        assert answer.status == 409
        assert answer.text == "20\n"


@pytest.mark.parametrize("body", [b"", b"old 7\n\n", b"old 7\n\nno note\n", b"\xff", b"x" * 70_000])
async def test_other_requests_are_refused(witness: WitnessProcess, body: bytes) -> None:
    """What is no submission is answered, and ends nothing."""
    assert (await post(witness, body)).status in {400, 413}
    assert (await post(witness, body, "/other")).status == 404
    assert (await submit(witness, 7, proof(7, 20), note(20))).status == 200


async def test_it_remembers(tmp_path: Path) -> None:
    """After a restart it knows what it saw, and has the same key."""
    async with witness_process(tmp_path / "witness", [LOG.line]) as process:
        line = process.line
        assert (await submit(process, 0, [], note(7))).status == 200
    async with witness_process(tmp_path / "witness", [LOG.line]) as process:
        assert process.line == line
        assert (await submit(process, 0, [], note(20, FORGED))).text == "7\n"
        assert (await submit(process, 7, proof(7, 20, FORGED), note(20, FORGED))).status == 422


async def test_only_one_of_two_requests_at_once_is_cosigned(witness: WitnessProcess) -> None:
    """Two continuations of one state, of which one takes entries back, do not both get a cosignature."""
    answers = await asyncio.gather(
        *(submit(witness, 7, proof(7, size), note(size)) for size in (8, 20, 9, 19, 12, 15, 11, 18))
    )
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7


@pytest.mark.parametrize(
    "line, words",
    [
        (("--name", "two words"), "cannot name a witness"),
        (("--name", "w", "--listen", "nowhere"), "nowhere is not an address"),
        (("--name", "w", "--log", "missing"), "missing cannot be read"),
    ],
)
async def test_mistakes_are_named(tmp_path: Path, line: tuple[str, ...], words: str) -> None:
    """A name, an address or a file that is none ends the command with status 2 and one sentence."""
    (tmp_path / "keys").write_text(f"{LOG.line}\n")
    ended = await incidents("audit", "witness", "seen", "--log", "keys", *line, folder=tmp_path)
    assert (ended.status, words in ended.err) == (2, True), ended
    (tmp_path / "keys").write_text("no key\n")
    ended = await incidents("audit", "witness", "seen", "--log", "keys", "--name", "w", folder=tmp_path)
    assert (ended.status, "is not the key of a log" in ended.err) == (2, True), ended


async def test_a_site_shows_the_keys_of_its_logs(tmp_path: Path) -> None:
    """The lines are those that a witness takes, with the name of the site that is in the directory or given."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "package-signing.key").write_text(SiteKey.generate("site").text())
    (tmp_path / "keys" / "site").write_text("north\n")
    ended = await incidents("audit", "keys", "--data", tmp_path)
    names = [read_verifier(line, LOG_KEY).name for line in ended.out.splitlines()]
    assert names == ["incidents/north/incident_manager", "incidents/north/log_server"], ended
    other = await incidents("audit", "keys", "--data", tmp_path, "--json", environment={"INCIDENTS_SITE": "south"})
    assert read_verifier(other.json["log_server"], LOG_KEY).name == "incidents/south/log_server"
    missing = await incidents("audit", "keys", "--data", tmp_path / "other")
    assert (missing.status, "package-signing.key" in missing.err) == (2, True), missing
