#!/usr/bin/env bash
# Measures what the application's role and row security cost on PostgreSQL: the same database by a superuser, whom no policy binds,
# and by the application's role, by turns. An assessment of all ratings, then operations through the API.
#
#   bench/roles.sh                    500,000 ratings, cases with a history
#   RATINGS=50000 bench/roles.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-roles.XXXXXX")
go build -o "$work/" ./bench/scoring ./bench/roles
go build -o "$work/steelyard" ./server
postgres_start
trap 'kill ${servers:-} 2>/dev/null || true; kill -INT "$POSTGRES_PID" 2>/dev/null; wait "$POSTGRES_PID" 2>/dev/null || true; rm -rf "$POSTGRES_FOLDER" "$work"' EXIT
above=$(postgres_database city)
psql -q -h "$POSTGRES_FOLDER" -U postgres -c "CREATE ROLE app LOGIN" postgres
bound=${above/postgres@/app@}
keys=(--key-file "$work/keys")
"$work/scoring" fill --db "$above" "${keys[@]}" --ratings "${RATINGS:-500000}" --events 2 >&2
"$work/steelyard" migrate up --db "$above" --app-role app >&2
psql -q -h "$POSTGRES_FOLDER" -U postgres -c "VACUUM ANALYZE" city

echo '| | without | with | ratio |'
echo '|---|---:|---:|---:|'
runs() { for _ in 1 2 3; do for db in "$above" "$bound"; do "$work/scoring" run --db "$db" "${keys[@]}" | awk -v w="$([ "$db" = "$above" ] && echo without || echo with)" '/^run |^bare / {print $1, w, $2}'; done; done; }
runs | sort -k1,2 -k3,3n | awk '{k = $1; n[k, $2]++; if (n[k, $2] == 2) m[k, $2] = $3} END {
	printf "| the bare `GROUP BY` | %.2f s | %.2f s | %.2f |\n", m["bare", "without"], m["bare", "with"], m["bare", "with"] / m["bare", "without"]
	printf "| an assessment | %.2f s | %.2f s | %.2f |\n", m["run", "without"], m["run", "with"], m["run", "with"] / m["run", "without"] }'

side=(--secret-file "$work/secret" --attachments "$work/attachments")
token=$("$work/steelyard" token --db "$above" --role HR --subject bench --unit "CITY" --signing-key-file "$work/key.pem" --token-issuer bench --token-audience bench)
openssl pkey -in "$work/key.pem" -pubout -out "$work/key.pub"
port=18700
for db in "$above" "$bound"; do
	"$work/steelyard" serve --db "$db" "${keys[@]}" "${side[@]}" --public-key-file "$work/key.pub" --token-issuer bench --token-audience bench \
		--rate-limit 0 --sweep-every 1h --addr "127.0.0.1:$port" >"$work/serve.$port" 2>&1 &
	servers="${servers:-} $!"
	for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/readyz" >/dev/null && break; sleep 0.1; done
	port=$((port + 1))
done
"$work/roles" http://127.0.0.1:18700 http://127.0.0.1:18701 "$token"
