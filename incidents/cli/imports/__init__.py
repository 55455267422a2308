"""Commands that import projects of another system."""
