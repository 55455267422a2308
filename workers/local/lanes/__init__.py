"""Splitting the lanes of a worker."""
