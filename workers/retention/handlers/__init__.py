"""The handlers of sweeps, holds and policies."""

from workers.retention.handlers import holds, policies, release_requests, sweeps

__all__ = ["holds", "policies", "release_requests", "sweeps"]
