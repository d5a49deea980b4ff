#!/usr/bin/env bash
# Imports and assesses each real data set on both databases and prints a table:
# rows, rows a second, the assessment's time and peak memory, and whether the two
# databases gave the same bytes.
#
#   bench/realdata.sh FOLDER-OF-THE-DATA-SETS
set -euo pipefail
data=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d)
go build -o "$work/steelyard" ./server
postgres_start

declare -A period=(
	[boston311-2015]=2015-01-01/2015-12-31 [consumidor-gov-br]=2014-05-01/2014-12-31 [figure-skating]=2016-01-01/2018-12-31
	[insteval]=2010-01-01/2010-12-31 [servicenow-incidents]=2016-01-01/2016-12-31
)
declare -A zone=(
	[boston311-2015]=America/New_York [consumidor-gov-br]=America/Sao_Paulo [figure-skating]=UTC [insteval]=UTC [servicenow-incidents]=UTC
)
# timed FILE COMMAND… runs it and leaves "seconds kilobytes" in FILE.
timed() { local file=$1; shift; /usr/bin/time -o "$file" -f '%e %M' "$@" >"$file.out" 2>"$file.err" || { cat "$file.err" >&2; exit 1; }; }

echo '| data set | rows | database | import, rows/s | again | assess | peak memory | same bytes |'
echo '|---|---:|---|---:|---:|---:|---:|---|'
for set in boston311-2015 consumidor-gov-br figure-skating insteval servicenow-incidents; do
	for kind in SQLite PostgreSQL; do
		if [ "$kind" = SQLite ]; then db="sqlite:$work/$set.db"; else db=$(postgres_database "$(tr -d '0-9-' <<<"$set")"); fi
		flags=(--db "$db" --key-file "$work/$set-$kind.keys" --timezone "${zone[$set]}" --lang en)
		timed "$work/import" "$work/steelyard" import "$data/$set/import.zip" "${flags[@]}"
		timed "$work/again" "$work/steelyard" import "$data/$set/import.zip" "${flags[@]}"
		timed "$work/assess" "$work/steelyard" assess --period "${period[$set]}" --out "$work/$set-$kind.csv" "${flags[@]}"
		rows=$(awk '/\.csv /{n += $2} END {print n}' "$work/import.out")
		read -r t1 _ <"$work/import"; read -r t2 _ <"$work/again"; read -r t3 kb <"$work/assess"
		same=-
		[ "$kind" = SQLite ] || { cmp -s "$work/$set-SQLite.csv" "$work/$set-PostgreSQL.csv" && same=yes || same=NO; }
		awk -v s="$set" -v r="$rows" -v k="$kind" -v a="$t1" -v b="$t2" -v c="$t3" -v m="$kb" -v e="$same" 'BEGIN {
			printf "| %s | %d | %s | %d | %d | %.1f s | %d MiB | %s |\n", s, r, k, r / a, r / b, c, m / 1024, e }'
	done
	cp "$work/$set-SQLite.csv" "${KEEP:-$work}/" 2>/dev/null || true
done
rm -rf "$work"
