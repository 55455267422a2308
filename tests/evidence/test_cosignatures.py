"""Cosignatures and requests of witnesses, in the forms of C2SP: what others write is read, and nothing else."""

import base64
from datetime import UTC, datetime

import pytest
from nacl.signing import SigningKey

from contracts.evidence.checkpoints import Checkpoint, NoteError, read_note, signed_note, verifier_line
from contracts.evidence.cosignatures import (
    LOG_KEY,
    WITNESS_KEY,
    Verifier,
    cosignature_line,
    is_signed_by,
    parts_of,
    read_cosignatures,
    read_verifier,
)
from contracts.evidence.witness_requests import Submission, read_size, read_submission
from workers.common.signing_key import is_signature

SITE, OTHER = SigningKey(b"s" * 32), SigningKey(b"w" * 32)
LOG = Verifier("incidents/main/log_server", bytes(SITE.verify_key), LOG_KEY)
WITNESS = Verifier("witness.example/w1", bytes(OTHER.verify_key), WITNESS_KEY)
CHECKPOINT = Checkpoint(LOG.name, 7, b"r" * 32)
NOTE = signed_note(CHECKPOINT, LOG.key, lambda message: SITE.sign(message).signature)
AT = 1_679_315_147
LINE = cosignature_line(CHECKPOINT.text, WITNESS, AT, lambda message: OTHER.sign(message).signature)
_LOG_LINE = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
_WITNESS_LINE = (
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
)
EXAMPLE = f"""\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa {_LOG_LINE}
— witness.example.com/w1 {_WITNESS_LINE}
"""
"""The example of C2SP tlog-cosignature."""


def test_a_cosignature_says_who_saw_what_and_when() -> None:
    """A line that a witness made is read with its name and its time, and the signed message is that of C2SP."""
    [cosignature] = read_cosignatures(CHECKPOINT.text, [LINE.strip()], WITNESS, is_signature)
    assert cosignature == (WITNESS.name, datetime.fromtimestamp(AT, UTC), LINE)
    blob = base64.b64decode(LINE.split()[2])
    assert blob[:4] == WITNESS.key_id
    assert blob[4:12] == AT.to_bytes(8, "big")
    message = f"cosignature/v1\ntime {AT}\n{CHECKPOINT.text}"
    assert is_signature(WITNESS.key, blob[12:], message.encode())


@pytest.mark.parametrize(
    "text, line, witness",
    [
        (CHECKPOINT._replace(size=8).text, LINE, WITNESS),
        (CHECKPOINT._replace(root=b"x" * 32).text, LINE, WITNESS),
        (CHECKPOINT.text, LINE, WITNESS._replace(key=LOG.key)),
        (CHECKPOINT.text, LINE, WITNESS._replace(name="witness.example/w2")),
        (CHECKPOINT.text, LINE.replace("w1", "w2"), WITNESS),
        (CHECKPOINT.text, cosignature_line(CHECKPOINT.text, WITNESS, AT, lambda _: b"s" * 64), WITNESS),
        (CHECKPOINT.text, cosignature_line(CHECKPOINT.text, WITNESS, AT, lambda _: b"s"), WITNESS),
        (CHECKPOINT.text, "— witness.example/w1 no-base64\n", WITNESS),
        (CHECKPOINT.text, NOTE.splitlines()[-1], WITNESS),
    ],
)
def test_other_lines_are_no_cosignature(text: str, line: str, witness: Verifier) -> None:
    """A line of somebody else, for another checkpoint, or with another signature, says nothing."""
    assert read_cosignatures(text, [line], witness, is_signature) == []


def test_a_changed_time_is_found() -> None:
    """Nobody can date a cosignature back: its time is signed."""
    blob = base64.b64decode(LINE.split()[2])
    later = blob[:4] + (AT - 1).to_bytes(8, "big") + blob[12:]
    line = f"— {WITNESS.name} {base64.b64encode(later).decode()}"
    assert read_cosignatures(CHECKPOINT.text, [line], WITNESS, is_signature) == []


def test_a_note_with_a_cosignature_is_still_a_note() -> None:
    """The signature of the log counts as before, with the line of a witness behind it."""
    assert read_note(NOTE + LINE, LOG.key, is_signature) == CHECKPOINT
    parts = parts_of(NOTE + LINE)
    assert parts.checkpoint == CHECKPOINT
    assert parts.text == CHECKPOINT.text
    assert is_signed_by(parts, LOG, is_signature)
    assert not is_signed_by(parts, LOG._replace(key=WITNESS.key), is_signature)


def test_the_example_of_the_specification_is_read() -> None:
    """The note of C2SP tlog-cosignature has its checkpoint and two lines; extension lines belong to the text."""
    parts = parts_of(EXAMPLE)
    assert parts.checkpoint.origin == "example.com/behind-the-sofa"
    assert parts.checkpoint.size == 20_852_163
    assert [line.split()[1] for line in parts.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    extended = parts_of(EXAMPLE.replace("q2I=\n\n", "q2I=\nan extension\n\n"))
    assert extended.checkpoint == parts.checkpoint
    assert extended.text == f"{parts.text}an extension\n"


@pytest.mark.parametrize("note", ["", "\n\n", "log\n7\n", EXAMPLE.replace("20852163", "020852163"), EXAMPLE[:-1]])
def test_other_texts_are_no_checkpoints(note: str) -> None:
    """A text without lines, with another number, or cut off, is refused."""
    with pytest.raises(NoteError):
        parts_of(note)


def test_keys_are_written_as_others_read_them() -> None:
    """The line of a key has its name, its id and its kind; a key of a log is not one of a witness."""
    assert LOG.line == verifier_line(LOG.name, LOG.key)
    assert read_verifier(f"{WITNESS.line}\n", WITNESS_KEY) == WITNESS
    for line in (LOG.line, WITNESS.line[:-5], WITNESS.line.replace("w1", "w2"), "", "a+b+c", f"a {WITNESS.line}"):
        with pytest.raises(NoteError):
            read_verifier(line, WITNESS_KEY)


def test_a_submission_has_the_form_of_the_specification() -> None:
    """The body of a request is the old size, the hashes of the proof, an empty line and the note."""
    submission = Submission(3, [b"a" * 32, b"b" * 32], NOTE)
    assert submission.body.decode().splitlines()[:4] == [
        "old 3",
        base64.b64encode(b"a" * 32).decode(),
        base64.b64encode(b"b" * 32).decode(),
        "",
    ]
    assert read_submission(submission.body) == submission
    assert read_submission(Submission(0, [], NOTE).body) == Submission(0, [], NOTE)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 03\n\n",
        b"old -1\n\nx",
        b"new 3\n\nx",
        b"old 3\nYQ==\n\nx",
        b"old 3\n!\n\nx",
        b"\xff",
        b"o" * 420,
    ],
)
def test_other_bodies_are_refused(body: bytes) -> None:
    """A witness reads nothing into a request of another form."""
    with pytest.raises(NoteError):
        read_submission(body)


def test_a_size_is_a_number() -> None:
    """What a witness saw last is a decimal number in a line."""
    assert read_size(b"20852014\n") == 20_852_014
    for answer in (b"", b"-1\n", b"07\n", b"many\n", b"1\n2\n"):
        with pytest.raises(NoteError):
            read_size(answer)
