"""The background work of projects: housekeeping, steps of sweeps, and selections of projects for others."""

from workers.projects.background_work import housekeeping, selections, sweep_steps

__all__ = ["housekeeping", "selections", "sweep_steps"]
