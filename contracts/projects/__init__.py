"""The wire of incident projects: commands, queries, events, and their parts."""
