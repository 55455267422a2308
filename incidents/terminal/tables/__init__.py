"""What answers look like: tables, facts, refusals."""
