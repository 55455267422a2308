"""The query side: connection, fair queue and answers."""
