"""What happens to sweeps and holds when a command or an event arrives."""

from workers.retention.handlers import holds, sweeps

__all__ = ["holds", "sweeps"]
