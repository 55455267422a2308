"""One worker process: its assembly, start, supervision and end."""
