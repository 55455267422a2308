#!/bin/sh
# Run once, when the server makes its first database: the log server's stands beside it, and workers are a role that
# owns nothing. `incidents migrate` gives that role its rights.
psql --set ON_ERROR_STOP=1 --set password="$(cat "${INCIDENTS_APP_PASSWORD_FILE:-/run/secrets/app_password}")" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE incidents_app LOGIN PASSWORD :'password';
GRANT pg_read_all_stats TO incidents_app;
CREATE DATABASE log_server TEMPLATE template0 ENCODING 'UTF8';
SQL
