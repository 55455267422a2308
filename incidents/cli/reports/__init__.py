"""Commands about reports, one or many."""
