"""Reports that fail by a fault of the program: they are dead letters, and can be replayed."""

import pytest

from contracts.dead_letters import ListDeadLetters, ReplayLetter
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.report_batches import BatchForm, GenerateBatch
from contracts.reports import GenerateReport
from incidents import Client, Refused
from tests.reports.test_batches import projects
from tests.support import Site, eventually


async def only_letter(client: Client) -> int:
    """Wait for a dead letter, and return its number."""

    async def letters() -> list[int]:
        return [letter.letter for letter in (await client.ask(ListDeadLetters())).items]

    [letter] = await eventually(letters)
    return letter


@pytest.mark.parametrize("table", ["report", "batch_chunk"])
async def test_what_failed_is_replayed(site: Site, table: str) -> None:
    """The sender learns that it failed, an administrator finds the letter, and its replay makes the report."""
    await site.workers("projects", "reports", "administration")
    client, report_id = await site.client(), uuid7()
    [project_id] = await projects(client, 1)
    command: GenerateReport | GenerateBatch = GenerateReport(report_id=report_id, project_id=project_id)
    if table != "report":
        command = GenerateBatch(report_id=report_id, project_ids=[project_id], form=BatchForm.ZIP)
    await site.sql(f"ALTER TABLE reports.{table} ADD CONSTRAINT broken CHECK (false) NOT VALID")
    with pytest.raises(Refused) as refusal:
        await client.send(command)
    assert refusal.value.error.code is Code.UNAVAILABLE
    await site.sql(f"ALTER TABLE reports.{table} DROP CONSTRAINT broken")
    await client.send(ReplayLetter(letter=await only_letter(client)))

    async def is_made() -> bool:
        return await site.count(f"reports.{table}") > 0

    await eventually(is_made)
