"""One worker process: how it is put together, started, watched and ended."""
