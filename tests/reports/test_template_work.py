"""The template of reports, from the command of an administrator to the reports that are made later."""

import io
import json
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from contracts.report_batches import BatchForm, DownloadBatch, GenerateBatch
from contracts.report_design import GetDesign, RemoveTemplate, SetTemplate
from contracts.reports import DownloadReport, GenerateReport, GetReport, ReportGenerated
from incidents import Client, Refused
from tests.reports.readers import text_of
from tests.support import Site

HEAD = '#import "incident.typ": *\n#show: incident-report\n#title(report.subtitle)\n'
OWN = f"{HEAD}This is our form. #shown(report.number)\n"
PICKY = f'{OWN}#if report.number.ends-with("\u00a02") {{ panic("no") }}'
"""A template that fails for the second project of a site alone."""


@pytest.fixture
async def admin(site: Site) -> Client:
    """An administrator of a site whose workers make reports, and which has two projects."""
    await site.workers("projects", "reports")
    return await site.client()


async def projects(admin: Client) -> list[UUID]:
    """Create two projects."""
    ids = [uuid7(), uuid7()]
    for project_id in ids:
        await admin.send(CreateProject(project_id=project_id, description="A bag was left at gate 4."))
    return ids


async def report(admin: Client, project_id: UUID, **choices: Any) -> tuple[ReportGenerated, bytes]:
    """Generate and download a report."""
    event = await admin.send(GenerateReport(report_id=uuid7(), project_id=project_id, **choices))
    return event, b"".join([part async for part in admin.download(DownloadReport(report_id=event.report_id))])


async def test_later_reports_have_the_form_of_the_template(admin: Client) -> None:
    """A report in the organisation's form says in which, in its record and in its data; `standard` forces the other."""
    [project_id, _] = await projects(admin)
    version = await admin.send(SetTemplate(source=OWN))
    event, pdf = await report(admin, project_id)
    assert "This is our form. Incident no. 1" in text_of(pdf)
    assert event.template is not None
    assert event.template.number == 1
    assert event.template.sha256 == version.sha256
    assert event.template.set_by == "admin"
    assert (await admin.ask(GetReport(report_id=event.report_id))).template == event.template
    data = json.loads(PdfReader(io.BytesIO(pdf)).attachments["incident.json"][0])
    assert data["template"]["number"] == 1
    assert data["template"]["set_by"] == ""
    forced, standard = await report(admin, project_id, template="standard")
    assert forced.template is None
    assert "This is our form" not in text_of(standard)
    await admin.send(RemoveTemplate())
    event, pdf = await report(admin, project_id)
    assert event.template is None
    assert event.template_failure is None
    assert "This is our form" not in text_of(pdf)
    assert (await admin.ask(GetDesign())).template is None


async def test_a_template_that_fails_for_one_project_costs_nothing(
    admin: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """That report has the standard form; the outcome, the record and the log say so, and nothing that people wrote."""
    [first, second] = await projects(admin)
    await admin.send(SetTemplate(source=PICKY))
    good, _ = await report(admin, first)
    bad, pdf = await report(admin, second)
    assert good.template_failure is None
    assert bad.template_failure == "not-typeset"
    assert bad.template is None
    assert "A bag was left at gate 4." in text_of(pdf)
    assert (await admin.ask(GetReport(report_id=bad.report_id))).template_failure == "not-typeset"
    [line] = [line for line in capsys.readouterr().out.splitlines() if "template_failed" in line]
    fields = json.loads(line)
    assert fields["cause"] == "not-typeset"
    assert fields["number"] == 1
    assert fields["project_id"] == str(second)


@pytest.mark.parametrize("form", [BatchForm.PDF, BatchForm.ZIP])
async def test_a_batch_has_the_form_of_the_template(admin: Client, form: BatchForm) -> None:
    """The outcome of a batch counts the reports for which the template failed."""
    ids = await projects(admin)
    await admin.send(SetTemplate(source=PICKY))
    event = await admin.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=form))
    assert event.included == 2
    assert event.template_numbers == [1]
    assert event.template_failures == 1
    file = b"".join([part async for part in admin.download(DownloadBatch(report_id=event.report_id))])
    if form is BatchForm.PDF:
        text = text_of(file)
        assert "This is our form" in text
        assert "End of the report" in text
        assert event.conformance == "PDF/A-3a"
    forced = await admin.send(GenerateBatch(report_id=uuid7(), project_ids=ids, form=form, template="standard"))
    assert forced.template_numbers == []
    assert forced.template_failures == 0


FRONT = OWN.replace("incident-report", "incident-report.with(front-page: front => {0})", 1)
"""A template with a front page, whose content follows."""


async def test_a_batch_has_the_front_page_of_the_template(admin: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it fails, or the standard form is asked for, the batch has the standard one, and only the log says so."""
    ids = await projects(admin)
    front = FRONT.replace("{0}", '{ if front.facts.flatten().contains("Court") { panic("no") }; [Our front page] }')
    await admin.send(SetTemplate(source=front))
    texts = []
    for choices in ({}, {"recipient": "Court"}, {"template": "standard"}):
        command = GenerateBatch.model_validate({"report_id": uuid7(), "project_ids": ids, **choices})
        event = await admin.send(command)
        file = b"".join([part async for part in admin.download(DownloadBatch(report_id=event.report_id))])
        assert event.included == 2
        assert event.template_failures == 0
        assert event.conformance == "PDF/A-3a"
        texts.append(text_of(file))
    assert ["Our front page" in text for text in texts] == [True, False, False]
    assert ["This is our form" in text for text in texts] == [True, True, False]
    [line] = [line for line in capsys.readouterr().out.splitlines() if "front_page_failed" in line]
    fields = json.loads(line)
    assert fields["cause"] == "not-typeset"
    assert fields["number"] == 1
    assert "Court" not in line


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_front_page_is_tried_in_each_language(admin: Client, language: str) -> None:
    """A template whose front page fails is refused with the reason, and there is none."""
    body = f'if front.language == "{language}" {{ panic("not in this language") }} else {{ [x] }}'
    with pytest.raises(Refused) as refusal:
        await admin.send(SetTemplate(source=FRONT.replace("{0}", body)))
    [field] = refusal.value.details["fields"]
    assert field["kind"] == "template_wrong"
    assert "not in this language" in field["reason"]
    assert (await admin.ask(GetDesign())).template is None


@pytest.mark.parametrize(
    "source, kind, detail",
    [
        (f"{HEAD}#let x = (", "template_wrong", "unclosed delimiter (line 4, column 9)"),
        ("#title[No document title]", "template_wrong", "missing document title"),
        (f'{HEAD}#read("/etc/passwd")', "template_wrong", "file not found"),
        (f'{HEAD}#link("report:0")[x]', "template_wrong", "cannot be bound"),
        (
            '#import "incident.typ": *\n#show: incident-report\n#report.password',
            "template_wrong",
            "does not contain key",
        ),
    ],
)
async def test_a_broken_template_is_refused(admin: Client, source: str, kind: str, detail: str) -> None:
    """What no sample report can be made with is refused with the place, and the former template stays."""
    former = await admin.send(SetTemplate(source=OWN))
    with pytest.raises(Refused) as refusal:
        await admin.send(SetTemplate(source=source))
    [field] = refusal.value.details["fields"]
    assert refusal.value.code == Code.INVALID
    assert field["field"] == "source"
    assert field["kind"] == kind
    assert detail in field["reason"]
    current = (await admin.ask(GetDesign())).template
    assert current is not None
    assert current.sha256 == former.sha256
    assert current.number == 1
    assert current.set_by == "admin"
