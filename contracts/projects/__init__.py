"""The wire of incident projects: commands, queries, events, and what they are made of."""
