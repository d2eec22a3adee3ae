#!/bin/sh
# The hub's ordinary role and its database, made when the Postgres of compose.yaml starts for the first time.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$MEDMOST_DB_PASSWORD" --username postgres <<'SQL'
create role medmost login nosuperuser password :'password';
create database medmost owner medmost;
SQL
