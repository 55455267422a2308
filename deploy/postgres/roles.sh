#!/bin/sh
# Run once, when the server creates its first database: create the log server's database and the role of workers, which
# owns nothing. `incidents migrate` grants that role its rights.
psql --set ON_ERROR_STOP=1 --set password="$(cat "${INCIDENTS_APP_PASSWORD_FILE:-/run/secrets/app_password}")" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE incidents_app LOGIN PASSWORD :'password';
GRANT pg_read_all_stats, pg_checkpoint TO incidents_app;
CREATE DATABASE log_server TEMPLATE template0 ENCODING 'UTF8';
SQL
