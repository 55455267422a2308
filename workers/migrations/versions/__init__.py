"""The versions of the schema, frozen: today's application changes, and what they make does not."""
