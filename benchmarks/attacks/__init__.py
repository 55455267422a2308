"""Attacks by one client, and what an honest client beside it notices."""
