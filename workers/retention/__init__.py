"""Retention: expired projects are deleted, a few at a time (RET-01 to RET-07)."""
