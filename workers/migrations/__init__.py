"""The migrations of both databases, which run under a lock."""
