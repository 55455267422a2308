"""The handlers of sweeps, holds and policies."""

from workers.retention.handlers import holds, policies, sweeps

__all__ = ["holds", "policies", "sweeps"]
