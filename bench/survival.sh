#!/usr/bin/env bash
# Kills server and database under the hands of all who use them, and looks each time at what became of their work: what was acknowledged
# is kept, nothing is there twice, nothing by half. A line for each round says with which seed it can be had again.
#
#   bench/survival.sh                 a thousand deaths: half of them on SQLite, half on PostgreSQL
#   ROUNDS=2 bench/survival.sh        two hundred
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-survival.XXXXXX")
trap 'rm -rf "$work"' EXIT
go test -c -o "$work/steelyard.test" ./server
cd server
export CI=true STEELYARD_KILLS=10
failed=0
for seed in $(seq "${SEED:-1}" $((${SEED:-1} + ${ROUNDS:-10} - 1))); do
	result=holds
	STEELYARD_KILL_SEED=$seed "$work/steelyard.test" -test.v -test.run '^TestNothingAcknowledgedIsLostByAKill$' >"$work/log" 2>&1 || { result=FAILS; failed=1; }
	awk -v seed="$seed" -v result="$result" '
		/^ *--- (PASS|FAIL): .*\/(sqlite|postgres)/ { next }
		/=== RUN .*\// { split($3, name, "/"); of = name[2] }
		/residents hold a receipt/ { r[of] = $2 } /cases were solved/ { c[of] = $2 } /folders were imported/ { f[of] = $2 }
		/runs were made/ { a[of] = $2 } /cycles have taken a step/ { s[of] = $2 } /deaths; / { d[of] = $2; away[of] = $(NF - 1) }
		END { for (of in d) printf "seed %d, %s: %d deaths, %d ratings, %d cases, %d imports, %d runs, %d signed steps acknowledged; %d answers refused by a living server; %s\n",
			seed, of, d[of], r[of], c[of], f[of], a[of], s[of], away[of], result }' "$work/log"
	[ "$result" = holds ] || cat "$work/log"
done
exit "$failed"
