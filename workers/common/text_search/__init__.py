"""Comparing texts with what people type to find them."""
