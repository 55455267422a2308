"""The background work of projects: housekeeping, packages, sweep steps, selections, undo windows, erasure journal."""

from workers.projects.background_work import (
    erasure_journal,
    housekeeping,
    package_making,
    selections,
    sweep_steps,
    undo_windows,
)

__all__ = ["erasure_journal", "housekeeping", "package_making", "selections", "sweep_steps", "undo_windows"]
