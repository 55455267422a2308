"""The background work of retention: sweeps at intervals, and the clean-up after deletions."""

from workers.retention.background_work import erasure, schedule

__all__ = ["erasure", "schedule"]
