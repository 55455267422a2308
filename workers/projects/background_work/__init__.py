"""The background work of projects: housekeeping, packages, sweep steps, selections, and the erasure journal."""

from workers.projects.background_work import erasure_journal, housekeeping, package_making, selections, sweep_steps

__all__ = ["erasure_journal", "housekeeping", "package_making", "selections", "sweep_steps"]
