"""The database: connections, statements, row sets and clock."""
