#!/usr/bin/env bash
# Asks a server the same of a city and of one that has ten times as much behind it, and says
# for each question how long the answers took (p50 and p99 at 16 connections, milliseconds)
# and whether PostgreSQL reaches the rows of what has grown by another way: as auto_explain says.
#
# ratings  5 million ratings and 50 million, of 10,000 officials
# events   5 million events in the histories of 1 million cases, and 50 million of 10 million
#
#   bench/growth.sh                                  both; up to 25 GB of disk, most of an hour
#   SMALL=50000 OFFICIALS=100 bench/growth.sh        a hundredth of everything
#   PARTS=events TIMES=4 SECONDS_EACH=10 bench/growth.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/postgres.sh
small=${SMALL:-5000000} times=${TIMES:-10} lasts=${SECONDS_EACH:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-growth.XXXXXX")
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	kill -INT "${POSTGRES_PID:-}" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "${POSTGRES_FOLDER:-}" "$work"
}
go build -o "$work/steelyard" ./server
go build -o "$work/" ./bench/scoring ./bench/ask ./bench/write
postgres_start
trap finish EXIT
export HOME=$work XDG_CONFIG_HOME=$work/config
sql() { psql -q -h "$POSTGRES_FOLDER" -U postgres -v ON_ERROR_STOP=1 -Atc "$1" "${2:-city}" 2> >(grep -v NOTICE >&2); }
sql 'CREATE ROLE app LOGIN' postgres

# serve starts the server, and says when it serves.
serve() {
	[ -z "$server" ] || { kill "$server" && wait "$server" || true; }
	"$work/steelyard" serve --db "$app" --key-file "$work/keys" --trust-token-key --addr 127.0.0.1:7330 --rate-limit 0 --patience 10s --log-level WARN \
		--no-worker --sweep-every 1h --secret-file "$work/secret" --attachments "$work/attachments" --audit-key-file "$work/audit.pem" >"$work/serve.log" 2>&1 &
	server=$!
	for _ in $(seq 300); do curl -sf -o /dev/null http://127.0.0.1:7330/readyz && return; sleep 0.1; done
	cat "$work/serve.log" >&2
	exit 1
}

# city fills a database of its own and starts the server over it.
city() { # FLAGS OF bench/scoring fill…
	sql 'DROP DATABASE IF EXISTS city WITH (FORCE)' postgres
	local db
	db=$(postgres_database city) app=${db/postgres@/app@}
	rm -f "$work"/keys*
	local start=$SECONDS
	"$work/scoring" fill --db "$db" --key-file "$work/keys" --officials "${OFFICIALS:-10000}" "$@" >&2
	"$work/steelyard" migrate up --db "$db" --app-role app >&2
	"$work/steelyard" token --db "$app" --key-file "$work/keys" --role HR --unit CITY --subject hr >"$work/token" 2>/dev/null
	echo "filled in $((SECONDS - start)) s, $(sql 'SELECT pg_size_pretty(pg_database_size(current_database()))')" >&2
	rm -f "$work"/*.body "$work"/*.each
	serve
}

# stock makes requests of which each can be sent but once: rating links, and new cases.
stock() { # HOW MANY
	"$work/write" links --db "$app" --secret-file "$work/secret" --count "$1" --out "$work/links"
	sed 's/.*/{"query":"mutation($t: String!) { submitRating(input: {token: $t, level: 4}) { receipt userErrors { code } } }","variables":{"t":"&"}}/' "$work/links" >"$work/a rating submitted.each"
}
problems() { # HOW MANY
	local n
	for n in $(seq "$1"); do
		printf '{"query":"mutation { openCase(input: {title: \\"Lamp %s is out\\", description: \\"It has been dark for a week.\\", category: \\"Category 01\\", idempotencyKey: \\"%s-%s\\"}) { receipt userErrors { code } } }"}\n' \
			"$n" "$(date +%s%N)" "$n"
	done >"$work/a case opened.each"
}
question() { # NAME QUERY
	printf '{"query":"%s"}' "${2//\"/\\\"}" >"$work/$1.body"
}

# plans writes down by which ways PostgreSQL answers each question: a server of its own, whose
# connections explain; each question often enough that plans are kept.
plans() { # FILE
	sql "ALTER ROLE app SET session_preload_libraries = 'auto_explain'; ALTER ROLE app SET auto_explain.log_min_duration = 0; ALTER ROLE app SET auto_explain.log_nested_statements = on"
	serve
	: >"$1"
	local file mark
	for file in "$work"/*.body "$work"/*.each; do
		[ -e "$file" ] || continue
		for n in $(seq 12); do
			mark=$(wc -c <"$POSTGRES_FOLDER/log")
			case $file in *.each) sed -n "${n}p" "$file" >"$work/one" ;; *) cp "$file" "$work/one" ;; esac
			curl -s -m 600 -H "$(header "$file")" -H 'Content-Type: application/json' --data-binary "@$work/one" http://127.0.0.1:7330/graphql >"$work/answer"
			[[ $(cat "$work/answer") != *'"errors":['* ]] || { cat "$work/answer" >&2; exit 1; }
		done
		case $file in *.each) sed -i 1,12d "$file" ;; esac
		sleep 0.3
		{
			echo "== $(basename "${file%.*}")"
			tail -c "+$((mark + 1))" "$POSTGRES_FOLDER/log" | grep -oE '[A-Z][A-Za-z ]* Scan[A-Za-z_ ]* on (ratings|rating_[a-z_]+|cases|case_events)\b' | sort -u
		} >>"$1"
	done
	sql 'ALTER ROLE app RESET ALL'
	serve
}
header() { # FILE
	case $1 in *receipt.body | *.each) echo 'X-Nobody: 1' ;; *) echo "Authorization: Bearer $(cat "$work/token")" ;; esac
}

# ask times each question, and prints a line for it.
ask() { # SIZE
	local file what figures turn token flag
	for file in "$work"/*.body "$work"/*.each; do
		[ -e "$file" ] || continue
		what=$(basename "${file%.*}") flag=() token=$(cat "$work/token")
		case $file in *receipt.body) token= ;; *.each) token= flag=(--each) ;; esac
		for turn in 0 1 2 3; do
			figures=$("$work/ask" "${flag[@]}" --url http://127.0.0.1:7330/graphql --token "$token" --body "$file" --connections 16 --for "$([ $turn = 0 ] && echo 1 || echo "$lasts")s")
			# What is under way when the time is over is sent as well: a second's worth is given up.
			case $file in *.each) sed -i "1,$(awk -v s="$([ $turn = 0 ] && echo 1 || echo "$lasts")" '{print int($1 * (s + 1)) + 32}' <<<"$figures")d" "$file" ;; esac
			[ $turn = 0 ] || echo "$figures"
		done | sort -n | sed -n 2p | while read -r rate p50 p99; do
			printf '| %s | %s | %.0f | %.1f | %.1f |\n' "$what" "$1" "$rate" "$p50" "$p99"
		done
	done
}

ratings() { # HOW MANY
	city --ratings "$1" --raters "$((small / 5))" --cases 1000
	stock "${LINKS:-60000}"
	local unit receipt
	unit=$(sql 'SELECT id FROM org_units WHERE parent_id IS NULL')
	question 'ratings of a year by unit' "{ ratingsByUnit(unitId: \"$unit\", fromOn: \"2025-01-01\", toOn: \"2025-12-31\") { units { unit { name } ratings mean levels } } }"
	head -1 "$work/a rating submitted.each" | curl -s -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:7330/graphql >"$work/answer"
	sed -i 1d "$work/a rating submitted.each"
	receipt=$(sed -n 's/.*"receipt":"\([^"]*\)".*/\1/p' "$work/answer")
	[ -n "$receipt" ] || { cat "$work/answer" >&2; exit 1; }
	question 'a rating by its receipt' "{ ratingByReceipt(receipt: \"$receipt\") { level submittedOn service { name } } }"
}
events() { # HOW MANY
	city --ratings 100000 --cases "$(($1 / 5))" --events 5
	problems "${CASES:-40000}"
	question 'fifty cases with their histories' '{ cases(first: 50) { nodes { id title state events { at kind } } } }'
	question 'fifty officials with their latest cases' '{ officials(first: 50) { nodes { id name unit { name } cases(first: 5) { id title state openedAt } } } }'
}

echo '| question | rows | answers a second | median, ms | 99 of 100 within, ms |'
echo '|---|---:|---:|---:|---:|'
for part in ${PARTS:-ratings events}; do
	for size in "$small" $((small * times)); do
		$part "$size"
		ask "$size"
		plans "$work/$part.$size"
	done
	if diff "$work/$part.$small" "$work/$part.$((small * times))" >"$work/diff"; then
		echo "$part: reached by the same ways" >&2; cat "$work/$part.$small" >&2
	else
		echo "$part: reached by other ways" >&2
		cat "$work/diff" >&2
	fi
done
