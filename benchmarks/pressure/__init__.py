"""The product under pressure and faults: what it carries before, meanwhile and afterwards."""
