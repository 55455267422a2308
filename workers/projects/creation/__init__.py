"""Which projects come into being: those that a person creates, and those that are imported."""
