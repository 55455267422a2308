"""Commands of operations: status, dead letters, the log, retention."""
