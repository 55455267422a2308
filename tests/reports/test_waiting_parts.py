"""The file of a batch is made of all its parts."""

from contracts.ids import uuid7
from contracts.report_batches import BatchState
from tests.reports.test_batches import projects
from tests.support import Site
from workers.local.run_worker import slice_of
from workers.reports.batches.files import finish_batch
from workers.runtime.process.assembly import assemble

BATCH = """
    INSERT INTO reports.batch (report_id, command_id, principal, created_at, form, language, refusal_language,
        show_user_names, project_ids, left_out, total, state)
    VALUES (:id, :id, 'admin', now(), 'zip', 'en', 'en', false, ARRAY[CAST(:project AS uuid)], '[]', 1, 'pending')
"""
PART = "INSERT INTO reports.batch_part (report_id, place, project_id, state) VALUES (:id, 1, :project, 'waiting')"


async def test_a_file_is_not_made_before_its_last_part(site: Site) -> None:
    """A process that looks for a file to make leaves a batch alone of which another one still makes a part."""
    await site.worker("projects")
    [project], report_id = await projects(await site.client(), 1), uuid7()
    for statement in (BATCH, PART):
        await site.sql(statement, id=report_id, project=project)
    running = assemble(slice_of("reports"), site.settings("reports"))
    try:
        work = running.deferred_work()
        was_made = await work.attempt(lambda step, give_up: finish_batch(step, report_id, give_up=give_up))
    finally:
        await running.engine.dispose()
    assert was_made is False
    assert await site.sql("SELECT state, finished_at FROM reports.batch") == [(BatchState.PENDING, None)]
