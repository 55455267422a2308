"""A short form of the fuzz of documents; `make fuzz FRAMES=0` is the long one."""

from tests.fuzz.documents import fuzz
from tests.support import Site

COUNT = 60


async def test_whatever_is_written_ends_as_a_report_or_a_refusal(site: Site) -> None:
    """No text loses a report, ends the worker or makes its memory grow."""
    summary = await fuzz(site, COUNT, seed=20_261_126)
    assert summary.documents == COUNT, summary
    assert not summary.failed, summary
    assert summary.reports > COUNT // 2, summary
