UPDATE reports.request SET log_size = 1$n, log_awaited_until = now();
