"""The password of a package: where it must never be."""

import hashlib
import json
from typing import Any

import pytest

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.exports import ExportProject
from tests.delivery.helpers import Inspector, command_subject
from tests.projects.helpers import Operator
from tests.projects.packages import PASSWORD, export, fetch, unzip
from tests.projects.test_export_work import result_of
from tests.support import Site, eventually
from workers.common.signing_key import FILE_NAME, SigningKey
from workers.projects.exports.sealed_passwords import SealedPasswordError, unseal
from workers.runtime.bus.streams import api

pytestmark = pytest.mark.usefixtures("reports")

TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""


@pytest.fixture
async def inspector(site: Site) -> Inspector:
    """What operations see."""
    return Inspector(site, await site.overseer())


async def rows_with(site: Site, secret: str) -> list[str]:
    """Return every row of every table that holds a secret, as text or as bytes."""
    results = []
    for (table,) in await site.sql(TABLES):
        rows = await site.sql(f"SELECT t::text FROM {table} t")  # noqa: S608 - the database's own names
        results += [f"{table}: {row}" for (row,) in rows if secret in row or secret.encode().hex() in row]
    return results


async def test_a_password_is_kept_nowhere(
    operator: Operator, site: Site, inspector: Inspector, capfd: pytest.CaptureFixture[str]
) -> None:
    """No table, stream, log or outcome has the password of a package, in no form that can be read."""
    await site.worker("audit")
    response = await operator.send(ExportProject(project_id=operator.project_id, password=PASSWORD))
    await inspector.wait_until_idle()
    await eventually(lambda: trimmed(inspector))
    lying = [*await inspector.messages_in("EVENTS"), *await inspector.messages_in("DEAD")]
    assert await rows_with(site, PASSWORD) == []
    assert not [
        message for message in lying if PASSWORD.encode() in (message.data or b"") or PASSWORD in str(message.headers)
    ]
    assert PASSWORD not in response.model_dump_json() + "".join(capfd.readouterr())


async def test_a_password_waits_sealed_and_is_gone_with_the_outcome(operator: Operator, site: Site) -> None:
    """While its package is made, a password is only in a sealed form that needs the key; later in none at all."""
    await site.sql("ALTER TABLE reports.package_report ADD CONSTRAINT late CHECK (false) NOT VALID")
    submitted = await operator.client.submit(ExportProject(project_id=operator.project_id, password=PASSWORD))
    await eventually(lambda: site.count("projects.export"))
    assert await rows_with(site, PASSWORD) == []
    [(package_id, sealed)] = await site.sql("SELECT package_id, sealed_password FROM projects.export")
    key = SigningKey.read(site.directory / "keys" / FILE_NAME)
    assert unseal(bytes(sealed), key, package_id) == PASSWORD
    for wrong_key, wrong_id in ((SigningKey.generate("another"), package_id), (key, uuid7())):
        with pytest.raises(SealedPasswordError):
            unseal(bytes(sealed), wrong_key, wrong_id)
    await site.sql("ALTER TABLE reports.package_report DROP CONSTRAINT late")
    await result_of(operator.client, submitted.command_id)
    assert await rows_with(site, bytes(sealed).hex()) == []
    assert await site.sql("SELECT sealed_password, letter FROM projects.export") == [(None, None)]


async def trimmed(inspector: Inspector) -> bool:
    """Tell whether handled commands have left their stream."""
    return not (await api(inspector.ops, "STREAM.INFO.COMMANDS", {}))["state"]["messages"]


async def test_a_password_cannot_be_tried_out_against_the_inbox(operator: Operator, site: Site) -> None:
    """Of a command with a password the inbox keeps no plain digest of the body, and still tells bodies apart."""
    await site.forget_quickly()
    caller, project_id, command_id = await site.caller(), str(operator.project_id), uuid7()
    body = json.dumps({"project_id": project_id, "password": PASSWORD}).encode()
    first = await caller.send("projects.export", project_id, body, command_id=command_id)
    (row,) = await site.sql("SELECT fingerprint FROM runtime.inbox WHERE command_id = :one", one=command_id)
    plain = hashlib.sha256(f"projects.{project_id}.export\n".encode() + body).digest()
    assert first["status"] == "applied"
    assert bytes(row[0]) != plain
    other = body.replace(PASSWORD.encode(), b"another one")
    again = [await repeated(caller, project_id, query, command_id) for query in (body, other)]
    assert again[0] == first
    assert again[1]["error"]["code"] == Code.COMMAND_ID_REUSED


async def repeated(caller: Any, project_id: str, body: bytes, command_id: Any) -> dict[str, Any]:
    """Send a command again as soon as the server has forgotten its id, and return the outcome."""
    caller.outcomes.clear()

    async def send_again() -> dict[str, Any]:
        outcome: dict[str, Any] = await caller.send("projects.export", project_id, body, command_id=command_id)
        return outcome

    return await eventually(send_again)


@pytest.mark.parametrize(
    "named, body, left",
    [
        (True, '{{"project_id":"{id}","password":"correct horse"}}', '{{"project_id":"{id}","password":"(left out)"}}'),
        (False, '{{"password":"correct horse"', "(left out)"),
        (False, '{{"pasword":"correct horse"}}', '{{"pasword":"(left out)"}}'),
    ],
)
async def test_a_dead_letter_has_no_password(
    operator: Operator, inspector: Inspector, named: bool, body: str, left: str
) -> None:
    """An export that can never be handled is put aside without its password, and wholly so where it cannot be read."""
    site, project_id = operator.site, operator.project_id
    await site.sql("ALTER TABLE projects.package ADD CHECK (bytes < 0)")
    subject, content = command_subject("admin", "projects.export", project_id), body.format(id=project_id).encode()
    headers = {"Nats-Msg-Id": str(uuid7())} if named else {}
    await (await site.caller()).nats.request(subject, content, headers=headers, timeout=5)
    await eventually(lambda: inspector.has_letters(1))
    (letter,) = await inspector.opened_letters()
    assert letter["body"] == left.format(id=project_id)
    assert PASSWORD not in json.dumps(letter)


@pytest.mark.parametrize(
    "language, reason", [("en", "needs at least 8 characters"), ("fr", "doit avoir au moins 8 caractères")]
)
async def test_a_short_password_is_refused(operator: Operator, site: Site, language: str, reason: str) -> None:
    """A password has eight characters at least; the refusal names the field and the reason, and not the text (B5)."""
    body = {"project_id": str(operator.project_id), "password": "k7horse"}
    headers = {"Accept-Language": language}
    outcome = await (await site.caller()).send("projects.export", operator.project_id, body, headers=headers)
    (field,) = outcome["error"]["details"]["fields"]
    assert outcome["error"]["code"] == Code.INVALID
    assert field["field"] == "password"
    assert field["reason"] == reason
    assert "k7horse" not in json.dumps(outcome)
    assert await rows_with(site, "k7horse") == []


def test_a_command_does_not_show_its_password() -> None:
    """Whatever prints a command, such as a traceback, leaves its password out."""
    assert PASSWORD not in repr(ExportProject(project_id=uuid7(), password=PASSWORD))


@pytest.mark.parametrize("password", ["x" * 99, "é" * 49], ids=["99 letters", "98 bytes"])
async def test_a_long_password_is_taken(operator: Operator, password: str) -> None:
    """A password of up to 99 bytes makes a package that opens with it."""
    assert "data/project.json" in await export(operator, password=password)


@pytest.mark.parametrize("password", ["x" * 100, "é" * 50], ids=["100 letters", "50 letters of two bytes"])
@pytest.mark.parametrize("language, reason", [("en", "99 bytes"), ("fr", "99 octets")])
async def test_a_password_that_7_zip_refuses_is_refused(
    operator: Operator, site: Site, password: str, language: str, reason: str
) -> None:
    """A password of more bytes than 7-Zip takes is refused with the limit, before a package is made (B5)."""
    caller = await site.caller()
    body = {"project_id": str(operator.project_id), "password": password}
    headers = {"Accept-Language": language}
    error = (await caller.send("projects.export", operator.project_id, body, headers=headers))["error"]
    (field,) = error["details"]["fields"]
    assert error["code"] == Code.INVALID
    assert field["field"] == "password"
    assert field["kind"] == "password_too_long"
    assert reason in field["reason"]
    assert password not in json.dumps(error)


async def test_a_password_is_the_same_from_every_keyboard(operator: Operator) -> None:
    """A password with accents opens its package however its letters are made up when it is typed."""
    response = await operator.send(ExportProject(project_id=operator.project_id, password="Ge\u0301rard, 8"))
    assert "data/project.json" in unzip(await fetch(operator.client, response.package), "G\u00e9rard, 8")
