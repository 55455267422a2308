#!/bin/sh
# Write a backup to the folder $1, with a copy of the erasure journal apart, and delete backups there that are older than $2 days.
set -eu
umask 077
incidents backup --output "$1/incidents-$(date -u +%Y%m%dT%H%M%SZ).tar" --json \
    ${INCIDENTS_ERASURES:+--journal "$1/erasures.journal"}
find "$1" -mindepth 1 -maxdepth 1 -name 'incidents-*.tar*' -mtime "+$2" -exec rm -rf {} +
