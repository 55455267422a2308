"""The packages of exported projects: contents, archive, and storage."""
