#!/usr/bin/env bash
# Tries recovery to a moment once: a PostgreSQL whose log is archived, a base backup, answers after it, a moment that is noted, more answers
# and a mistake; then a second cluster is recovered to the moment, and looked at: what had been acknowledged before is there, what came after
# is not, the audit trail and a run hold. Ends with 1 where anything of it is not so.
#
#   bench/pitr.sh
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
work=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-pitr.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL does not run as root
	chmod 711 "$work"
	as=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
for folder in main second archive; do mkdir "$work/$folder" && { [ "$(id -u)" != 0 ] || chown postgres "$work/$folder"; }; done
trap 'kill ${server:-} 2>/dev/null || true; kill -INT ${clusters:-} 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
cluster() { # FOLDER
	"${as[@]}" "$programs/postgres" -D "$work/$1/data" -k "$work/$1" -c listen_addresses= >"$work/$1.log" 2>&1 &
	clusters="${clusters:-} $!"
	until "$programs/pg_isready" -q -h "$work/$1" && [ "$(psql -qAt -h "$work/$1" -U postgres -c 'SELECT pg_is_in_recovery()' postgres)" = f ]; do
		kill -0 "${clusters##* }" || { cat "$work/$1.log"; exit 1; }
		sleep 0.2
	done
}
say() { printf '%s\n' "$*"; }
url() { echo "postgres://postgres@/district?host=$work/$1"; }
rows() { psql -qAt -h "$work/$1" -U postgres -c "$2" district; }

go build -o "$work/steelyard" ./server
steelyard() { "$work/steelyard" "$@" --key-file "$work/keys"; }
export XDG_CONFIG_HOME="$work/config"
"${as[@]}" "$programs/initdb" -D "$work/main/data" -U postgres --auth=trust --encoding=UTF8 --locale=C >/dev/null
# cp -n would say that all is well where the file is there already with other bytes; so would cp where the disk is full half way.
cat >>"$work/main/data/postgresql.conf" <<CONF
archive_mode = on
archive_command = 'test ! -f $work/archive/%f && cp %p $work/archive/%f.part && sync $work/archive/%f.part && mv $work/archive/%f.part $work/archive/%f'
archive_timeout = 60
CONF
cluster main
psql -q -h "$work/main" -U postgres -c 'CREATE DATABASE district' postgres
steelyard import examples/village --db "$(url main)" >/dev/null
official=$("$work/steelyard" token --db "$(url main)" --role OFFICIAL --subject V1 --official V1 --unit LX-FW --signing-key-file "$work/key.pem" 2>/dev/null)
openssl pkey -in "$work/key.pem" -pubout -out "$work/key.pub"
auditing=(--audit-key-file "$work/audit.pem")
serve() { # FOLDER PORT
	"$work/steelyard" serve --db "$(url "$1")" --key-file "$work/keys" "${auditing[@]}" --secret-file "$work/secret" --attachments "$work/attachments" \
		--public-key-file "$work/key.pub" --rate-limit 0 --sweep-every 1s --log-level WARN --addr "127.0.0.1:$2" >>"$work/serve.log" 2>&1 &
	server=$!
	until curl -sf "http://127.0.0.1:$2/readyz" >/dev/null; do kill -0 "$server" || { cat "$work/serve.log"; exit 1; }; sleep 0.1; done
}
ask() { # PORT QUERY TOKEN
	curl -s "http://127.0.0.1:$1/graphql" -H 'Content-Type: application/json' ${3:+-H "Authorization: Bearer $3"} -d "{\"query\":\"${2//\"/\\\"}\"}"
}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
rates() { # PORT: gives a rating, prints the receipt
	local link
	link=$(ask "$1" 'mutation { recordEncounters(input: {rows: [{serviceRef: "YB", channel: WINDOW}]}) { lines { invitation { token } } } }' "$official" | field token)
	ask "$1" "mutation { submitRating(input: {token: \"$link\", level: 4}) { receipt } }" | field receipt
}
finds() { ask "$1" "{ ratingByReceipt(receipt: \"$2\") { level } }" | grep -q '"level":4'; }

serve main 18761
say "base backup: $("${as[@]}" "$programs/pg_basebackup" -h "$work/main" -U postgres -D "$work/second/data" --checkpoint=fast 2>&1 && du -sh "$work/second/data" | cut -f1)"
before=() after=()
for _ in $(seq 20); do before+=("$(rates 18761)"); done
# Everything that was acknowledged by now has been committed, and lies before the moment.
moment=$(rows main 'SELECT now()')
say "the moment: $moment, with ${#before[@]} more ratings acknowledged"
sleep 1
for _ in $(seq 20); do after+=("$(rates 18761)"); done
rows main "SET steelyard.scope = 'everything'; UPDATE cases SET title = 'a mistake'" >/dev/null
say "after it: ${#after[@]} ratings, and the title of all $(rows main "SET steelyard.scope = 'everything'; SELECT count(*) FROM cases WHERE title = 'a mistake'") cases is overwritten"
last=$(rows main 'SELECT pg_walfile_name(pg_switch_wal())')
until [ -f "$work/archive/$last" ]; do sleep 0.2; done
kill "$server" && wait "$server" || true

cat >>"$work/second/data/postgresql.conf" <<CONF
archive_mode = off
restore_command = 'cp $work/archive/%f %p'
recovery_target_time = '$moment'
recovery_target_action = promote
CONF
"${as[@]}" touch "$work/second/data/recovery.signal"
begun=$(date +%s%N)
cluster second
say "recovered in $((($(date +%s%N) - begun) / 1000000)) ms: $(grep -o 'recovery stopping before commit of transaction.*' "$work/second.log" | sed 's/transaction [0-9]*/the next transaction/')"

result=0
check() { # WORDS COMMAND…
	local words=$1
	shift
	if "$@" >"$work/said" 2>&1; then say "holds: $words"; else say "FAILS: $words"; cat "$work/said"; result=1; fi
}
serve second 18762
there=0 gone=0
for receipt in "${before[@]}"; do if finds 18762 "$receipt"; then there=$((there + 1)); fi; done
for receipt in "${after[@]}"; do if ! finds 18762 "$receipt"; then gone=$((gone + 1)); fi; done
check "of ${#before[@]} ratings from before the moment $there are there" [ "$there" = "${#before[@]}" ]
check "of ${#after[@]} ratings from after it $gone are gone" [ "$gone" = "${#after[@]}" ]
check "no case has the mistaken title" [ "$(rows second "SET steelyard.scope = 'everything'; SELECT count(*) FROM cases WHERE title = 'a mistake'")" = 0 ]
check "somebody rates on" [ -n "$(rates 18762)" ]
kill "$server" && wait "$server" || true
check "audit verify" "$work/steelyard" audit verify --db "$(url second)" "${auditing[@]}"
check "assess goes over the evidence" steelyard assess --db "$(url second)" --period 2025-01-01/2025-12-31 --out "$work/report.csv"
check "doctor finds keys and tables in order" sh -c "'$work/steelyard' doctor --db '$(url second)' --key-file '$work/keys' --lang en 2>&1 | grep -E 'rater keys|^ *database' | grep -qv FAIL"
exit "$result"
