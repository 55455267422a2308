"""The schema of both databases, brought up to date under a lock and shipped with the package."""
