"""Attacks by a client with credentials, and what an honest client notices of them."""
