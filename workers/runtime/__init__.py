"""What every worker shares, in rooms that lie above each other. It imports no slice."""
