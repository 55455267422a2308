"""Verifying the activity logs of a system on the command line."""
