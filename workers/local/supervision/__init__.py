"""What keeps a system on one machine running: workers are started, watched and started again."""
