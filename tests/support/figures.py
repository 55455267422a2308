"""The figures of a worker as Prometheus reads them."""

from collections.abc import Mapping

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from workers.runtime.process import metrics
from workers.runtime.process.running_components import RunningComponents


async def page_of(running: RunningComponents) -> str:
    """Return the page of a worker that runs in this process."""
    return generate_latest(metrics.registry(running, await running.backlog.read())).decode()


def samples(page: str) -> Mapping[str, float]:
    """Return every sample of a page under its name and labels: `incidents_lag_messages{lane="0"}`."""
    return {
        sample.name + _label_text(sample.labels): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def figures_of(running: RunningComponents) -> Mapping[str, float]:
    """Return the samples of a worker that runs in this process."""
    return samples(await page_of(running))


def _label_text(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""
