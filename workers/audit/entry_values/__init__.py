"""The values of projects' data in the activity: written beside the entries, joined to them, and forgotten."""
