-- Run once, when the server makes its first database: the log server's stands beside it.
CREATE DATABASE log_server;
