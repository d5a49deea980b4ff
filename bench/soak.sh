#!/usr/bin/env bash
# Works with server and database for half an hour as a district does, at a steady pace: residents rate and bring problems, officials solve
# them and read lists, HR reads reports, asks for files and every two minutes for a run. Looks every five seconds what server and database
# hold, writes a table and a picture, and ends with 1 where anything grows that should not, or any answer was wrong.
#
#   bench/soak.sh                            half an hour on PostgreSQL, ten a second begin something
#   MINUTES=2 DATABASE=sqlite bench/soak.sh  two minutes on SQLite
#   PACE=20 OUT=/tmp bench/soak.sh           twice the load; the table and the picture to another folder than docs
#   go run ./bench/soak --again TABLE        judges and draws a table once more
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-soak.XXXXXX")
trap 'kill ${making:-} ${server:-} 2>/dev/null || true; [ -z "${POSTGRES_PID:-}" ] || { kill -INT "$POSTGRES_PID" 2>/dev/null; wait "$POSTGRES_PID" 2>/dev/null || true; }
	rm -rf "${POSTGRES_FOLDER:-}" "$work"' EXIT
stop=$(trap -p EXIT)
go build -o "$work/" ./bench/soak
go build -o "$work/steelyard" ./server
export XDG_CONFIG_HOME="$work/config"
if [ "${DATABASE:-postgres}" = sqlite ]; then
	db="sqlite:$work/soak.db" served=$db
else
	postgres_start
	eval "$stop"
	db=$(postgres_database soak)
	psql -q -h "$POSTGRES_FOLDER" -U postgres -c "CREATE ROLE app LOGIN" postgres
	served=${db/postgres@/app@}
fi
keys=(--key-file "$work/keys")
"$work/steelyard" demo --db "$db" "${keys[@]}" --addr 127.0.0.1:0 >"$work/demo" 2>"$work/demo.log" &
making=$!
until grep -q 'serving at' "$work/demo"; do kill -0 "$making" || { cat "$work/demo.log"; exit 2; }; sleep 0.5; done
kill "$making" && wait "$making" || true
making=
[ "$db" = "$served" ] || "$work/steelyard" migrate up --db "$db" --app-role app >/dev/null
token() { "$work/steelyard" token --db "$db" --signing-key-file "$work/key.pem" "$@" 2>/dev/null; }
official=$(token --role OFFICIAL --subject soak-official --official G001 --ttl 24h)
hr=$(token --role HR --subject soak-hr --unit Q --ttl 24h)
auditor=$(token --role AUDITOR --subject soak-auditor --unit Q --ttl 24h)
openssl pkey -in "$work/key.pem" -pubout -out "$work/key.pub"
port=${PORT:-18780}
"$work/steelyard" serve --db "$served" "${keys[@]}" --secret-file "$work/secret" --attachments "$work/attachments" --public-key-file "$work/key.pub" \
	--rate-limit 0 --log-level WARN --addr "127.0.0.1:$port" >"$work/log" 2>&1 &
server=$!
until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do kill -0 "$server" || { cat "$work/log"; exit 2; }; sleep 0.1; done
out=${OUT:-docs}
name=soak
[ "${DATABASE:-postgres}" = postgres ] || name=soak-$DATABASE
result=0
"$work/soak" --url "http://127.0.0.1:$port" --db "$db" --official "$official" --hr "$hr" --auditor "$auditor" --for "${MINUTES:-30}m" --pace "${PACE:-10}" \
	--tsv "$out/performance/$name.tsv" --svg "$out/images/$name.svg" || result=$?
if grep 'level=ERROR' "$work/log"; then result=1; fi
exit "$result"
