"""The workers of Incident Manager: slices that talk by messages, on one shared runtime."""
