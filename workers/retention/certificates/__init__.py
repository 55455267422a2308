"""Certificates of destruction: what was erased, when it is known to be gone, and the signed record of both."""
