"""The background work of projects: housekeeping, packages, steps of sweeps, and selections of projects for others."""

from workers.projects.background_work import housekeeping, package_making, selections, sweep_steps

__all__ = ["housekeeping", "package_making", "selections", "sweep_steps"]
