#!/usr/bin/env bash
# Asks Steelyard and others the same over the same PostgreSQL tables, by turns, and
# prints how many answers a second each gives, the median and the 99th percentile of
# their times, and each one's share of Steelyard's. Steelyard checks a token, a scope and
# row security for each answer; the peers serve whoever asks. 16 connections; the
# machine carries database, servers and load together.
#
#   bench/graphql.sh                     50 thousand ratings, three rounds of five seconds
#   RATINGS=5000000 ROUNDS=5 SECONDS_EACH=10 CONNECTIONS=64 bench/graphql.sh
#
# It needs wrk, and installs the peers by npm.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
command -v wrk >/dev/null || { echo 'wrk is not installed' >&2; exit 1; }
peers=bench/peers
[ -d $peers/node_modules ] || (cd $peers && npm ci --no-audit --no-fund --silent)
[ -d $peers/four/node_modules ] || (cd $peers/four && npm ci --no-audit --no-fund --silent)
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-graphql.XXXXXX")
pids=()
finish() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	kill -INT "$POSTGRES_PID" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$POSTGRES_FOLDER" "$work"
}
go build -o "$work/steelyard" ./server
go build -o "$work/scoring" ./bench/scoring
postgres_start
trap finish EXIT

db=$(postgres_database city)
"$work/scoring" fill --db "$db" --key-file "$work/keys" --ratings "${RATINGS:-50000}" >&2
psql -q -h "$POSTGRES_FOLDER" -U postgres -c 'CREATE ROLE app LOGIN' postgres
"$work/steelyard" migrate up --db "$db" --app-role app >&2
app=${db/postgres@/app@}
sql() { psql -h "$POSTGRES_FOLDER" -U postgres -Atc "$1" city; }
cd "$work" # what is made beside a database stays here
export HOME=$work
./steelyard token --db "$app" --key-file keys --role HR --unit "$(sql 'SELECT ref FROM org_units WHERE parent_id IS NULL')" --subject hr >token 2>/dev/null
./steelyard serve --db "$app" --key-file keys --trust-token-key --addr 127.0.0.1:7100 --rate-limit 0 --log-level WARN --no-worker \
	--secret-file secret --attachments attachments --audit-key-file audit.pem >serve.log 2>&1 &
pids+=($!)
cd - >/dev/null
node=$peers/node_modules/.bin/node
for peer in "four/server.mjs 7101" "postgraphile5.mjs 7102" "mercurius.mjs 7103"; do
	# shellcheck disable=SC2086
	set -- $peer
	NODE_ENV=production "$node" "$peers/$1" "$db" "$2" >"$work/$2.log" 2>&1 &
	pids+=($!)
done

# question writes what wrk sends to a port.
question() { # NAME PORT QUERY
	{
		echo 'wrk.method = "POST"'
		echo 'wrk.headers["Content-Type"] = "application/json"'
		[ "$2" != 7100 ] || echo "wrk.headers[\"Authorization\"] = \"Bearer $(cat "$work/token")\""
		printf "wrk.body = [[{\"query\": \"%s\"}]]\n" "${3//\"/\\\"}"
	} >"$work/$1-$2.lua"
}
id=$(sql 'SELECT id FROM officials ORDER BY ref LIMIT 1')
question 'one official' 7100 "query { official(id: \"$id\") { id ref name } }"
question 'one official' 7101 "query { officialById(id: \"$id\") { id ref name } }"
question 'one official' 7102 "query { officialByRowId(rowId: \"$id\") { rowId ref name } }"
question 'one official' 7103 "query { official(id: \"$id\") { id ref name } }"
fifty='nodes { %s name orgUnitByUnitId { name } casesByOfficialId(first: 5, orderBy: OPENED_AT_DESC) { nodes { %s title state openedAt } } }'
question 'fifty officials, unit, latest five cases' 7100 '{ officials(first: 50) { nodes { id name unit { name } cases(first: 5) { id title state openedAt } } } }'
# shellcheck disable=SC2059
question 'fifty officials, unit, latest five cases' 7101 "{ allOfficials(first: 50, orderBy: REF_ASC) { $(printf "$fifty" id id) } }"
# shellcheck disable=SC2059
question 'fifty officials, unit, latest five cases' 7102 "{ allOfficials(first: 50, orderBy: REF_ASC) { $(printf "$fifty" rowId rowId) } }"
question 'fifty officials, unit, latest five cases' 7103 '{ officials(first: 50) { id name unit { name } cases(first: 5) { id title state openedAt } } }'

names=([7100]=Steelyard [7101]='PostGraphile 4' [7102]='PostGraphile 5' [7103]=Mercurius)
for port in "${!names[@]}"; do # each answers, and with officials
	for _ in $(seq 100); do
		body=$(sed -n 's/^wrk.body = \[\[\(.*\)\]\]$/\1/p' "$work/one official-$port.lua")
		answer=$(curl -s -m 5 -H 'Content-Type: application/json' -H "Authorization: Bearer $(cat "$work/token")" -d "$body" "http://127.0.0.1:$port/graphql" || true)
		[[ $answer == *O00000* ]] && break
		sleep 0.2
	done
	[[ $answer == *O00000* ]] || { echo "${names[$port]} does not answer: $answer" >&2; exit 1; }
done

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
echo '| work | server | answers a second | of Steelyard'"'"'s | median | 99 of 100 within | memory |'
echo '|---|---|---:|---:|---:|---:|---:|'
for what in 'one official' 'fifty officials, unit, latest five cases'; do
	for round in $(seq 0 "${ROUNDS:-3}"); do # the first warms up
		for port in "${!names[@]}"; do
			wrk -t1 -c"${CONNECTIONS:-16}" -d"${SECONDS_EACH:-5}s" --latency -s "$work/$what-$port.lua" "http://127.0.0.1:$port/graphql" >"$work/out"
			! grep 'Non-2xx' "$work/out" >&2 || exit 1
			[ "$round" = 0 ] || awk '/Requests\/sec/ {r = $2} $1 == "50%" {a = $2} $1 == "99%" {b = $2} END {print r, a, b}' "$work/out" >>"$work/$what-$port.txt"
		done
	done
	ours=$(cut -d' ' -f1 "$work/$what-7100.txt" | median)
	place=0
	for port in "${!names[@]}"; do
		rate=$(cut -d' ' -f1 "$work/$what-$port.txt" | median)
		line=$(grep -m1 "^$rate " "$work/$what-$port.txt")
		memory=$(awk '/^VmRSS/ {printf "%.0f MiB", $2 / 1024}' "/proc/${pids[$place]}/status")
		printf '| %s | %s | %.0f | %s | %s | %s | %s |\n' "$what" "${names[$port]}" "$rate" \
			"$(awk -v a="$rate" -v b="$ours" 'BEGIN {printf "%.2f", a / b}')" "$(cut -d' ' -f2 <<<"$line")" "$(cut -d' ' -f3 <<<"$line")" "$memory"
		place=$((place + 1))
	done
done
