"""Audit: it hears every event and keeps what was done; nobody calls it (LOG-01 to LOG-09)."""
