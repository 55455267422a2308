"""Whatever bytes a client with credentials writes, it costs nobody but itself."""

import pytest

from tests.fuzz.frames import Summary, as_document, attack, target
from tests.fuzz.generators import make_frame
from tests.support import Site

FRAMES = 1_500
SEED = 20_261_126


@pytest.mark.timeout(240)
async def test_raw_frames_cost_only_themselves(site: Site) -> None:
    """After each hundred frames an honest client is served, every kept frame is decided, and no process ends."""
    summary = Summary(SEED)
    async with target(site) as system:
        await attack(system, [make_frame(SEED, number) for number in range(FRAMES)], summary)
    assert not summary.failed, as_document(summary)
    assert summary.decided > FRAMES // 20
    assert summary.letters > FRAMES // 20


def test_a_frame_is_known_by_its_seed_and_number() -> None:
    """What failed once can be sent again: a frame depends on its seed and its number alone."""
    assert [make_frame(1, number) for number in range(200)] == [make_frame(1, number) for number in range(200)]
    assert make_frame(1, 5) != make_frame(2, 5)
