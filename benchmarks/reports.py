"""Reports per CPU second, compared with bare typst: the same texts in PDF/A-3a, without layout and precautions."""

import asyncio
import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psutil
import typst

from contracts.projects.queries import AttachedSequence, Comment, ProjectDetails
from workers.common.sandboxed_jobs import Limits, ProcessPool
from workers.reports.rendering.child_process_rendering import render
from workers.reports.rendering.render_input import DataValue, ReportDocument
from workers.reports.rendering.template_content import content

ROUNDS = 12
REPORTS = 40

BARE = """
#let d = json(bytes(sys.inputs.data))
#set document(title: d.name, author: "bench", date: auto)
#set page(paper: "a4", margin: 2cm, footer: context [
  #d.footer.first() #h(1fr) #counter(page).display("1 / 1", both: true)
])
#set text(size: 10pt, lang: "fr")
#set table(stroke: 0.4pt)
#heading(level: 1)[#d.title]
#d.subtitle #d.number
#for n in d.notes [#n ]
#for s in d.sections [
  #if "heading" in s [== #s.heading]
  #if "nothing" in s [#s.nothing]
  #s.at("empty", default: "")
  #if "facts" in s { table(columns: (30%, 1fr), ..s.facts.map(f => (strong(f.at(0)), f.at(1))).flatten()) }
  #if "text" in s [#s.text]
  #if "entries" in s { for c in s.entries [- *#c.head* #c.text] }
  #if "remarks" in s { table(columns: (30%, 1fr), ..s.remarks.flatten()) }
  #if "sequences" in s { table(
    columns: (1fr,) * 5,
    table.header(..s.sequences.head.map(strong)),
    ..s.sequences.rows.map(r => (r.camera.join(" "), ..r.facts)).flatten(),
  ) }
  #if "listing" in s { table(columns: (1fr,) * 2, ..s.listing.head.map(strong), ..s.listing.rows.flatten()) }
]
"""

WORDS = (
    "caméra",
    "porte",
    "nord",
    "agent",
    "ronde",
    "alarme",
    "incident",
    "badge",
    "visiteur",
    "verre",
    "appel",
)
ReportT = TypeVar("ReportT")
START = datetime(2026, 1, 1, tzinfo=UTC)


def _text(chance: random.Random, words: int) -> str:
    return f"{' '.join(chance.choices(WORDS, k=words)).capitalize()}."


def document(seed: int) -> ReportDocument:
    """Make up a report of two pages: 14 fields, 150 words, 8 comments, 12 sequences."""
    chance = random.Random(seed)
    stamps = {"created_by": "agent", "created_at": START}
    project = ProjectDetails.model_validate(
        {
            **stamps,
            "project_id": UUID(int=seed),
            "number": seed,
            "revision": 1,
            "type_id": None,
            "status_id": None,
            "description": _text(chance, 150),
            "start_time": START,
            "end_time": None,
            "updated_by": "agent",
            "updated_at": START,
            "imported": False,
            "retention_exempt": False,
            "comments": [
                Comment.model_validate({**stamps, "comment_id": UUID(int=k), "text": _text(chance, 25)})
                for k in range(8)
            ],
            "sequences": [_sequence(k) for k in range(12)],
        }
    )
    data = tuple(DataValue(label=f"Champ {k}", kind="text", value=_text(chance, 4)) for k in range(8))
    return ReportDocument(
        report_id=UUID(int=seed),
        generated_at=START,
        language="fr",
        timezone="Europe/Paris",
        title="Site",
        show_user_names=False,
        project=project,
        data=data,
    )


def _sequence(number: int) -> AttachedSequence:
    return AttachedSequence(
        sequence_id=UUID(int=number),
        camera_id=f"camera-{number}",
        camera_name=f"Caméra {number}",
        site=None,
        start=START,
        end=START + timedelta(minutes=10),
        media_expires_at=None,
        added_by="agent",
        added_at=START,
    )


def _cpu_seconds() -> float:
    """Return the processor time of this process and its children, including ended ones."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children())
    return time.process_time() + ended.ru_utime + ended.ru_stime + living


async def _per_second(make: Callable[[ReportT], Awaitable[object]], reports: list[ReportT]) -> float:
    before = _cpu_seconds()
    for report in reports:
        await make(report)
    return len(reports) / (_cpu_seconds() - before)


def main() -> None:
    """Print both rates and their ratio, measured alternately."""
    asyncio.run(_measure())


async def _measure() -> None:
    with tempfile.TemporaryDirectory() as directory:
        template = Path(directory) / "bare.typ"
        template.write_text(BARE, encoding="utf-8")
        compiler = typst.Compiler(template, ignore_system_fonts=True)

        async def bare(serialised: str) -> object:
            return compiler.compile(format="pdf", sys_inputs={"data": serialised}, pdf_standards=["a-3a"], timestamp=0)

        rates: list[tuple[float, float]] = []
        async with ProcessPool(Limits()).open():
            for turn in range(ROUNDS + 1):
                reports = [document(turn * REPORTS + place) for place in range(REPORTS)]
                texts = [json.dumps(content(report)) for report in reports]
                rates.append((await _per_second(render, reports), await _per_second(bare, texts)))
    ours, theirs = (statistics.median(rates[1:]) for rates in zip(*rates, strict=True))
    ratio = statistics.median(mine / bare for mine, bare in rates[1:])
    print(f"reports per CPU second: ours {ours:.1f}, bare typst {theirs:.1f}, ratio {ratio:.2f} (goal 0.80)")


if __name__ == "__main__":
    main()
