"""The versions of the schema from 0001 on."""
