"""The versions of the schema from 0060 on."""
