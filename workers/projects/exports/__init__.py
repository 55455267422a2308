"""Exports that are being made: a step for each project, and one for the package."""
