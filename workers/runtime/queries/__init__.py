"""The query side: how a question comes in, waits its turn and is answered."""
