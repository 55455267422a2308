"""The key, the certificate and the authority with which PDF files are signed."""
