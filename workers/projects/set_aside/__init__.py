"""Projects that are set aside: deleted within the undo window, or restricted."""
