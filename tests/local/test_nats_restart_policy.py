"""When the message bus is started again because it cannot store."""

from itertools import pairwise

import pytest

from workers.local.servers import disk_space
from workers.local.supervision.nats_restart_policy import RestartPolicy

PLENTY = disk_space.RESTART_BYTES_MIN


@pytest.mark.parametrize(
    "failed_seconds, free, expected",
    [(2.4, PLENTY, False), (2.5, PLENTY, True), (600, PLENTY - 1, False), (0, PLENTY, False)],
)
def test_only_what_failed_for_long_and_has_room_is_restarted(failed_seconds: float, free: int, expected: bool) -> None:
    """A slow moment is no reason, and while the disk is full it would be of no use."""
    assert RestartPolicy().must_restart(failed_seconds, free, 1000) is expected


def test_restarts_do_not_storm() -> None:
    """Where it does not help, each restart waits for twice as long as the one before, and ten minutes at most."""
    storing = RestartPolicy()
    restarts = [now for now in range(1000, 5000) if storing.must_restart(60, PLENTY, now)]
    waited = [later - earlier for earlier, later in pairwise(restarts)]
    assert waited[:6] == [5, 10, 20, 40, 80, 160]
    assert set(waited[7:]) == {600}


def test_a_bus_that_fails_again_and_again_is_restarted_less_and_less() -> None:
    """A bus that stores for some seconds after each restart has not recovered: a starved machine looks like that."""
    storing = RestartPolicy()
    restarts = [now for now in range(1000, 1600) if storing.must_restart(3 if now % 15 < 3 else 0, PLENTY, now)]
    waited = [later - earlier for earlier, later in pairwise(restarts)]
    assert waited == sorted(waited)
    assert len(restarts) < 10


def test_a_fault_after_one_that_was_healed_is_met_at_once() -> None:
    """After the bus stored for a while, the next fault is not made to wait for the ones before."""
    storing = RestartPolicy()
    assert [storing.must_restart(60, PLENTY, now) for now in (1000, 1005, 1015, 1035)] == [True] * 4
    assert [storing.must_restart(0, PLENTY, now) for now in (1040, 1270, 1276)] == [False] * 3
    assert storing.must_restart(2.5, PLENTY, 1280)


def test_a_bus_that_cannot_write_is_restarted_at_once_if_the_last_restart_helped() -> None:
    """Disks that are full again and again are no sign of a starved machine: each time, a restart helps."""
    storing = RestartPolicy()
    for now in range(1000, 1200, 20):
        assert not storing.must_restart(0, PLENTY, now)
        assert storing.must_restart(2.5, PLENTY, now + 10, cannot_write=True)


def test_a_bus_that_cannot_write_after_a_restart_either_waits() -> None:
    """A disk that is broken is not restarted every second."""
    storing = RestartPolicy()
    restarts = [now for now in range(1000, 5000) if storing.must_restart(60, PLENTY, now, cannot_write=True)]
    assert [later - earlier for earlier, later in pairwise(restarts)][:6] == [5, 10, 20, 40, 80, 160]
