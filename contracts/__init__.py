"""The wire of Incident Manager: one class per command, event and query; nothing here knows how they travel."""
