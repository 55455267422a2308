"""A package of its own, so that no library's folder of this name is taken for it."""
