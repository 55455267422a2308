"""Taking over projects of another system: read a file, check each row, send what fits."""
