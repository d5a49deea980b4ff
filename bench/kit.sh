#!/usr/bin/env bash
# The whole kit: fills a city, starts Steelyard as the application's role and the peers over
# the same PostgreSQL tables, asks all of them and PostgreSQL itself the same by turns, at 16
# and at 64 connections, lets bench/write.sh and bench/scoring.sh add their rows, and
# prints one table in which each goal is judged. Steelyard checks a token, a scope and row
# security for each answer; the peers serve whoever asks. Database, servers and load share the
# machine. The floor is pgbench with the statements that the server sent, prepared.
#
#   bench/kit.sh                       50 thousand ratings, three rounds of three seconds
#   RATINGS=5000000 bench/kit.sh       the city of docs/performance.md
#   PUBLISH=1 bench/kit.sh             also writes docs/performance/kit.tsv, the plot and README
#   PARTS=read bench/kit.sh            of the parts read, write and scoring only these
#   KIT_ROWS=FILE bench/kit.sh         keeps the rows in a file of one's own
#
# ROUNDS, SECONDS_EACH and CONNECTIONS="16 64" say how often, how long and how many. Servers
# listen on PORT (7300) and the three ports above it. It installs the peers by npm.
set -euo pipefail
cd "$(dirname "$0")/.."
export RATINGS=${RATINGS:-50000}
parts=" ${PARTS:-read write scoring} "
rows=${KIT_ROWS:-$(mktemp "${TMPDIR:-/tmp}/steelyard-kit.XXXXXX")}
rows=$(realpath "$rows")
[ -n "${KIT_ROWS:-}" ] || trap 'rm -f "$rows"' EXIT
[ -s "$rows" ] || printf '# %s ratings, %s cores\n# work\tserver\tconnections\trate_or_seconds\tunit\tp50_ms\tp99_ms\tmemory_mib\n' "$RATINGS" "$(nproc)" >"$rows"
export KIT_ROWS=$rows

part() { # NAME COMMAND…: runs a part, and says how long it took
	local name=$1 start=$SECONDS
	shift
	[[ $parts == *" $name "* ]] || return 0
	"$@" >&2
	echo "$name took $((SECONDS - start)) s" >&2
}
part read bench/read.sh
[ ! -x bench/write.sh ] || part write bench/write.sh
part scoring env DATABASES=PostgreSQL ONLY_RUNS=1 bench/scoring.sh
if [ -n "${PUBLISH:-}" ]; then
	mkdir -p docs/performance
	cp "$rows" docs/performance/kit.tsv
	go run ./bench/kit plot "$rows" >docs/images/latency.svg
	go run ./bench/kit readme "$rows" README.md
fi
go run ./bench/kit table "$rows"
