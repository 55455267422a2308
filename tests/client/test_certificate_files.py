"""`incidents retention verify-certificate` with a wrong file: it is named as it was typed, with the way out."""

from pathlib import Path

import pytest

from contracts.evidence.destruction import written_pem
from tests.client.test_certificates import KEY, SUPPLEMENT, WHOLE, saved, verified


def words_of(text: str) -> str:
    """Return what a panel says, on one line."""
    return " ".join(text.replace("│", " ").replace("\u00a0", " ").split())


@pytest.mark.parametrize("content", [b"%PDF-1.7\n%%EOF", b'{"items": []}', b"", WHOLE[:30]])
@pytest.mark.parametrize("language, words", [("en", "is not a certificate"), ("fr", "n'est pas un certificat")])
async def test_another_file_is_not_a_certificate(tmp_path: Path, content: bytes, language: str, words: str) -> None:
    """A PDF, another JSON and what is left of a certificate are named, and not a key that nobody typed."""
    path = tmp_path / "record.pdf"
    path.write_bytes(content)
    ended = await verified(path, "--lang", language)
    assert ended.status == 2
    assert f"record.pdf {words}" in words_of(ended.err)
    assert ".pem" not in ended.err
    assert "incidents retention certificates --save" in words_of(ended.err)


async def test_a_text_beside_a_certificate_is_not_one(tmp_path: Path) -> None:
    """The signature and the key beside it are those of the JSON: a PDF of the same name is not called cut off."""
    path = saved(tmp_path, WHOLE).with_suffix(".pdf")
    path.write_bytes(b"%PDF-1.7\n%%EOF")
    for named in (path, path.with_suffix(".pem")):
        ended = await verified(named)
        assert ended.status == 2
        assert f"{named.name} is not a certificate" in words_of(ended.err)


@pytest.mark.parametrize(
    "ending, words",
    [
        (".sig", "cannot be verified without its signature, certificate-17.sig: put that beside it"),
        (".pem", "cannot be verified without the key of the site, certificate-17.pem: put that beside it"),
    ],
)
async def test_what_is_missing_beside_a_certificate_is_named(tmp_path: Path, ending: str, words: str) -> None:
    """The certificate that was typed is named, with what has to be beside it; a named key does instead of that one."""
    path = saved(tmp_path, WHOLE)
    path.with_suffix(ending).unlink()
    ended = await verified(path)
    assert ended.status == 2
    assert f"certificate-17.json {words}" in words_of(ended.err)
    (tmp_path / "site.pub").write_text(KEY.public_line)
    assert (await verified(path, "--key", tmp_path / "site.pub")).status == (0 if ending == ".pem" else 2)


async def test_a_damaged_key_beside_a_certificate_is_named(tmp_path: Path) -> None:
    """The key beside a certificate is not one: both are named."""
    path = saved(tmp_path, WHOLE)
    path.with_suffix(".pem").write_text(written_pem(KEY.public_key)[:40])
    ended = await verified(path)
    words = "certificate-17.json cannot be verified with certificate-17.pem beside it"
    assert ended.status == 2
    assert words in words_of(ended.err)


async def test_a_supplement_alone_needs_its_certificate(tmp_path: Path) -> None:
    """The refusal of a lone supplement names the missing file, and that of a wrong file the one that was typed."""
    path = saved(tmp_path, SUPPLEMENT, name="certificate-17-supplement.json")
    ended = await verified(path)
    words = (
        "certificate-17-supplement.json is the supplement of a certificate: put the certificate, certificate-17.json"
    )
    assert ended.status == 2
    assert words in words_of(ended.err)
    missing = await verified(tmp_path / "none-supplement.json")
    assert missing.status == 2
    assert "none-supplement.json cannot be read" in words_of(missing.err)


async def test_a_certificate_that_was_cut_off_says_what_to_do(tmp_path: Path) -> None:
    """With its signature beside it, the beginning of a certificate is named with what is missing and who has it."""
    path = saved(tmp_path, WHOLE[:-200], signature=KEY.sign_raw(WHOLE))
    ended = await verified(path)
    assert ended.status == 1
    assert "certificate-17.json is not as the site signed it: It is cut off: its end is missing. Ask" in words_of(
        ended.out
    )
