"""Verifying packages, without a system."""
