"""The database: connections, statements, sets of rows, and its clock."""
