"""The base of all commands and the demonstration: options, output, and the end of a run."""
