"""Audit: it reads every event and keeps the activity logs; nobody calls it (LOG-01 to LOG-09)."""
