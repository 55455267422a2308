"""The servers of one machine: NATS and PostgreSQL, started as processes."""
