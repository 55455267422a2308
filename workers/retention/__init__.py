"""Retention: what has been kept for long enough goes, a little at a time (RET-01 to RET-07)."""
