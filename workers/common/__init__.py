"""Shared by all parts of the server: settings, logs, traces, tasks, HTTP pages and child processes."""
