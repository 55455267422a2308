"""Incident projects: the records of operators, in order and without loss."""
