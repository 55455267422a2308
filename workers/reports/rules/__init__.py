"""More rules of reports, as pure as those of the domain."""
