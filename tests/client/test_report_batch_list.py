"""`incidents reports batches` and `delete-batch`, against somebody who stands where the workers do."""

import json

import pytest

from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line, sent_body
from tests.client.test_csv import rows
from tests.client.test_report_batches import BATCH, SECOND, listed, making

__all__ = ["making", "run_line"]


@pytest.mark.parametrize(
    "language, words",
    [
        ("en", ("Created", "made", "PDF", "64", "700 kB", BATCH)),
        ("fr", ("Créé", "prêt", "PDF", "64", "700\u00a0ko", BATCH)),
    ],
)
async def test_batches_are_listed(making: Peer, run_line: RunLine, language: str, words: tuple[str, ...]) -> None:
    """A table says in words how far each batch is, and has the id with which it is fetched."""
    making.answers["reports.batches"] = listed(total=5)
    shown = (await run_line("reports", "batches", "--lang", language)).out
    assert [word for word in words if word not in shown] == []


async def test_batches_are_rows_for_a_spreadsheet(making: Peer, run_line: RunLine) -> None:
    """A spreadsheet gets every figure, machines what the wire says."""
    making.answers["reports.batches"] = listed(total=5)
    (row,) = rows(await run_line("reports", "batches", "--csv"))
    assert row["Projects"] == "5"
    assert row["Processed"] == "2"
    assert row["Left out"] == "3"
    assert row["Size (bytes)"] == "700009"
    assert row["Id"] == BATCH
    assert row["Standard"] == "PDF/A-3a"
    assert row["User names"] == "no"
    making.answers["reports.batches"] = listed(state="pending", included=None, bytes=None, pages=None, sha256=None)
    (row,) = rows(await run_line("reports", "batches", "--csv"))
    assert row["State"] == "being made"
    assert row["Left out"] == ""
    assert row["Pages"] == ""
    assert (await run_line("reports", "batches", "--json")).json["items"][0]["state"] == "pending"


async def test_a_failed_batch_leads_to_its_reason(making: Peer, run_line: RunLine) -> None:
    """A row has no room for the reason of a failure: a line below names the command that shows it."""
    making.answers["reports.batches"] = listed(state="failed", included=None, bytes=None, pages=None, sha256=None)
    ended = await run_line("reports", "batches")
    assert (
        f"incidents outcome {json.loads(making.answers['reports.batches'])['items'][0]['command_id']}"
        in ended.out.replace("\n", "")
    )
    making.answers["reports.batches"] = listed(state="made")
    assert "incidents outcome" not in (await run_line("reports", "batches")).out


@pytest.mark.parametrize(
    "state, language, sentence",
    [("made", "en", "Batch deleted: "), ("pending", "en", "Batch cancelled: "), ("made", "fr", "Lot supprimé\u00a0: ")],
)
async def test_a_batch_is_deleted(making: Peer, run_line: RunLine, state: str, language: str, sentence: str) -> None:
    """One that is being made is cancelled; nothing happens without `--yes` where nobody can answer."""
    making.answers["reports.batches"] = listed(state=state)
    assert (await run_line("reports", "delete-batch", BATCH)).status == 2
    assert making.commands == []
    ended = await run_line("reports", "delete-batch", BATCH, "--yes", "--lang", language)
    assert ended.status == 0
    assert ended.out.strip() == f"{sentence}{BATCH}"
    assert sent_body(making) == {"report_id": BATCH}


async def test_an_outcome_says_how_far_its_command_is(making: Peer, run_line: RunLine) -> None:
    """A command that is being carried out is not known yet: the status is 4, with the figures."""
    making.progress = iter([(12, 500)])
    ended = await run_line("outcome", BATCH, "--lang", "fr")
    assert ended.status == 4
    assert ended.out.strip() == "La commande est en cours d'exécution\u00a0: 12 sur 500."
    making.progress = iter([(12, 500)])
    ended = await run_line("outcome", BATCH, "--json")
    assert ended.status == 4
    assert ended.json == {"command_id": BATCH, "status": "pending", "done": 12, "total": 500}
    assert json.loads(making.queries[-1].data) == {"command_id": BATCH}


async def test_the_batches_of_a_project_are_listed(making: Peer, run_line: RunLine) -> None:
    """A project and a span of time are conditions of the query."""
    making.answers["reports.batches"] = listed()
    ended = await run_line("reports", "batches", PROJECT, "--since", "2025-01-01T00:00Z")
    assert ended.status == 0
    query = json.loads(making.queries[-1].data)
    assert query["project_id"] == PROJECT
    assert query["created"]["from"] == "2025-01-01T00:00:00Z"


async def test_the_projects_of_a_batch_are_listed(making: Peer, run_line: RunLine) -> None:
    """Each has its number, and what became of it in words; other conditions beside the batch are refused."""
    items = [
        {"place": 1, "project_id": PROJECT, "number": 12, "state": "made"},
        {"place": 2, "project_id": SECOND, "number": 13, "state": "too-large"},
    ]
    making.answers["reports.batched-projects"] = json.dumps({"items": items, "next": None}).encode()
    ended = await run_line("reports", "list", "--batch", BATCH, "--lang", "fr")
    assert [word for word in ("12", "établi", "13", "trop volumineux pour un rapport") if word not in ended.out] == []
    assert json.loads(making.queries[-1].data)["report_id"] == BATCH
    ended = await run_line("reports", "list", "--batch", BATCH, "--mine")
    assert ended.status == 2
    assert len(making.queries) == 1
