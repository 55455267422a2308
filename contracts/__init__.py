"""The wire of Incident Manager: one class per command, event and query, independent of their transport."""
