"""The handlers of sweeps, of what they and people erase, of holds and policies."""

from workers.retention.handlers import destructions, holds, policies, release_requests, sweeps

__all__ = ["destructions", "holds", "policies", "release_requests", "sweeps"]
