"""The versions of the schema from 0013 on."""
