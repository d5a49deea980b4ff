#!/usr/bin/env bash
# Measures the writing side beside its floors, by turns, and prints the table of bench/kit:
#
# postgres  ratings submitted through the API, each with a link of its own, as the application's role; its floor is pgbench
#           with the same statements, taken from PostgreSQL's log, and peers insert a bare row by a mutation
# sqlite    the same on SQLite; its floor is one writer that sends the same statements in a loop, with a commit each
# import    a folder of ratings and their encounters into an empty database, by its owner: from the command's start to its
#           end, the tables made, the files read, checked, hashed and loaded, indexes built and references checked.
#           Its floor copies the same rows into bare tables and then makes the same keys, indexes and references
# merge     another folder, a tenth as large, into that database while residents rate, as the application's role
#
#   bench/write.sh                                       500,000 ratings, three rounds of five seconds
#   RATINGS=5000000 ROUNDS=5 SECONDS_EACH=10 bench/write.sh
#   ONLY="postgres import" CONNECTIONS=16 bench/write.sh
#   KIT_ROWS=FILE bench/write.sh                         append the lines of bench/kit to a file
#
# The server waits for everybody (--patience), so that nobody is sent away. It needs wrk and pgbench, and npm for the peers.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
for program in wrk pgbench psql; do command -v $program >/dev/null || { echo "$program is not installed" >&2; exit 1; }; done
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-write.XXXXXX")
rows=${KIT_ROWS:-$work/rows.tsv}
ratings=${RATINGS:-500000} lasts=${SECONDS_EACH:-5} rounds=${ROUNDS:-3}
pids=()
finish() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	kill -INT "$POSTGRES_PID" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$POSTGRES_FOLDER" "$work"
}
go build -o "$work/" ./bench/write ./bench/scoring ./bench/kit
go build -o "$work/steelyard" ./server
postgres_start -c max_connections=200 # the server's pool, and the floor beside it
trap finish EXIT
export HOME=$work XDG_CONFIG_HOME=$work/config
psql -q -h "$POSTGRES_FOLDER" -U postgres -c 'CREATE ROLE app LOGIN' postgres
sql() { psql -q -h "$POSTGRES_FOLDER" -U postgres -v ON_ERROR_STOP=1 -At "$@"; }

# row appends a line for bench/kit.
row() { # WORK SERVER CONNECTIONS FIGURE UNIT P50 P99 MEMORY
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$rows"
	printf '%s\n' "$*" >&2
}
memory() { awk '/^VmRSS/ {printf "%.0f", $2 / 1024}' "/proc/$1/status"; }

# serve starts a server in the background and waits until it serves.
serve() { # DB PORT FLAG…
	(cd "$work" && [ -f "$work/keys" ] && ./steelyard token --db "$1" --key-file keys --role HR --unit CITY --subject bench >token 2>/dev/null) || true
	"$work/steelyard" serve --db "$1" --key-file "$work/keys" --trust-token-key --addr "127.0.0.1:$2" --rate-limit 0 --patience 10s --log-level WARN \
		--no-worker --secret-file "$work/secret" --attachments "$work/attachments" --audit-key-file "$work/audit.pem" "${@:3}" >"$work/serve.$2.log" 2>&1 &
	pids+=($!)
	server=$!
	for _ in $(seq 100); do curl -sf "http://127.0.0.1:$2/readyz" >/dev/null && return; sleep 0.1; done
	cat "$work/serve.$2.log" >&2
	exit 1
}

submit='{"query":"mutation($t: String!) { submitRating(input: {token: $t, level: 4}) { receipt userErrors { code } } }","variables":{"t":"%s"}}'

# rate has so many residents rate for a while: each request takes the next line of a file into the body. It sets rate, p50 and p99.
rate() { # PORT CONNECTIONS SECONDS FILE BODY
	cat >"$work/rate.lua" <<-LUA
		wrk.method = "POST"
		wrk.headers["Content-Type"] = "application/json"
		local file = io.open("$4")
		request = function() return wrk.format(nil, nil, nil, string.format([[$5]], file:read("*l"))) end
	LUA
	wrk -t1 -c"$2" -d"${3}s" --latency -s "$work/rate.lua" "http://127.0.0.1:$1/graphql" >"$work/out"
	! grep 'Non-2xx' "$work/out" >&2 || exit 1
	read -r answered rate p50 p99 < <(awk '
		function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t ~ /m$/ ? t * 60000 : t * 1000 }
		/requests in/ {n = $1} /^Requests\/sec/ {r = $2} $1 == "50%" {a = ms($2)} $1 == "99%" {b = ms($2)} END {print n, r, a, b}' "$work/out")
}

# links makes as many fresh rating links as can be used in a while.
links() { # DB SECONDS
	"$work/write" links --db "$1" --secret-file "$work/secret" --count $((${LINKS_A_SECOND:-6000} * $2)) --out "$work/links"
}

# counted wants every answer to have been a rating.
counted() { # BEFORE AFTER
	[ $(($2 - $1)) -ge "$answered" ] || { echo "$answered answers, and $(($2 - $1)) ratings" >&2; exit 1; }
}

. bench/write/postgres.sh
. bench/write/sqlite.sh
. bench/write/import.sh
for part in ${ONLY:-postgres sqlite import merge}; do "measure_$part"; done
"$work/kit" table "$rows"
