"""Deleting expired projects, beside a plain DELETE."""
