#!/usr/bin/env bash
# Measures exports on both databases over sizes and prints a table: time to the first
# byte, time to the last, size of the file and peak memory of the process that writes it,
# less what it held before it began.
#
#   bench/exports.sh                                   1,000, 10,000 and 100,000 officials
#   OFFICIALS="1000" DATABASES=SQLite bench/exports.sh  other sizes, one database
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-exports.XXXXXX")
go build -o "$work/exports" ./bench/exports
case ${DATABASES:-SQLite PostgreSQL} in *PostgreSQL*) postgres_start ;; esac
trap '[ -z "${POSTGRES_PID:-}" ] || { kill -INT "$POSTGRES_PID" 2>/dev/null; wait "$POSTGRES_PID" 2>/dev/null || true; }; rm -rf "${POSTGRES_FOLDER:-}" "$work"' EXIT

figure() { awk -v k="$1" '$1 == k {print $2}' "$work/out"; }

echo '| database | officials | format | first byte | last byte | file | peak memory | of that before it began |'
echo '|---|---:|---|---:|---:|---:|---:|---:|'
for kind in ${DATABASES:-SQLite PostgreSQL}; do
	for n in ${OFFICIALS:-1000 10000 100000}; do
		if [ "$kind" = SQLite ]; then db="sqlite:$work/$n.db"; else db=$(postgres_database "exports$n"); fi
		"$work/exports" fill --db "$db" --officials "$n"
		for format in CSV XLSX; do
			"$work/exports" measure --db "$db" --format "$format" >"$work/out"
			printf '| %s | %d | %s | %s ms | %s s | %s MiB | %s MiB | %s MiB |\n' \
				"$kind" "$n" "$format" "$(figure first)" "$(figure whole)" "$(figure bytes)" "$(figure peak)" "$(figure before)"
		done
		rm -f "$work/$n.db"*
	done
done
