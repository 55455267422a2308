"""Supervision of a system on one machine: workers are started, watched and restarted."""
