"""Traces: one from the caller to the audit row, in spans for who wants them and in every line of the log."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.projects.queries import GetProject
from incidents.spans import Spans
from incidents.tracing import NoTracing, Tracing
from tests.checks.tree import ROOT
from tests.delivery.helpers import creation, project_in
from tests.delivery.test_foreign_locks import locked
from tests.support import Site, eventually
from tests.support.collector import Collector, Received, collecting
from workers.common.trace_context import trace_of
from workers.local.servers.nats import free_port

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CARRIED = f"00-{TRACE}-{PARENT}-01"
CLIENT, PRODUCER, CONSUMER, SERVER, INTERNAL = 3, 4, 5, 2, 1


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector to which everything that is started from now on hands its spans over."""
    with collecting() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield received


async def wait_for_span(collector: Collector, service: str, name: str) -> list[Received]:
    """Wait for a span, and return it with those that it belongs to."""

    async def arrived() -> list[Received]:
        spans = [span for span in collector.spans if (span.service, span.name) == (service, name)]
        return collector.line_of(spans[-1]) if spans else []

    return await eventually(arrived)


async def test_one_trace_from_the_client_to_the_audit_row(site: Site, collector: Collector) -> None:
    """What a caller began is one trace until the entry is written: sent, delivered, published, heard."""
    await site.workers("projects", "audit")
    project_id, client = uuid7(), await site.client()
    await client.send(CreateProject(project_id=project_id, description="A bag was left at gate 4"))
    await eventually(partial(site.count, "audit.activity"))
    line = await wait_for_span(collector, "incidents-audit", "process projects.created")
    assert [(span.service, span.name, span.kind) for span in line] == [
        ("incidents-client", "projects.create", INTERNAL),
        ("incidents-client", "send projects.create", PRODUCER),
        ("incidents-projects", "process projects.create", CONSUMER),
        ("incidents-projects", "send projects.created", PRODUCER),
        ("incidents-audit", "process projects.created", CONSUMER),
    ]
    assert len({span.trace_id for span in line}) == 1
    [row] = await site.sql("SELECT event_id, command_id FROM audit.activity")
    ids = [span.attributes.get("messaging.message.id") for span in line[1:]]
    assert ids == [str(row_id) for row_id in (row.command_id, row.command_id, row.event_id, row.event_id)]
    assert not [span for span in line if span.failed or "gate 4" in str(span)]


async def test_a_query_is_in_the_trace_of_who_asks(site: Site, collector: Collector) -> None:
    """A question and its answer are two spans of one trace, and the answer's is within the question's."""
    await site.worker("projects")
    client = await site.client()
    with pytest.raises(Exception, match="not"):
        await client.ask(GetProject(project_id=uuid7()))
    line = await wait_for_span(collector, "incidents-projects", "projects.get")
    assert [(span.service, span.kind) for span in line] == [
        ("incidents-client", CLIENT),
        ("incidents-projects", SERVER),
    ]


async def test_the_trace_of_another_language_goes_on(site: Site, collector: Collector) -> None:
    """A `traceparent` that any client sends is the parent, and one that is none begins a trace of its own."""
    await site.worker("projects")
    caller = await site.caller()
    for header in (CARRIED, "00-zzz"):
        project_id = uuid7()
        await caller.send("projects.create", project_id, creation(project_id), headers={"traceparent": header})

    async def find_two_spans() -> list[Received]:
        spans = [span for span in collector.spans if span.name == "process projects.create"]
        return spans if len(spans) == 2 else []

    first, second = sorted(await eventually(find_two_spans), key=lambda span: span.parent_id, reverse=True)
    assert first.trace_id == TRACE
    assert first.parent_id == PARENT
    assert second.trace_id != TRACE
    assert second.parent_id == ""


async def test_a_name_that_a_client_chose_is_in_no_span(site: Site, collector: Collector) -> None:
    """Anyone who keeps spans keeps a list of their names: a verb that nobody has defined is `unknown`."""
    await site.worker("projects")
    caller = await site.caller()
    await caller.publish("projects.my-own-verb", "-", {})
    line = await wait_for_span(collector, "incidents-projects", "process unknown")
    assert "my-own-verb" not in str(line)


async def test_a_collector_that_is_away_holds_nobody_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are handled, and processes end, whether anybody takes their spans or not."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    running, client = await site.worker("projects"), await site.client()
    await client.send(CreateProject(project_id=uuid7(), description=""))
    running.tracing.close()


PROGRAM = """
import os, sys
from incidents import tracing as callers
from workers.runtime.process import assembly, startup_steps
for opened in (callers.make_tracing, lambda: startup_steps.open_tracing("projects", "1")):
    assert type(opened()).__name__ in {"NoTracing", "Tracing"}
assert not {"opentelemetry.trace", "opentelemetry.context", "opentelemetry.sdk"} & set(sys.modules)
sys.modules["opentelemetry"] = None
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
for opened in (callers.make_tracing, lambda: startup_steps.open_tracing("projects", "1")):
    assert type(opened()).__name__ in {"NoTracing", "Tracing"}
"""


KINDS: tuple[type[Tracing], ...] = (NoTracing, Spans)
"""The type checker compares both with what a client traces."""


def test_both_kinds_of_tracing_do_what_a_client_traces() -> None:
    """What traces without OpenTelemetry has the same methods as what makes spans, and no others."""
    traced = {name for name in vars(Tracing) if not name.startswith("_")}
    for kind in KINDS:
        assert {name for name in vars(kind) if not name.startswith("_")} == traced


def test_nothing_is_imported_for_who_wants_no_spans() -> None:
    """Without an endpoint nothing of OpenTelemetry is imported; without the extra an endpoint costs a warning."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert "tracing_not_installed" in ended.stdout


@pytest.mark.parametrize("headers, trace_id", [({"traceparent": CARRIED}, TRACE), ({}, None)], ids=["given", "none"])
async def test_a_delivery_is_found_in_the_log(site: Site, headers: dict[str, str], trace_id: str | None) -> None:
    """A delivery has one line, and what it led to has the same trace: that of the caller, or the command's own id."""
    with capture_logs(processors=[merge_contextvars]) as logs:
        await site.workers("projects", "audit")
        caller, project_id = await site.caller(), project_in(3)
        command_id = await caller.publish("projects.create", project_id, creation(project_id), headers=headers)

        async def handled() -> list[Any]:
            lines = [log for log in logs if log["event"] == "batch_handled"]
            return lines if len(lines) == 2 else []

        projects, audit = await eventually(handled)
    trace = trace_id or command_id.hex
    assert projects["lane"] == 3
    assert projects["message_id"] == str(command_id)
    assert projects["trace_id"] == trace
    assert audit["trace_id"] == trace
    assert audit["size"] == 1
    assert audit["message_id"] != str(command_id)


async def test_what_goes_wrong_names_its_trace(site: Site) -> None:
    """A warning about a delivery that is held up has its trace and its command, and the next delivery has its own."""
    await site.worker("projects")
    caller, project_id = await site.caller(), project_in(3)
    await caller.send("projects.create", project_id, creation(project_id))
    with capture_logs(processors=[merge_contextvars]) as logs:
        async with locked(site, "LOCK TABLE projects.project IN ACCESS EXCLUSIVE MODE"):
            body = {"project_id": str(project_id), "description": "Late"}
            command_id = await caller.publish("projects.update", project_id, body, headers={"traceparent": CARRIED})

            async def warned() -> bool:
                return {"waiting_for_lock", "batch_delayed"} <= {log["event"] for log in logs}

            await eventually(warned)
    entries = [log for log in logs if log["event"] in {"waiting_for_lock", "batch_delayed"}]
    assert {(entry["trace_id"], entry["message_id"], entry["lane"]) for entry in entries} == {
        (TRACE, str(command_id), 3)
    }


async def test_a_message_that_fails_in_a_batch_is_named_alone(site: Site) -> None:
    """Of a batch that fails, the line about the one message that does names it and no other."""
    mark = "refused by the database"
    await site.sql(f"ALTER TABLE projects.project ADD CHECK (description <> '{mark}')")
    caller = await site.caller()
    ids = [project_in(3) for _ in range(3)]
    texts = ["good", mark, "good"]
    sent = [
        await caller.publish("projects.create", each_id, creation(each_id, description=sent_text))
        for each_id, sent_text in zip(ids, texts, strict=True)
    ]
    with capture_logs(processors=[merge_contextvars]) as logs:
        await site.worker("projects")

        async def ended() -> bool:
            return len(caller.outcomes) == len(sent)

        await eventually(ended)
    whole, *alone = [log for log in logs if log["event"] == "batch_failed"]
    assert whole["trace_ids"] == " ".join(entry.hex for entry in sent)
    assert {(entry["size"], entry["message_id"]) for entry in alone if entry["size"] == 1} == {(1, str(sent[1]))}


@pytest.mark.parametrize(
    "header, carried",
    [
        (CARRIED, True),
        (f"ff-{TRACE}-{PARENT}-01", False),
        (f"00-{'0' * 32}-{PARENT}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{PARENT}-01", False),
        (f"{CARRIED}\n", False),
    ],
)
def test_what_is_no_trace_context_is_none(header: str, carried: bool) -> None:
    """What W3C's form of a trace context rules out is not carried on."""
    assert (trace_of(header) == header) is carried
