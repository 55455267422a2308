"""Backup and restore: databases, streams and keys."""
