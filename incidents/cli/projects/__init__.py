"""Commands about projects and their parts, and the lists of them."""
