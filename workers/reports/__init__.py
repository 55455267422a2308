"""Incident reports: the contents of a project as a PDF that can serve as evidence in court."""
