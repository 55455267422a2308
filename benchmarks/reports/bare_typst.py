"""The texts of a report by bare typst, as PDF/A-3a: without layout and precautions."""

import json
from pathlib import Path
from typing import Any, cast

import typst

from benchmarks.reports.content import Make

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


def make_with(folder: Path) -> Make:
    """Return how bare typst makes the content of a report; its template is written into a folder."""
    template = folder / "bare.typ"
    template.write_text(BARE, encoding="utf-8")
    compiler = typst.Compiler(template, ignore_system_fonts=True)

    def make(content: dict[str, Any]) -> bytes:
        inputs = {"data": json.dumps(content)}
        pdf = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-3a"], timestamp=0)
        return cast("bytes", pdf)

    return make
