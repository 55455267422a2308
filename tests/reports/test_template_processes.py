"""The processes in which templates run: what one leaves behind for the next, and what of the machine they see."""

import json
from pathlib import Path

import pytest
import typst

from tests.reports.rendering_samples import described
from tests.reports.test_front_pages import with_front
from tests.reports.test_hostile_reports import PANIC
from tests.reports.test_templates import HEAD, template
from workers.common.sandboxed_jobs import Limits, ProcessPool
from workers.reports.design.sample_reports import full_front, full_report
from workers.reports.design.template_rendering import TemplateError, print_front_with, render_with
from workers.reports.rendering.pdf_typesetting import compiler

ONE_CHILD = Limits(children=1)
WHOLE = HEAD + '#for section in report.sections { if "text" in section { paragraphs(section.text) } }'


async def test_a_process_prints_with_the_template_of_its_job() -> None:
    """A template that was replaced is forgotten by the process that printed with it, in reports and on front pages."""
    facts, entries = full_front()
    listed = json.dumps(entries).encode()
    async with ProcessPool(ONE_CHILD).open() as pool:
        reports, fronts = [], []
        for words in ("First form", "Second form", "First form"):
            report = await render_with(template(f"{HEAD}{words}"), full_report(), stands_alone=False)
            front = await print_front_with(template(with_front(f"[{words}]")), facts, [listed])
            assert front is not None
            reports.append(report.pdf)
            fronts.append(front.data[0])
        assert len(pool.pids) == 1
        assert pool.deaths == 0
    for files in (reports, fronts):
        assert files[0] == files[2] != files[1]


async def test_a_process_whose_typesetter_panicked_is_not_used_again() -> None:
    """Its state is unknown: the report is made, and the process ends."""
    async with ProcessPool(ONE_CHILD).open() as pool:
        await render_with(template(WHOLE), described("Nothing special"), stands_alone=False)
        assert len(pool.pids) == 1
        await render_with(template(WHOLE), described(PANIC), stands_alone=False)
        assert pool.pids == []
        assert pool.deaths == 0


async def test_a_template_that_panics_costs_its_process_alone() -> None:
    """It is refused like any other that cannot be typeset, and the next one is printed."""
    async with ProcessPool(ONE_CHILD).open():
        with pytest.raises(TemplateError) as error:
            await render_with(template(f'{HEAD}#"{PANIC}"'), full_report(), stands_alone=False)
        assert error.value.failure == "not-typeset"
        assert (await render_with(template(HEAD), full_report(), stands_alone=False)).pages == 1


@pytest.mark.parametrize("variable", ["XDG_DATA_HOME", "XDG_CACHE_HOME"])
def test_a_template_imports_no_package_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Packages that are installed on the machine, or were fetched by somebody, are none for a template."""
    package = tmp_path / "typst" / "packages" / "local" / "forms" / "1.0.0"
    package.mkdir(parents=True)
    entry = '[package]\nname = "forms"\nversion = "1.0.0"\nentrypoint = "lib.typ"\n'
    (package / "typst.toml").write_text(entry, encoding="utf-8")
    (package / "lib.typ").write_text("#let form = [A form]\n", encoding="utf-8")
    monkeypatch.setenv(variable, str(tmp_path))
    source = b'#import "@local/forms:1.0.0": form\n#form'
    assert typst.Compiler(source, ignore_system_fonts=True).compile(format="pdf")
    with pytest.raises(typst.TypstError, match="package not found"):
        compiler(source, typst.Fonts(include_system_fonts=False)).compile(format="pdf")
