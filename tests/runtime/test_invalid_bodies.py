"""Bodies that are no JSON object for every reader: each is answered, with the place, the reason and the way out."""

import json
from typing import Any

import pytest
from pydantic_core import to_json

from contracts.errors import Code, Refusal
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.queries import ListProjects
from contracts.texts import reason
from tests.delivery.helpers import Inspector, creation
from tests.support import Caller, Site
from workers.runtime.admission.json_body import parse_body
from workers.runtime.commands.refusal_messages import without_unknown_names

ID = b'"project_id":"0190a000-0000-7000-8000-000000000001"'
DIGITS = b"1" * 5_000

BODIES = [
    pytest.param(b"", "", "body_empty", id="empty"),
    pytest.param(b" \n", "", "body_empty", id="blank"),
    pytest.param(b"\xef\xbb\xbf{}", "", "byte_order_mark", id="mark"),
    pytest.param("{}".encode("utf-16"), "", "byte_order_mark", id="utf-16"),
    pytest.param(b'{"description":"\xff"}', "", "not_utf8", id="latin"),
    pytest.param(b'{"description":"\xed\xa0\xbd"}', "", "not_utf8", id="surrogate-in-utf-8"),
    pytest.param(b'{%b,"description":"\\ud83d"}' % ID, "description", "lone_surrogate", id="half-a-pair"),
    pytest.param(b'{%b,"\\udc00":1}' % ID, "?", "lone_surrogate", id="half-a-pair-as-name"),
    pytest.param(b'{%b,"categories":{"1":"\\ud83d"}}' % ID, "categories.1", "lone_surrogate", id="deeper"),
    pytest.param(b'{%b,"type_id":%b}' % (ID, DIGITS), "type_id", "number_too_long", id="digits"),
    pytest.param(b'{%b,"type_id":-%b}' % (ID, DIGITS), "type_id", "number_too_long", id="negative-digits"),
    pytest.param(b'{%b,"type_id":NaN}' % ID, "type_id", "not_a_number", id="nan"),
    pytest.param(b'{%b,"type_id":-Infinity}' % ID, "type_id", "not_a_number", id="infinity"),
    pytest.param(b"[" * 60_000, "", "nested_too_deep", id="brackets"),
    pytest.param(b"[" * 300 + b"]" * 300, "", "nested_too_deep", id="closed-brackets"),
    pytest.param(b'{"a":' * 400 + b"1" + b"}" * 400, "", "nested_too_deep", id="objects"),
    pytest.param(b"[" * 100_000, "", "body_too_large", id="too-large"),
    pytest.param(b'{%b,"type_id":1,"type_id":2}' % ID, "type_id", "duplicate_key", id="twice"),
    pytest.param(b'{%b,"type_id":1,"type_\\u0069d":1}' % ID, "type_id", "duplicate_key", id="twice-escaped"),
    pytest.param(b'{%b,"data":{"text_1":"a","text_1":"b"}}' % ID, "data.text_1", "duplicate_key", id="twice-deeper"),
    pytest.param(b"[]", "", "model_type", id="list"),
    pytest.param(b"null", "", "model_type", id="null"),
    pytest.param(b'"text"', "", "model_type", id="text"),
    pytest.param(b"{%b" % ID, "", "json_invalid", id="unfinished"),
    pytest.param(b"{%b}{}" % ID, "", "json_invalid", id="two"),
    pytest.param(b'{%b,"description":"\x00"}' % ID, "", "json_invalid", id="raw-null"),
    pytest.param(b'{%b,"description":"\\u0000"}' % ID, "description", "string_pattern_mismatch", id="escaped-null"),
    pytest.param(b'{%b,"\\u0000":1}' % ID, "\x00", "extra_forbidden", id="null-as-name"),
]


@pytest.mark.parametrize("body, field, kind", BODIES)
def test_a_body_is_refused_with_its_place_and_reason(body: bytes, field: str, kind: str) -> None:
    """What is no JSON object for every reader is invalid; the refusal names the field and why, in both languages."""
    with pytest.raises(Refusal) as refusal:
        parse_body(CreateProject, body)
    assert refusal.value.code is Code.INVALID
    for language in ("en", "fr"):
        (refused_field,) = refusal.value.as_error(language).details["fields"]
        assert refused_field["field"] == field
        assert refused_field["kind"] == kind
        assert refused_field["reason"] == reason(kind, language) != reason("", language)


def test_bodies_that_every_reader_takes_for_the_same_are_read() -> None:
    """Pairs of surrogates, escapes, numbers as they are and the deepest message are no mistakes."""
    body = b'{%b,"description":"\\ud83d\\ude00 \xc3\xa9 \\u00e9","type_id":3}' % ID
    assert parse_body(CreateProject, body).description == "\U0001f600 é é"
    assert parse_body(ListProjects, b'{"limit":3}').limit == 3


def test_a_refusal_of_many_mistakes_names_a_hundred() -> None:
    """A body full of mistakes is refused with a hundred of them, so that the outcome fits into a message."""
    body = b"[" + b",".join([b'"\\ud83d"'] * 5_000) + b"]"
    with pytest.raises(Refusal) as refusal:
        parse_body(CreateProject, body)
    assert len(refusal.value.details["fields"]) == 100


@pytest.fixture
async def caller(site: Site) -> Caller:
    """A caller of a running site."""
    await site.worker("projects")
    return await site.caller()


async def test_a_command_without_a_usable_body_has_an_outcome(site: Site, caller: Caller) -> None:
    """Whatever its body, a command with an id is answered and remembered, becomes no letter, and costs only itself.

    What is remembered has no names that the product does not know.
    """
    inspector, project_id = Inspector(site, await site.overseer()), uuid7()
    bodies = [param.values for param in BODIES]
    outcome = [await caller.send("projects.create", project_id, body) for body, *_ in bodies]
    errors: list[Any] = [
        (refusal["error"]["code"], refusal["error"]["details"]["fields"][0]["kind"]) for refusal in outcome
    ]
    assert errors == [("invalid", kind) for _, _, kind in bodies]
    answers = [(await caller.ask("projects.outcome", {"command_id": refusal["command_id"]}))[0] for refusal in outcome]
    assert answers == [json.loads(without_unknown_names(to_json(refusal))) for refusal in outcome]
    assert (await caller.send("projects.create", project_id, creation(project_id)))["status"] == "applied"
    await inspector.wait_until_idle()
    assert await inspector.dead_letters() == []


async def test_queries_read_bodies_as_commands_do(site: Site, caller: Caller) -> None:
    """A query whose body not every reader takes for the same is refused with the place and the reason."""
    for body, field, kind in (
        (b'{"limit":1,"limit":2}', "limit", "duplicate_key"),
        (b'{"search":"\\ud83d"}', "search", "lone_surrogate"),
        (b"[" * 60_000, "", "nested_too_deep"),
        (b'{"limit":%b}' % DIGITS, "limit", "number_too_long"),
    ):
        answer = await caller.nats.request("im.main.qry.admin.projects.list", body, timeout=5)
        assert (answer.headers or {})["Nats-Service-Error-Code"] == "400"
        (refused_field,) = json.loads(answer.data)["error"]["details"]["fields"]
        assert refused_field["field"] == field
        assert refused_field["kind"] == kind
