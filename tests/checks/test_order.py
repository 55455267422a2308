"""The order in which processes share the tests."""

import pytest

from tests.support.order import deal


@pytest.mark.parametrize("processes", [2, 3, 4, 7])
def test_each_process_begins_with_its_long_tests(processes: int) -> None:
    """Nothing is lost or run twice, and the long tests are spread over the beginnings of equal shares."""
    long, short = [f"long {number}" for number in range(processes + 1)], [str(number) for number in range(50)]
    order = deal(long, short, processes)
    assert sorted(order) == sorted(long + short)
    pending, begins = list(order), list[str]()
    for process in range(processes):
        count = len(pending) // (processes - process)
        begins.append(pending[0])
        del pending[:count]
    assert begins == long[:processes]


def test_few_tests_are_dealt_too() -> None:
    """Fewer tests than processes, or only long ones, keep all of them."""
    assert sorted(deal(["a"], [], 4)) == ["a"]
    assert sorted(deal(["a", "b", "c"], ["d"], 2)) == ["a", "b", "c", "d"]
