#!/bin/sh
# Two roles: one owns the tables, the other is the program's and cannot alter them. The
# database's image runs this once, when its folder is empty.
set -eu
export SECRETS="${SECRETS:-/run/secrets}"
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set owner `cat "$SECRETS/owner_password"`
\set program `cat "$SECRETS/program_password"`
CREATE ROLE steelyard_owner LOGIN PASSWORD :'owner';
CREATE ROLE steelyard LOGIN PASSWORD :'program';
CREATE DATABASE steelyard OWNER steelyard_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE steelyard FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE steelyard TO steelyard;
SQL
