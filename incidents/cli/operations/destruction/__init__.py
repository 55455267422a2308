"""The commands of certificates of destruction: listing and saving them, and verifying a file without a system."""
