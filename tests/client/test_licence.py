"""`incidents licence`, typed against a whole site, and `incidents access licence`, which signs one."""

from pathlib import Path

import pytest

from tests.client.command_line import incidents
from tests.support import Site
from workers.local.access.signing_keys import Trust


async def test_a_licence_is_signed_activated_and_shown(site: Site, tmp_path: Path) -> None:
    """The operator's key signs a licence offline, and activating the file is all that is left to do (LIC-03)."""
    await site.worker("administration")
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}
    before = await incidents("licence", "show", environment=environment)
    assert before.status == 0
    assert "corporate, without end" in before.out
    term = ("--edition", "expert", "--expires", "2999-01-01T00:00:00Z")
    signed = await incidents("access", "licence", "--data", site.directory, "--out", tmp_path / "l.jwt", *term)
    assert signed.status == 0
    activated = await incidents("licence", "activate", tmp_path / "l.jwt", "--json", environment=environment)
    assert activated.json["edition"] == "expert"
    assert activated.json["expires_at"] == "2999-01-01T00:00:00Z"
    after = await incidents("licence", "show", "--lang", "fr", environment=environment)
    assert [word for word in ("valide", "expert", "01/01/2999", "admin") if word not in after.out] == []


async def test_a_file_that_is_no_licence_is_refused(site: Site, tmp_path: Path) -> None:
    """What is not a signed token is reported as such, and what cannot be read is the caller's mistake (LIC-05)."""
    await site.worker("administration")
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}
    (tmp_path / "l.jwt").write_text("a.b.c")
    for name, status, code in (("l.jwt", 1, "not-licensed"), ("gone.jwt", 2, "usage")):
        ended = await incidents("licence", "activate", tmp_path / name, "--json", environment=environment)
        assert ended.status == status
        assert ended.json["error"]["code"] == code


async def test_the_reason_of_a_refused_licence_is_a_sentence(site: Site, tmp_path: Path) -> None:
    """Somebody who names the licence of another site, or a credentials file, reads what is wrong with it (LIC-05)."""
    await site.worker("administration")
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}
    Trust.create(tmp_path / "other" / "keys", "main")
    signed = await incidents("access", "licence", "--data", tmp_path / "other", "--out", tmp_path / "other.jwt")
    assert signed.status == 0
    (tmp_path / "cut.jwt").write_text("a.b.c")
    activate = ("licence", "activate")
    for name, language, words in (
        ("other.jwt", "en", "the operator key of this site did not sign it"),
        ("other.jwt", "fr", "la clé d'opérateur de ce site ne l'a pas signée"),
        ("cut.jwt", "en", "it cannot be read: perhaps it is not a licence"),
    ):
        ended = await incidents(*activate, tmp_path / name, "--lang", language, environment=environment)
        assert words in " ".join(ended.err.replace("│", "").split())


@pytest.mark.parametrize("end", ["2020-01-01T00:00:00Z", "2020-01-01"])
async def test_a_licence_that_has_ended_is_not_signed(site: Site, tmp_path: Path, end: str) -> None:
    """An end in the past is a slip, because nobody could activate that licence."""
    line = ("--data", site.directory, "--out", tmp_path / "l.jwt", "--expires", end)
    signed = await incidents("access", "licence", *line)
    assert signed.status == 2
    assert f"--expires: {end} is in the past" in signed.err
    assert not (tmp_path / "l.jwt").exists()


@pytest.mark.parametrize("line", [("--edition", "essential"), ("--expires", "tomorrow"), ("--version", "")])
async def test_a_licence_has_an_edition_that_is_sold(site: Site, tmp_path: Path, line: tuple[str, str]) -> None:
    """A licence is for one of the editions that the product comes with or is bought for (LIC-02, LIC-04)."""
    signed = await incidents("access", "licence", "--data", site.directory, "--out", tmp_path / "l.jwt", *line)
    assert signed.status == 2
    assert not (tmp_path / "l.jwt").exists()
