"""The versions of the schema from 0024 on."""
