#!/usr/bin/env bash
# A primary, two streaming replicas and three servers on this machine, with residents who rate and bring problems, officers who read lists and have runs made
# and files written, and a machine that is told of cases. Then a replica is killed, a server is killed, and the primary: a replica is promoted in its place. Prints
# how long each was felt, which errors were answered, whether everything that was acknowledged is there, once, and whether every job was done; ends with 1
# where anything is not.
#
#   bench/topology.sh                 80 seconds, one failure every 20
#   EVERY=10s bench/topology.sh       one every ten
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-topology.XXXXXX")
go build -o "$work/" ./bench/topology
go build -o "$work/steelyard" ./server
pids=()
finish() {
	kill -CONT "${pids[@]}" 2>/dev/null || true
	kill -INT "${pids[@]}" "${POSTGRES_PID:-}" 2>/dev/null || true
	wait || true
	rm -rf "${POSTGRES_FOLDER:-}" "$work"
}
postgres_start
trap finish EXIT
programs=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1) as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
ask() { psql -qAt -h "$1" -U postgres -c "$2" "${3:-postgres}"; }
db=$(postgres_database topology)
export XDG_CONFIG_HOME="$work/config"
ask "$POSTGRES_FOLDER" "CREATE ROLE app LOGIN"
"$work/steelyard" import examples/village --db "$db" --key-file "$work/keys" >/dev/null
"$work/steelyard" migrate up --db "$db" --app-role app >/dev/null
token() { "$work/steelyard" token --db "$db" --signing-key-file "$work/key.pem" "$@" 2>/dev/null; }
official=$(token --role OFFICIAL --subject V1 --official V1 --unit LX-FW)
hr=$(token --role HR --subject hr --unit LX)
openssl pkey -in "$work/key.pem" -pubout -out "$work/key.pub"

for name in one two; do # each replica under its own name, so that the primary waits for either
	"${as[@]}" mkdir "$POSTGRES_FOLDER/$name"
	"${as[@]}" "$programs/pg_basebackup" -D "$POSTGRES_FOLDER/$name/data" --write-recovery-conf --checkpoint=fast \
		-d "host=$POSTGRES_FOLDER user=postgres application_name=$name"
	"${as[@]}" "$programs/postgres" -D "$POSTGRES_FOLDER/$name/data" -k "$POSTGRES_FOLDER/$name" -c listen_addresses= >"$POSTGRES_FOLDER/$name/log" 2>&1 &
	pids+=($!)
	until "$programs/pg_isready" -q -h "$POSTGRES_FOLDER/$name"; do sleep 0.1; done
done
# What is acknowledged is on two disks: the promoted replica has all of it.
ask "$POSTGRES_FOLDER" "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (one, two)'"
ask "$POSTGRES_FOLDER" "SELECT pg_reload_conf()" >/dev/null

at="postgres://app@/topology?host="
primary="$at$POSTGRES_FOLDER,$POSTGRES_FOLDER/one,$POSTGRES_FOLDER/two&target_session_attrs=read-write&connect_timeout=2"
urls=()
for port in 18811 18812 18813; do
	"$work/steelyard" serve --db "$primary" --replica "$at$POSTGRES_FOLDER/one" --replica "$at$POSTGRES_FOLDER/two" --replica "$at$POSTGRES_FOLDER" \
		--key-file "$work/keys" --secret-file "$work/secret" --audit-key-file "$work/audit.pem" --attachments "$work/attachments" --public-key-file "$work/key.pub" \
		--rate-limit 0 --at-once 0 --log-level ERROR --notify-inside --notify-every 1s --addr "127.0.0.1:$port" >"$work/log.$port" 2>&1 &
	server=$!
	pids+=("$server")
	urls+=(--url "http://127.0.0.1:$port")
	until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do kill -0 "$server" || { cat "$work/log.$port"; exit 2; }; sleep 0.1; done
done
promote="$programs/pg_ctl -D $POSTGRES_FOLDER/one/data promote -s -w"
# One replica is left: nobody waits for another until there is one again.
alone="psql -qAt -h $POSTGRES_FOLDER/one -U postgres -c \"ALTER SYSTEM SET synchronous_standby_names = ''\" -c 'SELECT pg_reload_conf()' postgres >/dev/null"
result=0
"$work/topology" "${urls[@]}" --official "$official" --hr "$hr" --every "${EVERY:-20s}" \
	--fail "replica killed=kill -9 ${pids[1]}" \
	--fail "server killed=kill -9 $server" \
	--fail "primary stopped, replica promoted=kill -QUIT $POSTGRES_PID; ${as[*]} $promote; $alone" || result=$?
echo "ratings kept: $(ask "$POSTGRES_FOLDER/one" "SELECT count(*) FROM ratings WHERE receipt_hash IS NOT NULL" topology), twice: $(ask "$POSTGRES_FOLDER/one" \
	"SELECT count(*) - count(DISTINCT encounter_id) FROM encounter_claims" topology)"
exit "$result"
