#!/usr/bin/env bash
# Measures a whole assessment run (read, fit, score, intervals, explain, store) on
# both databases against a bare GROUP BY of the same ratings, over sizes: on PostgreSQL
# as the application's role, bound by row security, and the bare query by a superuser,
# whom none binds. It prints a table: seconds, ratio, peak memory, the exponent of growth since the size before,
# and where the time goes. Then the engine's own benchmarks: without a database, and
# a rating that comes after a run.
#
#   bench/scoring.sh                                  50 thousand, 500 thousand, 5 million ratings
#   RATINGS="50000 500000" bench/scoring.sh           other sizes; the rest of the city goes with them
#   DATABASES=PostgreSQL EVENTS=2 bench/scoring.sh    one database; cases with a history
#   ONLY_RUNS=1 bench/scoring.sh                      without the engine's own benchmarks
#   KIT_ROWS=FILE bench/scoring.sh                    also append rows for bench/kit.sh
#   PROFILES=FOLDER bench/scoring.sh                  keep a CPU profile of each run
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-scoring.XXXXXX")
go build -o "$work/scoring" ./bench/scoring
go build -o "$work/steelyard" ./server
postgres_start
trap 'kill -INT "$POSTGRES_PID" 2>/dev/null; wait "$POSTGRES_PID" 2>/dev/null || true; rm -rf "$POSTGRES_FOLDER" "$work"' EXIT

figure() { awk -v k="$1" '$1 == k {print $2}' "$work/out"; }
stages() { awk '$1 == "stage" {printf "%s%s %.1f", s, $2, $3; s = ", "}' "$work/out"; }

psql -q -h "$POSTGRES_FOLDER" -U postgres -c 'CREATE ROLE app LOGIN' postgres

echo '| database | ratings | bare GROUP BY | whole run | ratio | peak memory | exponent | seconds in stages |'
echo '|---|---:|---:|---:|---:|---:|---:|---|'
for kind in ${DATABASES:-SQLite PostgreSQL}; do
	before=
	for n in ${RATINGS:-50000 500000 5000000}; do
		if [ "$kind" = SQLite ]; then db="sqlite:$work/$n.db"; else db=$(postgres_database "city$n"); fi
		flags=(--db "$db" --key-file "$work/$kind-$n.keys")
		"$work/scoring" fill "${flags[@]}" --ratings "$n" --events "${EVENTS:-0}" >&2
		if [ "$kind" = PostgreSQL ]; then
			"$work/steelyard" migrate up --db "$db" --app-role app >&2
			flags=(--db "${db/postgres@/app@}" --bare-db "$db" --key-file "$work/$kind-$n.keys")
		fi
		[ -z "${PROFILES:-}" ] || flags+=(--cpu-profile "$PROFILES/$kind-$n.pprof")
		"$work/scoring" run "${flags[@]}" >"$work/out"
		exponent=-
		[ -z "$before" ] || exponent=$(awk -v a="$before" -v b="$n $(figure run)" 'BEGIN {
			split(a, x); split(b, y); printf "%.2f", log(y[2] / x[2]) / log(y[1] / x[1]) }')
		before="$n $(figure run)"
		printf '| %s | %d | %.2f s | %.1f s | %s | %s MiB | %s | %s |\n' \
			"$kind" "$n" "$(figure bare)" "$(figure run)" "$(figure ratio)" "$(figure peak)" "$exponent" "$(stages)"
		if [ "$kind" = PostgreSQL ] && [ -n "${KIT_ROWS:-}" ]; then
			printf 'assessment\tSteelyard\t0\t%s\ts\t-\t-\t%s\nassessment\tfloor\t0\t%s\ts\t-\t-\t-\n' "$(figure run)" "$(figure peak)" "$(figure bare)" >>"$KIT_ROWS"
		fi
		rm -f "$work/$n.db"*
	done
done
[ -z "${ONLY_RUNS:-}" ] || exit 0
go test -run '^$' -bench Assess -benchtime 1x ./scoring
go test -run '^$' -bench LaterRating -benchtime 200x ./scoring
