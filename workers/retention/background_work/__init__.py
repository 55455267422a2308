"""The background work of retention: sweeps, warnings before them, the clean-up after them, and certificates."""

from workers.retention.background_work import certificates, erasure, expiry_warnings, schedule

__all__ = ["certificates", "erasure", "expiry_warnings", "schedule"]
