"""What a feed that continues from an earlier event shows of projects that were set aside since."""

import pytest

from incidents.feed import Watch
from tests.projects.feeds import add_comment, event_names, follow, next_events
from tests.projects.test_set_aside import BACK, WAYS, set_aside, start
from tests.support import Site, eventually


async def names_until(watch: Watch, last: str) -> list[str]:
    """Return the names of the next events of a feed, to the first of this name."""
    names = list[str]()
    while names[-1:] != [last]:
        names += [name for name, _ in event_names(await next_events(watch, 1))]
    return names


@pytest.mark.parametrize("way", WAYS)
async def test_a_feed_shows_only_that_it_is_gone(site: Site, way: str) -> None:
    """What happened to it before is not shown again; what happens after it is back is."""
    operator = await start(site)
    project_id = operator.project_id
    async with follow(operator.client) as watch:
        since = watch.cursor
        await add_comment(operator.client, project_id)
        await names_until(watch, "comment-added")
    await set_aside(operator, way)

    async def is_gone() -> bool:
        async with follow(operator.client, since) as watch:
            return event_names(await next_events(watch, 1)) == [(way, str(project_id))]

    await eventually(is_gone)
    await operator.send(BACK[way](project_id=project_id))
    back = "restored" if way == "deleted" else "restriction-lifted"
    async with follow(operator.client, since) as watch:
        assert (await names_until(watch, back))[-3:] == ["comment-added", way, back]
