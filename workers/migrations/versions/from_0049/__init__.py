"""The versions of the schema from 0036 on."""
