"""`incidents retention certificates` and `verify-certificate`: what is shown and saved, and what does not fit."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.evidence.checkpoints import Checkpoint, signed_note
from contracts.evidence.destruction import Certificate, Kind, LogHead, PolicyRule, Rule, rule_words, written_pem
from contracts.evidence.supplements import Supplement
from tests.client.command_line import CommandResult, incidents
from tests.client.conftest import Bus, Peer
from workers.common.signing_key import SigningKey

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER = SigningKey.generate("site"), SigningKey.generate("site")
POLICY = PolicyRule(
    policy_id="thefts", property_id=1, property="Theft", years=2, days=30, exempt=False, counted_from="closing"
)


def head_of(key: SigningKey) -> LogHead:
    """Return a signed state of a log."""
    state = Checkpoint("incidents/main/incident_manager", 7, b"\1" * 32)
    note = signed_note(state, key.public_key, key.sign_raw)
    return LogHead(origin=state.origin, size=7, root=base64.b64encode(state.root).decode(), checkpoint=note)


def certificate(**changed: Any) -> Certificate:
    """Return a certificate of a sweep."""
    fields: dict[str, Any] = {
        "site": "main",
        "number": 17,
        "destruction": UUID(int=1),
        "kind": Kind.SWEEP,
        "rule": Rule(words=rule_words(7, [POLICY]), retention_days=7, timezone="UTC", policies=[POLICY]),
        "erased_from": AT,
        "erased_until": AT,
        "projects": ["20160-20162", "20163"],
        "count": 4,
        "log": head_of(KEY),
        "overwritten_at": None,
        "issued_at": AT,
        "key": KEY.fingerprint,
    }
    return Certificate(**{**fields, **changed})


def saved(
    folder: Path,
    content: bytes,
    key: SigningKey = KEY,
    signature: bytes | None = None,
    name: str = "certificate-17.json",
) -> Path:
    """Save a certificate as the command does, and return its path."""
    path = folder / name
    path.write_bytes(content)
    path.with_suffix(".sig").write_bytes(key.sign_raw(content) if signature is None else signature)
    path.with_suffix(".pem").write_text(written_pem(key.public_key))
    return path


async def verified(path: Path, *line: object) -> CommandResult:
    """Type the command."""
    return await incidents("retention", "verify-certificate", path, *line, folder=path.parent)


async def test_a_certificate_is_verified_without_a_system(tmp_path: Path) -> None:
    """An unchanged certificate is shown with what it says, and with whether its key is the expected one."""
    path = saved(tmp_path, certificate().text)
    (tmp_path / "site.pub").write_text(KEY.public_line)
    ended = await verified(path)
    assert ended.status == 0
    assert ended.err == ""
    for words in ("nothing in it was changed", KEY.fingerprint, "20160-20162, 20163", "not yet", "compare its"):
        assert words in " ".join(ended.out.split())
    for key in ("site.pub", "certificate-17.pem", KEY.fingerprint):
        ended = await verified(path, "--key", key if key.startswith("SHA256") else tmp_path / key, "--lang", "fr")
        assert ended.status == 0
        assert "C'est la clé attendue." in ended.out
        assert "2 ans + 30 jours" in ended.out.replace("\u00a0", " ")
    document = (await verified(path, "--json")).json
    assert document["verified"] is True
    assert document["certificate"]["number"] == 17


WHOLE = certificate().text
FORGED = certificate(key=OTHER.fingerprint, log=head_of(OTHER)).text


@pytest.mark.parametrize(
    "content, key, signature, problems",
    [
        (WHOLE.replace(b'"count": 4', b'"count": 5'), KEY, KEY.sign_raw(WHOLE), ["edited"]),
        (WHOLE[:-200], KEY, KEY.sign_raw(WHOLE), ["cut"]),
        (WHOLE, KEY, KEY.sign_raw(WHOLE)[:-1], ["signature"]),
        (WHOLE, OTHER, None, ["key-not-named", "checkpoint"]),
        (certificate(log=head_of(OTHER)).text, KEY, None, ["checkpoint"]),
        (certificate(count=5).text, KEY, None, ["count"]),
        (b"{}", KEY, None, ["form"]),
    ],
    ids=["edited", "cut", "short signature", "other key", "other log", "other count", "other form"],
)
async def test_what_does_not_fit_is_named(
    tmp_path: Path, content: bytes, key: SigningKey, signature: bytes | None, problems: list[str]
) -> None:
    """Whatever was changed, cut off or signed by another key is refused, with what it is."""
    path = saved(tmp_path, content, key, signature)
    ended = await verified(path, "--json")
    assert ended.status == 1
    assert ended.json["problems"] == problems
    readable = await verified(path, "--lang", "fr")
    assert readable.status == 1
    assert "n'est pas tel que le site l'a signé" in " ".join(readable.out.split())


def supplement(**changed: Any) -> Supplement:
    """Return the supplement of the certificate."""
    fields: dict[str, Any] = {
        "site": "main",
        "supplements": 17,
        "certificate_sha256": sha256(WHOLE).hexdigest(),
        "erased_until": AT,
        "overwritten_at": AT,
        "issued_at": AT,
        "key": KEY.fingerprint,
    }
    return Supplement(**{**fields, **changed})


SUPPLEMENT = supplement().text


@pytest.mark.parametrize(
    "content, key, signature, problems",
    [
        (SUPPLEMENT, KEY, None, []),
        (SUPPLEMENT.replace(b"2026", b"2025"), KEY, KEY.sign_raw(SUPPLEMENT), ["edited"]),
        (SUPPLEMENT[:-20], KEY, KEY.sign_raw(SUPPLEMENT), ["cut"]),
        (SUPPLEMENT, KEY, b"", ["signature"]),
        (SUPPLEMENT, OTHER, None, ["key-not-named"]),
        (supplement(supplements=18).text, KEY, None, ["other-certificate"]),
        (supplement(certificate_sha256="0" * 64).text, KEY, None, ["other-certificate"]),
        (WHOLE, KEY, None, ["form"]),
    ],
    ids=["whole", "edited", "cut", "short", "other key", "other number", "other text", "other form"],
)
async def test_a_supplement_is_verified_with_its_certificate(
    tmp_path: Path, content: bytes, key: SigningKey, signature: bytes | None, problems: list[str]
) -> None:
    """The supplement beside a certificate counts if it is whole, signed, and of this certificate."""
    path = saved(tmp_path, WHOLE)
    beside = saved(tmp_path, content, key, signature, "certificate-17-supplement.json")
    for each in (path, beside):
        ended = await verified(each, "--json")
        assert ended.status == bool(problems)
        assert ended.json["problems"] == problems
    readable = await verified(path, "--lang", "fr")
    assert ("Complément" in readable.out) == (not problems)


async def test_another_sites_key_is_refused(tmp_path: Path) -> None:
    """A certificate that another key signed as a whole is only told apart by the expected key."""
    path = saved(tmp_path, FORGED, OTHER)
    (tmp_path / "site.pub").write_text(KEY.public_line)
    assert (await verified(path)).status == 0
    ended = await verified(path, "--key", tmp_path / "site.pub", "--json")
    assert ended.status == 1
    assert ended.json["problems"] == ["other-key"]
    assert (await verified(path, "--key", tmp_path / "missing.pub")).status == 2


def row_of(text: bytes) -> dict[str, Any]:
    """Return a certificate as it is listed."""
    listed = {"number": 17, "kind": "sweep", "erased_until": AT.isoformat(), "issued_at": AT.isoformat(), "count": 4}
    signature, key = (base64.b64encode(each).decode() for each in (KEY.sign_raw(text), KEY.public_key))
    return {**listed, "text": text.decode(), "signature": signature, "public_key": key}


@pytest.mark.parametrize(
    "waiting, line, words",
    [
        (1, (), "1 erasure has no certificate yet"),
        (2, ("--lang", "fr"), "2 effacements n'ont pas encore de certificat"),
        (2, ("--csv",), "2 erasures have no certificate yet"),
    ],
)
async def test_erasures_without_a_certificate_are_counted(
    bus: Bus, peer: Peer, waiting: int, line: tuple[str, ...], words: str
) -> None:
    """An empty list does not look as if nothing was erased; a remark about a table goes to stderr with CSV."""
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    peer.answers["retention.certificates"] = json.dumps({"items": [], "waiting": waiting}).encode()
    ended = await incidents("retention", "certificates", *line, environment=environment)
    assert words in (ended.err if "--csv" in line else ended.out).replace("\u00a0", " ")


async def test_certificates_are_shown_and_saved(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """The list is asked as typed; saving writes three files each, which verify, and replaces no other file."""
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    peer.answers["retention.certificates"] = json.dumps({"items": [row_of(WHOLE)], "waiting": 0}).encode()
    line = ("retention", "certificates", "--project", 20163, "--since", "30d")
    ended = await incidents(*line, folder=tmp_path, environment=environment)
    assert json.loads(peer.queries[-1].data)["number"] == 20163
    for words in ("sweep", "20160-20162, 20163", "not yet"):
        assert words in ended.out
    assert "erasure" not in ended.out
    csv = await incidents(*line, "--csv", folder=tmp_path, environment=environment)
    assert "7 days after the creation; “Theft” is kept for 2 years + 30 days from the closing" in csv.out
    ended = await incidents(*line, "--save", tmp_path / "out", folder=tmp_path, environment=environment)
    assert "1 certificate is in " in ended.out
    path = tmp_path / "out" / "certificate-17.json"
    assert (await verified(path)).status == 0
    path.write_text("mine")
    ended = await incidents(*line, "--save", tmp_path / "out", folder=tmp_path, environment=environment)
    assert ended.status == 2
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    "language, words",
    [
        ("en", ("Certificate of destruction no. 17 of the site main", "deletion by hand", "This text is not signed")),
        ("fr", ("Certificat de destruction n° 17 du site main", "suppression manuelle", "Ce texte n'est pas signé")),
    ],
)
async def test_a_certificate_is_a_text_for_people(
    bus: Bus, peer: Peer, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    """One certificate is shown with all that it says, its number, and the digest of the file that is signed."""
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    text = certificate(kind=Kind.MANUAL, rule=Rule(words="deletion by hand")).text
    peer.answers["retention.certificates"] = json.dumps({"items": [row_of(text)], "waiting": 0}).encode()
    line = ("retention", "certificate", 17, "--lang", language)
    ended = await incidents(*line, folder=tmp_path, environment=environment)
    shown = " ".join(ended.out.replace("\u00a0", " ").split())
    digest = hashlib.sha256(text).hexdigest()
    assert [each for each in (*words, "20160-20162, 20163", digest, KEY.fingerprint) if each not in shown] == []
    assert (await incidents(*line, "--json", folder=tmp_path, environment=environment)).json["sha256"] == digest
    missing = await incidents("retention", "certificate", 18, folder=tmp_path, environment=environment)
    assert missing.status == 2
    assert "there is no certificate 18" in " ".join(missing.err.split())
