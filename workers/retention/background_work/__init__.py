"""The background work of retention: sweeps at intervals, the clean-up after deletions, and certificates of both."""

from workers.retention.background_work import certificates, erasure, schedule

__all__ = ["certificates", "erasure", "schedule"]
