"""The runtime of every worker, in layered rooms. It imports no slice."""
