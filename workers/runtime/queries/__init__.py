"""The query side: intake, fair queue and answers."""
