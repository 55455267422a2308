"""The size of a step of a sweep: as many projects as can be deleted while another command waits."""

from typing import Final

STEP_SECONDS: Final = 0.02
"""The time that the statements of a step should take. Two steps may wait in a lane before a command."""

FEWEST_PROJECTS: Final = 250
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
        fitting = int(deleted * STEP_SECONDS / max(seconds, 1e-6))
        self.projects = max(FEWEST_PROJECTS, min(fitting, 2 * self.projects, MOST_PROJECTS))


step_size = StepSize()
"""That of this process."""
