#!/usr/bin/env bash
# The reading half of bench/kit.sh, by which it is run: Steelyard, the peers and PostgreSQL are
# asked the same by turns. Each question is asked of everybody once before, and the answer
# looked at. Appends rows to the file that KIT_ROWS names.
#
#   KIT_ROWS=rows.tsv bench/read.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
shopt -s extglob
: "${KIT_ROWS:?is to name the file of rows}"
peers=bench/peers
[ -d $peers/node_modules ] || (cd $peers && npm ci --no-audit --no-fund --silent)
[ -d $peers/four/node_modules ] || (cd $peers/four && npm ci --no-audit --no-fund --silent)
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-read.XXXXXX")
pids=()
finish() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait "${pids[@]}" 2>/dev/null || true
	kill -INT "${POSTGRES_PID:-}" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "${POSTGRES_FOLDER:-}" "$work"
}
go build -o "$work/steelyard" ./server
go build -o "$work/" ./bench/scoring ./bench/ask ./bench/floor
postgres_start -c max_connections=200 # the pools of all, and the floor beside them
trap finish EXIT

db=$(postgres_database city)
sql() { psql -q -h "$POSTGRES_FOLDER" -U postgres -Atc "$1" city; }
"$work/scoring" fill --db "$db" --key-file "$work/keys" --ratings "$RATINGS" --encounters "$RATINGS"
sql 'CREATE ROLE app LOGIN'
"$work/steelyard" migrate up --db "$db" --app-role app
app=${db/postgres@/app@}
# PostGraphile has no sums without a plugin: a team would give it a view.
sql 'CREATE VIEW unit_totals AS SELECT o.unit_id, count(*) AS ratings, avg(r.level)::float8 AS mean FROM ratings r JOIN officials o ON o.id = r.official_id GROUP BY o.unit_id'
"$work/scoring" run --db "$app" --bare-db "$db" --key-file "$work/keys" # the report is of this assessment
sql 'VACUUM ANALYZE'
sql CHECKPOINT

first=${PORT:-7300}
cd "$work" # what is made beside a database stays here
export HOME=$work
./steelyard token --db "$app" --key-file keys --role HR --unit CITY --subject hr >token
./steelyard serve --db "$app" --key-file keys --trust-token-key --addr "127.0.0.1:$first" --rate-limit 0 --log-level WARN --no-worker \
	--secret-file secret --attachments attachments --audit-key-file audit.pem >serve.log 2>&1 &
pids+=($!)
cd - >/dev/null
node=$peers/node_modules/.bin/node
for peer in four/server.mjs postgraphile5.mjs mercurius.mjs; do
	NODE_ENV=production "$node" "$peers/$peer" "$db" $((first + ${#pids[@]})) >"$work/$(basename $peer).log" 2>&1 &
	pids+=($!)
done
names=(Steelyard 'PostGraphile 4' 'PostGraphile 5' Mercurius)

# question keeps what a server is sent; the servers in the order of their names.
question() { # WORK SERVER QUERY
	printf '{"query":"%s"}' "${3//\"/\\\"}" >"$work/$1.$2"
}
id=$(sql 'SELECT id FROM officials ORDER BY ref LIMIT 1')
cycle=$(sql 'SELECT id FROM cycles')
one='{ id ref name }'
question 'one official' 0 "{ official(id: \"$id\") $one }"
question 'one official' 1 "{ officialById(id: \"$id\") $one }"
question 'one official' 2 "{ officialByRowId(rowId: \"$id\") { rowId ref name } }"
question 'one official' 3 "{ official(id: \"$id\") $one }"
cases='{ %s title state openedAt }'
question 'fifty officials' 0 "{ officials(first: 50) { nodes { id name unit { name } cases(first: 5) ${cases/\%s/id} } } }"
fifty="nodes { %s name orgUnitByUnitId { name } casesByOfficialId(first: 5, orderBy: OPENED_AT_DESC) { nodes $cases } }"
question 'fifty officials' 1 "{ allOfficials(first: 50, orderBy: REF_ASC) { ${fifty//\%s/id} } }"
question 'fifty officials' 2 "{ allOfficials(first: 50, orderBy: REF_ASC) { ${fifty//\%s/rowId} } }"
question 'fifty officials' 3 "{ officials(first: 50) { id name unit { name } cases(first: 5) ${cases/\%s/id} } }"
root=$(sql 'SELECT id FROM org_units WHERE parent_id IS NULL')
question 'totals by unit' 0 "{ ratingsByUnit(unitId: \"$root\", fromOn: \"2025-01-01\", toOn: \"2025-12-31\") { units { unit { name } ratings mean } } }"
question 'totals by unit' 1 '{ allUnitTotals { nodes { unitId ratings mean } } }'
question 'totals by unit' 2 '{ allUnitTotals { nodes { unitId ratings mean } } }'
question 'totals by unit' 3 '{ totals { unit ratings mean } }'
question 'page of the report' 0 "{ assessmentReport(cycleId: \"$cycle\", first: 50) { nodes { official { name } unit { name } position composite compositeLow compositeHigh rank components { component value se } } pageInfo { hasNextPage endCursor } } }"

# answer prints what a server says to a question.
answer() { # WORK SERVER
	local headers=(-H 'Content-Type: application/json')
	[ "$2" != 0 ] || headers+=(-H "Authorization: Bearer $(cat "$work/token")")
	curl -s -m 120 "${headers[@]}" --data-binary "@$work/$1.$2" "http://127.0.0.1:$((first + $2))/graphql"
}
for server in "${!names[@]}"; do # each answers, and with officials
	for _ in $(seq 300); do
		said=$(answer 'one official' "$server" || true)
		[[ $said != *O00000* ]] || break
		sleep 0.1
	done
done
for file in "$work"/*.[0-3]; do
	what=$(basename "${file%.*}") server=${file##*.}
	said=$(answer "$what" "$server")
	[[ $said == '{"data"'*@('"'[A-Z][0-9][0-9][0-9][0-9]|'"ratings"')* && $said != *'"errors"'* ]] || { echo "${names[$server]} does not answer '$what': ${said:0:500}" >&2; exit 1; }
done

# floor_of has PostgreSQL's log tell the statements of a question, and makes pgbench's script.
floor_of() { # WORK
	local mark
	for _ in 1 2 3; do answer "$1" 0 >/dev/null; done # prepared by now
	sql 'ALTER SYSTEM SET log_min_duration_statement = 0'
	sql 'SELECT pg_reload_conf()' >/dev/null
	until grep -q 'parameter "log_min_duration_statement" changed to "0"' <(tail -n 50 "$POSTGRES_FOLDER/log"); do sleep 0.05; done
	sleep 0.5 # until each connection has read it
	for _ in 1 2 3 4; do # the shortest of them: what the server does by itself is no part of it; the first may find settings unread
		mark=$(wc -c <"$POSTGRES_FOLDER/log")
		answer "$1" 0 >/dev/null
		sql "SELECT 'all is written before this'" >/dev/null
		tail -c "+$((mark + 1))" "$POSTGRES_FOLDER/log" >"$work/log"
		"$work/floor" "$work/next" "$work/variables" <"$work/log" || continue
		[ -e "$work/$1.floor" ] && [ "$(grep -c ';$' "$work/next")" -ge "$(grep -c ';$' "$work/$1.floor")" ] && continue
		mv "$work/next" "$work/$1.floor"
		mv "$work/variables" "$work/$1.variables"
	done
	sql 'ALTER SYSTEM RESET log_min_duration_statement'
	sql 'SELECT pg_reload_conf()' >/dev/null
	echo "the floor of '$1' is $(grep -c ';$' "$work/$1.floor") statements"
}

# What Steelyard keeps must be what PostgreSQL counts, to the last digit.
answer 'totals by unit' 0 >"$work/kept.json"
sql "SELECT json_object_agg(u.name, json_build_array(n, mean)) FROM (SELECT unit_id, count(*) AS n, sum(r.level)::float8 / count(*) AS mean
	FROM ratings r JOIN officials o ON o.id = r.official_id GROUP BY unit_id
	UNION ALL SELECT '$root', count(*), sum(level)::float8 / count(*) FROM ratings) t JOIN org_units u ON u.id = t.unit_id" >"$work/counted.json"
"$node" -e "const [kept, counted] = process.argv.slice(1).map((f) => JSON.parse(require('fs').readFileSync(f)));
	const units = kept.data.ratingsByUnit.units;
	const wrong = units.filter((u) => String(counted[u.unit.name]) !== String([u.ratings, u.mean]));
	if (wrong.length || units.length !== Object.keys(counted).length) { console.error('kept totals are not what is counted:', wrong.slice(0, 3), units.length); process.exit(1); }" \
	"$work/kept.json" "$work/counted.json"

# floor_round times pgbench over a script: answers a second, p50, p99. Its first second, in which
# connections plan and learn the tables, is left out where anything comes after it; the time it
# is given includes that of connecting.
floor_round() { # SCRIPT CONNECTIONS SECONDS
	local variables=() role=app
	[ ! -e "${1%.*}.variables" ] || mapfile -t variables <"${1%.*}.variables"
	[[ $1 != *'totals by unit.floor' ]] || variables=() role=postgres # a policy would cost it its parallel workers
	rm -f "$work"/times.*
	PGOPTIONS="-c steelyard.scope=$root" pgbench -n -M prepared -f "$1" "${variables[@]}" -c "$2" -T $(($3 + 1 + $2 / 16)) -l --log-prefix="$work/times" \
		-h "$POSTGRES_FOLDER" -U "$role" city >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; return 1; }
	cat "$work"/times.* | awk '{printf "%d.%06d %.3f\n", $5, $6, $3 / 1000}' | sort -n | awk 'NR == 1 {first = $1 - $2 / 1000} {at[NR] = $1; took[NR] = $2}
		END {skip = at[NR] > first + 2 ? 1 : 0; for (i = 1; i <= NR; i++) if (at[i] >= first + skip) print took[i], at[NR] - first - skip}' |
		sort -n | awk '{t[NR] = $1; lasted = $2} END {print NR / lasted, t[int((NR - 1) * 0.5) + 1], t[int((NR - 1) * 0.99) + 1]}'
}

# round asks a server, or the floor, for a while and appends a row.
round() { # WORK SERVER CONNECTIONS SECONDS
	local figures memory=- name=$2 token=
	case $2 in
	floor*) figures=$(floor_round "$work/$1.$2" "$3" "$4") ;;
	*)
		name=${names[$2]}
		[ "$2" != 0 ] || token=$(cat "$work/token")
		figures=$("$work/ask" --url "http://127.0.0.1:$((first + $2))/graphql" --token "$token" --body "$work/$1.$2" --connections "$3" --for "${4}s")
		memory=$(awk '/^VmRSS/ {printf "%.0f", $2 / 1024}' "/proc/${pids[$2]}/status")
		;;
	esac
	# shellcheck disable=SC2086
	set -- "$1" "$name" "$3" $figures
	printf '%s\t%s\t%s\t%s\t1/s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$6" "$memory"
}

for what in 'one official' 'fifty officials' 'page of the report' 'totals by unit'; do floor_of "$what"; done
mv "$work/totals by unit.floor" "$work/totals by unit.floor, kept"
echo 'SELECT o.unit_id, count(*), avg(r.level) FROM ratings r JOIN officials o ON o.id = r.official_id GROUP BY o.unit_id;' >"$work/totals by unit.floor"
IFS=, read -ra works <<<"${WORKS:-one official,fifty officials,page of the report,totals by unit}"
for what in "${works[@]}"; do
	for connections in ${CONNECTIONS:-16 64}; do
		[ "$what" != 'totals by unit' ] || [ "$connections" -lt 64 ] || [ "$RATINGS" -lt 1000000 ] || continue # a peer would take minutes for an answer
		declare -A slow=()
		for turn in $(seq 0 "${ROUNDS:-3}"); do # the first warms up
			for server in 0 floor 'floor, kept' 1 2 3; do
				[ -e "$work/$what.$server" ] && [ -z "${slow[$server]:-}" ] || continue
				begun=$SECONDS
				if [ "$turn" = 0 ]; then
					round "$what" "$server" 4 1 >/dev/null
					continue
				fi
				round "$what" "$server" "$connections" "${SECONDS_EACH:-3}" >>"$KIT_ROWS"
				[ $((SECONDS - begun)) -lt 15 ] || slow[$server]=once # that is enough of it
			done
		done
	done
done
