"""Batches of reports: time, memory, and what other people's single reports wait meanwhile."""

import argparse
import asyncio
import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final, cast
from uuid import UUID

import psutil
import psycopg
import typst
import uvloop
from pypdf import PdfReader, PdfWriter

from benchmarks.commands.testbed import Testbed, TestbedFactory
from benchmarks.reports.bare_typst import BARE
from benchmarks.reports.projects import document
from benchmarks.sweeps.deleting import prepare, start_product
from contracts.ids import uuid7
from contracts.report_batches import BatchForm, BatchGenerated, GenerateBatch
from contracts.reports import GenerateReport
from incidents import Client
from workers.reports.rendering.template_content import content

_PAUSE_SECONDS: Final = 0.1
_MEGABYTE: Final = 1024 * 1024


async def _project_ids(testbed: Testbed, count: int) -> list[UUID]:
    statement = "SELECT id FROM projects.project ORDER BY number LIMIT %s"
    async with await psycopg.AsyncConnection.connect(testbed.database_url) as connection:
        rows = await (await connection.execute(statement, [count])).fetchall()
    return [project_id for (project_id,) in rows]


def _memory(testbed: Testbed) -> float:
    """Return the proportional memory of the reports worker and its children, in megabytes."""
    total = 0
    for started in testbed.workers["reports"]:
        process = psutil.Process(started.pid)
        for each in (process, *process.children(recursive=True)):
            try:
                total += each.memory_full_info().pss
            except psutil.Error:
                continue
    return total / _MEGABYTE


async def _singles(client: Client, ids: Sequence[UUID], over: asyncio.Event, most: int) -> list[float]:
    """Ask for one report after the other, with a pause; return how long each took, in milliseconds."""
    chance, waits = random.Random(1), list[float]()
    while not over.is_set() and len(waits) < most:
        since = time.perf_counter()
        await client.send(GenerateReport(report_id=uuid7(), project_id=chance.choice(ids)))
        waits.append((time.perf_counter() - since) * 1000)
        await asyncio.sleep(_PAUSE_SECONDS)
    return waits


async def _make_batch(client: Client, ids: Sequence[UUID], form: BatchForm) -> BatchGenerated:
    submitted = await client.submit(GenerateBatch(report_id=uuid7(), project_ids=list(ids), form=form))
    while (outcome := await client.outcome(submitted.command_id, wait_seconds=30)).is_pending:
        pass
    if outcome.error is not None:
        raise AssertionError(outcome.error)
    return BatchGenerated.model_validate(outcome.result, strict=False)


async def _measure(
    testbed: Testbed, client: Client, ids: Sequence[UUID], form: BatchForm, singles: int
) -> dict[str, Any]:
    """Make a batch alone, then once more beside single reports."""
    await _singles(client, ids, asyncio.Event(), 1)
    idle, peak, over = _memory(testbed), 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal peak
        while not over.is_set():
            peak = max(peak, await asyncio.to_thread(_memory, testbed))
            await asyncio.sleep(0.1)

    since = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch())
        batch = await _make_batch(client, ids, form)
        over.set()
    seconds = time.perf_counter() - since
    before = await _singles(client, ids, asyncio.Event(), singles)
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(_singles(client, ids, over, sys.maxsize))
        await _make_batch(client, ids, form)
        over.set()
    during = waiting.result()
    return {
        "seconds": seconds,
        "pages": batch.pages,
        "megabytes": batch.bytes / _MEGABYTE,
        "conformance": batch.conformance,
        "memory idle": idle,
        "memory at most": peak,
        "memory afterwards": _memory(testbed),
        "single p50 before": median(before),
        "single p50 during": median(during),
        "single p99 during": quantiles(during, n=100)[98] if len(during) > 1 else None,
    }


def _naively(count: int) -> float:
    """Return the seconds of a loop that renders reports with bare typst and merges them with pypdf."""
    with tempfile.TemporaryDirectory() as directory:
        template = Path(directory) / "bare.typ"
        template.write_text(BARE, encoding="utf-8")
        compiler = typst.Compiler(template, ignore_system_fonts=True)
        texts = [json.dumps(content(document(seed))) for seed in range(count)]
        since, writer = time.perf_counter(), PdfWriter()
        for number, serialised in enumerate(texts):
            inputs = {"data": serialised}
            pdf = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-3a"], timestamp=0)
            writer.append(PdfReader(io.BytesIO(cast("bytes", pdf))), outline_item=f"Report {number}")
        writer.write(io.BytesIO())
    return time.perf_counter() - since


async def _run(factory: TestbedFactory, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = {}
    async with factory.testbed() as testbed:
        await prepare(testbed, options.projects)
        async with start_product(testbed, ("projects", "reports", "audit")) as client:
            ids = await _project_ids(testbed, options.projects)
            for form in options.forms.split(","):
                figures[form] = await _measure(testbed, client, ids, BatchForm(form), options.singles)
    figures["typst and pypdf in a loop"] = {"seconds": await asyncio.to_thread(_naively, options.projects)}
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each form, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__)
    parser.add_argument("--projects", type=int, default=500, help="projects of the batch")
    parser.add_argument("--forms", default="pdf,zip", help="forms of the file, separated by commas")
    parser.add_argument("--singles", type=int, default=40, help="single reports before the batch")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="incidents-batches-") as directory:
        factory = TestbedFactory(Path(directory))
        with factory.open():
            figures = uvloop.run(_run(factory, options))
    if options.json:
        print(json.dumps(figures))
        return
    for form, measured in figures.items():
        print(form)
        for name, value in measured.items():
            print(f"  {name}: {value:.1f}" if isinstance(value, float) else f"  {name}: {value}")


if __name__ == "__main__":
    main()
