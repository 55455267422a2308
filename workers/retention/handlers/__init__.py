"""The handlers of sweeps and holds."""

from workers.retention.handlers import holds, sweeps

__all__ = ["holds", "sweeps"]
