"""Batches: the reports of many projects, made one by one and bound to one file."""
