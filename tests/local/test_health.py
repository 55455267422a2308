import asyncio
import json
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.local.support import HERE, eventually
from workers.common.http_server import HttpServer
from workers.local.supervision.supervisor import Supervisor
from workers.local.supervision.system_health_pages import Health, join_metrics

PAGE = '# HELP handled_total Handled.\n# TYPE handled_total counter\nhandled_total{lane="0"} 2.0\n'


@pytest.fixture
async def url(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Serve the pages about two workers, one of which is sick if the test asks for it."""
    environment = {"SICK": getattr(request, "param", "")}
    program = [sys.executable, str(HERE / "worker.py")]
    supervisor = Supervisor(dict.fromkeys(("projects", "audit"), environment), tmp_path, program)
    server = HttpServer(Health(supervisor))
    supervisor.start()
    server.open()
    yield server.url
    await server.close()
    await supervisor.stop()


async def get(url: str) -> tuple[int, str]:
    """Get a page without holding up the event loop that serves it."""

    def fetch() -> tuple[int, str]:
        try:
            with urlopen(url) as page:  # noqa: S310 - our own page
                return page.status, page.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return await asyncio.to_thread(fetch)


async def answers(url: str, code: int, body: str) -> bool:
    """Tell whether a page is as expected."""
    return await get(url) == (code, body)


async def test_ready_when_all_are(url: str) -> None:
    """The system becomes ready when every worker is; how one that is not keeps it from that is the next rule."""
    await eventually(partial(answers, url + "/ready", 200, '{"not_ready": [], "failing": {}}'))


@pytest.mark.parametrize("url", ["audit"], indirect=True)
async def test_unready_worker_is_named(url: str) -> None:
    """Anyone who asks learns which worker is not ready, while the supervisor itself is alive."""
    await eventually(partial(answers, url + "/ready", 503, '{"not_ready": ["audit"], "failing": {"audit": []}}'))
    assert await get(url + "/live") == (200, "{}")
    status = json.loads((await get(url + "/status"))[1])
    assert {name: each["ready"] for name, each in status.items()} == {"projects": True, "audit": False}
    assert all(each["pid"] and each["restarts"] == 0 for each in status.values())


async def test_metrics_of_all_workers(url: str) -> None:
    """One page has the metrics of all workers, and an unknown page is not found."""
    await eventually(partial(answers, url + "/ready", 200, '{"not_ready": [], "failing": {}}'))
    code, body = await get(url + "/metrics")
    assert code == 200
    assert body.count('worker="projects"') == body.count('worker="audit"') == 1
    assert (await get(url + "/nothing"))[0] == 404


def test_joined_metrics_are_one_valid_page() -> None:
    """A metric is described once, each sample names its worker, and a name that is given stays."""
    page = PAGE.replace('lane="0"', 'worker="own"')
    joined = join_metrics({"projects": PAGE, "audit": page}).decode()
    assert joined.count("# HELP") == joined.count("# TYPE") == 1
    (family,) = text_string_to_metric_families(joined)
    assert [sample.labels["worker"] for sample in family.samples] == ["projects", "own"]
    assert [sample.value for sample in family.samples] == [2.0, 2.0]
