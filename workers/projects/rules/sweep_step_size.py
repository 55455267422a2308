"""The size of a step of a sweep, and the pause after it.

No command waits for a step but one about a project that it deletes. All others share the processors with it.
"""

from typing import Final

STEP_SECONDS: Final = 0.05
"""The time that the statements of a step should take."""

REST_PER_STEP: Final = 1.0
"""The pause after a step while people work, in times of the step: a sweep takes half of the time."""

FEWEST_PROJECTS: Final = 500
MOST_PROJECTS: Final = 1_000


class StepSize:
    """The number of projects that the next step of this process deletes, by the speed of the last one."""

    def __init__(self) -> None:
        """Start with the size of a slow machine."""
        self.projects = FEWEST_PROJECTS

    def note(self, deleted: int, seconds: float) -> None:
        """Learn from a step how many projects fit into its time; sizes at most double; a small step is ignored."""
        if deleted < FEWEST_PROJECTS:
            return
        projects_in_time = int(deleted * STEP_SECONDS / max(seconds, 1e-6))
        self.projects = max(FEWEST_PROJECTS, min(projects_in_time, 2 * self.projects, MOST_PROJECTS))


def pause_seconds(step_seconds: float, *, is_busy: bool) -> float:
    """Return the pause after a step: as long as the step took if there were commands meanwhile, otherwise none."""
    return step_seconds * REST_PER_STEP if is_busy else 0.0
