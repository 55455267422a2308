"""Erasing again what a restored database has and the erasure journal names, and writing that journal."""
