"""Incident reports: all that a project says, on paper that stands in court."""
