"""The size of a step of a sweep follows the speed of the machine."""

import pytest

from workers.projects.rules.sweep_step_size import FEWEST_PROJECTS, MOST_PROJECTS, STEP_SECONDS, StepSize, pause_seconds


def test_a_process_starts_with_the_size_of_a_slow_machine() -> None:
    """Nothing is known before the first step, so that it is small."""
    assert StepSize().projects == FEWEST_PROJECTS


@pytest.mark.parametrize(
    "seconds, projects",
    [
        (STEP_SECONDS, FEWEST_PROJECTS),
        (STEP_SECONDS / 1.6, FEWEST_PROJECTS * 1.6),
        (STEP_SECONDS / 100, FEWEST_PROJECTS * 2),
        (STEP_SECONDS * 100, FEWEST_PROJECTS),
        (0, FEWEST_PROJECTS * 2),
    ],
)
def test_a_step_has_as_many_projects_as_fit_into_its_time(seconds: float, projects: float) -> None:
    """The speed of the last step decides; a size at most doubles, and it is never below the least."""
    size = StepSize()
    size.note(FEWEST_PROJECTS, seconds)
    assert size.projects == pytest.approx(projects, abs=1)


def test_a_size_has_an_end_and_shrinks_at_once() -> None:
    """However quick a machine is, a step has an end; when it becomes slow, the next step is small."""
    size = StepSize()
    for _ in range(5):
        size.note(size.projects, 0.001)
    assert size.projects == MOST_PROJECTS
    size.note(MOST_PROJECTS, 1.0)
    assert size.projects == FEWEST_PROJECTS


def test_a_small_step_says_nothing() -> None:
    """The last step of a sweep deletes a few projects, and its time is not theirs."""
    size = StepSize()
    size.note(FEWEST_PROJECTS - 1, 10 * STEP_SECONDS)
    size.note(0, 0)
    assert size.projects == FEWEST_PROJECTS


def test_a_sweep_leaves_half_of_the_time_to_people() -> None:
    """After a step comes a pause of its own length if people sent commands meanwhile, and none otherwise."""
    assert pause_seconds(0.05, is_busy=True) == 0.05
    assert pause_seconds(0.05, is_busy=False) == 0
