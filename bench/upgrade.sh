#!/usr/bin/env bash
# Exchanges the servers of a district one by one while it works. An older server is built from an earlier commit and serves a PostgreSQL
# database; under load this program's `migrate up` runs; a newer server joins, both serve, and the older one ends. Prints how many answers
# came in each part, how long the slowest took, and ends with 1 where one was wrong: neither right nor 503 with its word to come again.
#
#   bench/upgrade.sh                     from before the last step of the migrations
#   FROM=COMMIT bench/upgrade.sh         from another commit
#   SECONDS_EACH=20 PACE=20 bench/upgrade.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-upgrade.XXXXXX")
end() {
	kill ${servers:-} 2>/dev/null || true
	[ -z "${POSTGRES_PID:-}" ] || { kill -INT "$POSTGRES_PID" 2>/dev/null; wait "$POSTGRES_PID" 2>/dev/null || true; }
	git worktree remove --force "$work/older" 2>/dev/null || true
	rm -rf "${POSTGRES_FOLDER:-}" "$work"
}
last=$(ls migrations/postgres | tail -n 1)
from=${FROM:-$(git log --format=%H --diff-filter=A -- "migrations/postgres/$last" | tail -n 1)^}
git rev-parse --verify --quiet "$from^{commit}" >/dev/null || { echo "no commit $from here: the clone may be shallow"; exit 2; }
trap end EXIT
git worktree add --quiet --detach "$work/older" "$from"
(cd "$work/older" && go build -o "$work/steelyard-older" ./server)
go build -o "$work/steelyard-newer" ./server
go build -o "$work/" ./bench/soak
postgres_start
trap end EXIT
above=$(postgres_database upgrade)
psql -q -h "$POSTGRES_FOLDER" -U postgres -c "CREATE ROLE app LOGIN" postgres
bound=${above/postgres@/app@}
export XDG_CONFIG_HOME="$work/config"
keys=(--key-file "$work/keys")
"$work/steelyard-older" demo --db "$above" "${keys[@]}" --addr 127.0.0.1:0 >"$work/demo" 2>"$work/demo.log" &
servers=$!
until grep -q 'serving at' "$work/demo"; do kill -0 "$servers" || { cat "$work/demo.log"; exit 2; }; sleep 0.5; done
kill "$servers" && wait "$servers" || true
"$work/steelyard-older" migrate up --db "$above" --app-role app >/dev/null
token() { "$work/steelyard-older" token --db "$above" --signing-key-file "$work/key.pem" "$@" 2>/dev/null; }
tokens=(--official "$(token --role OFFICIAL --subject soak-official --official G001)" --hr "$(token --role HR --subject soak-hr --unit Q)"
	--auditor "$(token --role AUDITOR --subject soak-auditor --unit Q)")
openssl pkey -in "$work/key.pem" -pubout -out "$work/key.pub"
serve() { # OLDER|NEWER PORT
	"$work/steelyard-$1" serve --db "$bound" "${keys[@]}" --secret-file "$work/secret" --attachments "$work/attachments" --public-key-file "$work/key.pub" \
		--public-url http://127.0.0.1:1 --rate-limit 0 --log-level WARN --addr "127.0.0.1:$2" >>"$work/$1.log" 2>&1 &
	servers=$!
	until curl -sf "http://127.0.0.1:$2/readyz" >/dev/null; do kill -0 "$servers" || { cat "$work/$1.log"; exit 2; }; sleep 0.1; done
}
result=0
load() { # NAME PORT…: the same load on each
	local name=$1 loads="" port
	shift
	for port in "$@"; do
		"$work/soak" --brief "$name$([ $# = 1 ] || echo ", port $port")" --url "http://127.0.0.1:$port" --db "$above" "${tokens[@]}" --for "${SECONDS_EACH:-20}s" --pace "${PACE:-10}" &
		loads="$loads $!"
	done
	if [ "$name" = 'while migrate up runs' ]; then
		sleep 3
		local begun=$(date +%s%N)
		"$work/steelyard-newer" migrate up --db "$above" --app-role app >&2 || result=1
		migrated=$((($(date +%s%N) - begun) / 1000000))
	fi
	for port in $loads; do wait "$port" || result=1; done
}
echo '| | answers | p50 | p99 | slowest | sent away | wrong |'
echo '|---|---:|---:|---:|---:|---:|---:|'
serve older 18771
older=$servers
load 'the older server alone' 18771
load 'while migrate up runs' 18771
serve newer 18772
newer=$servers
servers="$older $newer"
load 'both, side by side' 18771 18772
kill "$older" && wait "$older" || true
servers=$newer
load 'the newer server alone' 18772
echo
echo "migrate up took $migrated ms, from $(git rev-parse --short "$from")"
echo "the older server logged $(grep -c 'level=ERROR' "$work/older.log" || true) errors"
grep 'level=ERROR' "$work/newer.log" && result=1
exit "$result"
