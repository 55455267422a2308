#!/bin/sh
# A password comes as a file: what is in a container's variables is seen by everybody who may inspect it.
set -eu
if [ -n "${PGPASSWORD_FILE:-}" ]; then
    PGPASSWORD=$(cat "$PGPASSWORD_FILE")
    export PGPASSWORD
fi
exec "$@"
