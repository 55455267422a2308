"""The parts of a report's content, which the template lays out."""
