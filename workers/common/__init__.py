"""What every part of the server is made with: settings, logs, traces, tasks, pages and child processes."""
