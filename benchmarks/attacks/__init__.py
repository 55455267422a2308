"""Attacks by a client with credentials, and their effect on an honest client."""
