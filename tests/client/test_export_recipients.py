"""`incidents projects export` to keys of age, against somebody who stands where the workers do."""

from pathlib import Path

import pytest
from pyrage import x25519

from contracts.projects.exports import RECIPIENTS_MAX
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line, sent_body
from tests.client.test_export import exporting

__all__ = ["exporting", "run_line"]

PRIVATE = str(x25519.Identity.generate())
KEYS = [str(x25519.Identity.generate().to_public()) for _ in range(RECIPIENTS_MAX + 1)]


async def test_keys_are_sent(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """Typed keys and those in a file of age become the recipients, each once; they are named at the end."""
    (tmp_path / "keys.txt").write_text(f"\ufeff# police\r\n{KEYS[1]}\r\n\n  {KEYS[2]}  \n{KEYS[0]}\n", encoding="utf-8")
    exporting.result["package"] |= {"encrypted": True, "recipients": KEYS[:3]}
    line = ("--age-recipient", KEYS[0], "--age-recipient", KEYS[1], "--age-recipients-file", "keys.txt")
    ended = await run_line("projects", "export", PROJECT, *line)
    assert ended.status == 0, ended.err
    assert sent_body(exporting) == {"project_id": PROJECT, "include": [], "recipients": KEYS[:3]}
    shown = ended.out.replace("\n", "")
    assert [key for key in KEYS[:3] if key not in shown] == []
    assert "3 keys of age open it" in ended.out
    assert ": encrypted, " in ended.out.replace("\n", " ")


@pytest.mark.parametrize(
    "line, content, words",
    [
        (("--age-recipient", KEYS[0], "--age-recipient", KEYS[1][:-1]), "", ("--age-recipient (2) ", "58 letters")),
        (("--age-recipient", f"age1{'q' * 58}"), "", ("--age-recipient ", "checksum")),
        (("--age-recipient", PRIVATE), "", ("--age-recipient ", "private key")),
        (("--age-recipients-file", "keys.txt"), f"# police\n{KEYS[0]}\nssh-rsa AAAA\n", ("keys.txt, line 3 ", "kind")),
        (("--age-recipients-file", "keys.txt"), "# nobody yet\n", ("keys.txt names no key",)),
        (("--age-recipients-file", "none.txt"), "", ("none.txt cannot be read",)),
        (("--age-recipients-file", "keys.txt"), "\n".join(KEYS), ("21 keys", "at most 20")),
        (("--age-recipient", KEYS[0], "--password-stdin"), "", ("leave one of them out",)),
        (("--age-recipient", KEYS[0], "--resume", PROJECT), "", ("leave the rest out",)),
    ],
    ids=["short", "mistyped", "private", "SSH in a file", "empty file", "no file", "many", "password", "resumed"],
)
async def test_what_is_no_key_is_named_before_anything_is_sent(
    exporting: Peer, run_line: RunLine, tmp_path: Path, line: tuple[str, ...], content: str, words: tuple[str, ...]
) -> None:
    """A wrong key is named by its place with the reason; a private key is never repeated, and no key is wrong, too."""
    (tmp_path / "keys.txt").write_text(content)
    project = () if "--resume" in line else (PROJECT,)
    ended = await run_line("projects", "export", *project, *line, standard_input="correct horse\n")
    assert ended.status == 2
    assert exporting.commands == []
    assert [word for word in words if word not in ended.err.replace("\n", " ")] == []
    assert PRIVATE not in ended.err + ended.out


async def test_a_file_that_is_no_text_is_named(exporting: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A file in another encoding is named with what to do."""
    (tmp_path / "keys.txt").write_bytes(b"\xff\xfe")
    ended = await run_line("projects", "export", PROJECT, "--age-recipients-file", "keys.txt", "--lang", "fr")
    assert ended.status == 2
    assert exporting.commands == []
    assert "keys.txt n'est pas en UTF-8" in ended.err
