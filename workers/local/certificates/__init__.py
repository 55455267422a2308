"""Handing out the certificate of the key that signs PDF files."""
