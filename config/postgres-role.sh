#!/bin/sh
# The hub's ordinary role and its database, made when the Postgres of compose.yaml starts for the first time.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$MEDMOST_DB_PASSWORD" --username postgres <<'SQL'
create role medmost login nosuperuser password :'password';
create role medmost_audit nologin;
create role medmost_client nologin;
grant medmost_audit, medmost_client to medmost with inherit false, set true;
create database medmost owner medmost;
SQL
