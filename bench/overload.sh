#!/usr/bin/env bash
# Asks a server up to four times what the machine can do: nine ratings to one page of the audit trail. Server, PostgreSQL and those who
# ask share the machine. Prints how those fare who are served, beside the same with nobody else there.
#
#   bench/overload.sh                      as it comes
#   bench/overload.sh --at-once 0          without a gate: what the flag is for
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-overload.XXXXXX")
go build -o "$work/" ./bench/overload
go build -o "$work/steelyard" ./server
postgres_start
trap 'kill ${server:-} 2>/dev/null || true; kill -INT "$POSTGRES_PID" 2>/dev/null; wait "$POSTGRES_PID" 2>/dev/null || true; rm -rf "$POSTGRES_FOLDER" "$work"' EXIT
db=$(postgres_database overload)
export XDG_CONFIG_HOME="$work/config"
"$work/steelyard" import examples/village --db "$db" >/dev/null
official=$("$work/steelyard" token --db "$db" --role OFFICIAL --subject V1 --official V1 --unit LX-FW 2>/dev/null)
auditor=$("$work/steelyard" token --db "$db" --role AUDITOR --subject auditor --unit LX 2>/dev/null)
"$work/steelyard" serve --db "$db" --trust-token-key --rate-limit 0 --log-level ERROR --addr 127.0.0.1:18790 "$@" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do curl -sf http://127.0.0.1:18790/readyz >/dev/null && break; sleep 0.1; done
"$work/overload" --url http://127.0.0.1:18790 --official "$official" --auditor "$auditor" --links "${LINKS:-120000}" --for "${FOR:-20s}"
