"""Commands that take over projects of another system."""
