# Part of bench/write.sh: ratings on PostgreSQL, pgbench with the same statements, and peers.

# floor has pgbench send the statements of a rating, each client on its own rows.
floor() { # CONNECTIONS
	phase=$((${phase:-0} + 1))
	local from=$((phase * 1000000)) each=$((${LINKS_A_SECOND:-6000} * lasts / $1))
	sql -v clients="$1" -v begun="$from" -v each="$each" city <<-'SQL'
		CREATE TEMPORARY TABLE floor AS SELECT 'e' || c || '-' || n AS e, 't' || c || '-' || n AS t, n FROM generate_series(0, :clients - 1) AS c,
			generate_series(:begun + 1, :begun + :each) AS n;
		INSERT INTO encounters (id, ref, official_id, service_id, resident_key, key_year, channel, occurred_at, invited)
			SELECT md5(e)::uuid, e, o.id, s.id, decode(md5(t), 'hex'), extract(year FROM now()), 'WINDOW', now(), 'YES' FROM floor
			JOIN (SELECT id, row_number() OVER () AS i, count(*) OVER () AS n FROM officials) AS o ON o.i = 1 + floor.n % o.n
			JOIN (SELECT id, row_number() OVER () AS i, count(*) OVER () AS n FROM services) AS s ON s.i = 1 + floor.n * 7 % s.n;
		INSERT INTO rating_invitations SELECT md5('i' || e)::uuid, sha256(t::bytea), md5(e)::uuid, 'ISSUED', 'bench', '', now(), now() + interval '10 days' FROM floor;
		ANALYZE encounters, rating_invitations;
	SQL
	rm -f "$work"/pgbench_log*
	pgbench -n -M prepared -c "$1" -j 1 -T "$lasts" -D n="$from" -f "$work/rating.sql" -l --log-prefix="$work/pgbench_log" -h "$POSTGRES_FOLDER" -U app city >"$work/out" 2>"$work/err" ||
		{ cat "$work/err" >&2; exit 1; }
	! grep -i aborted "$work/err" >&2 || exit 1
	read -r p50 p99 < <(cut -d' ' -f3 "$work"/pgbench_log* | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)] / 1000, v[int(NR * 0.99)] / 1000}')
	rate=$(awk '/^tps/ {print $3}' "$work/out")
}

# script makes the floor's script from what PostgreSQL logs of two ratings.
script() {
	links "$app" 1
	sql -c "ALTER SYSTEM SET log_line_prefix = '%p '" -c "ALTER SYSTEM SET log_statement = 'all'" -c 'SELECT pg_reload_conf()' postgres >/dev/null
	rate 7110 1 1 "$work/links" "$submit"
	sql -c 'ALTER SYSTEM RESET log_statement' -c 'SELECT pg_reload_conf()' postgres >/dev/null
	"$work/write" script --log "$POSTGRES_FOLDER/log" --out "$work/rating.sql"
}

# peers starts the servers whose mutation is a bare insert, and makes a stock of ids.
peers() { # DB
	local peers=bench/peers
	[ -d $peers/node_modules ] || (cd $peers && npm ci --no-audit --no-fund --silent)
	[ -d $peers/four/node_modules ] || (cd $peers/four && npm ci --no-audit --no-fund --silent)
	local official service row
	official=$(sql -c 'SELECT id FROM officials ORDER BY ref LIMIT 1' city) service=$(sql -c 'SELECT id FROM services ORDER BY ref LIMIT 1' city)
	row="officialId: \\\"$official\\\", serviceId: \\\"$service\\\", channel: \\\"WINDOW\\\", level: \\\"4\\\", ratedOn: \\\"2026-01-01\\\", keyYear: \\\"2026\\\", source: \\\"ENCOUNTER\\\", invited: \\\"YES\\\", dimensions: \\\"[]\\\", tags: \\\"[]\\\""
	insert[7111]="{\"query\":\"mutation { createRating(input: {rating: {id: \\\"%s\\\", $row}}) { rating { id } } }\"}"
	insert[7112]="{\"query\":\"mutation { createRating(input: {rating: {rowId: \\\"%s\\\", $row}}) { rating { rowId } } }\"}"
	insert[7113]="{\"query\":\"mutation { rate(input: {official: \\\"$official\\\", service: \\\"$service\\\", level: 4}) }\", \"operationName\": null, \"variables\": {\"unused\": \"%s\"}}"
	for peer in "four/server.mjs 7111" "postgraphile5.mjs 7112" "mercurius.mjs 7113"; do
		# shellcheck disable=SC2086
		set -- "$1" $peer
		NODE_ENV=production "$peers/node_modules/.bin/node" "$peers/$2" "$1" "$3" >"$work/$3.log" 2>&1 &
		pids+=($!)
		peer_pid[$3]=$!
		for _ in $(seq 100); do curl -sf -o /dev/null -H 'Content-Type: application/json' -d '{"query":"{__typename}"}' "http://127.0.0.1:$3/graphql" && break; sleep 0.2; done
	done
}

measure_postgres() {
	declare -A insert peer_pid name=([7111]='PostGraphile 4' [7112]='PostGraphile 5' [7113]=Mercurius)
	local db app
	db=$(postgres_database city)
	"$work/scoring" fill --db "$db" --key-file "$work/keys" --ratings "$ratings" >&2
	"$work/steelyard" migrate up --db "$db" --app-role app >&2
	app=${db/postgres@/app@}
	serve "$app" 7110
	local ours=$server before
	script
	peers "$db"
	for round in $(seq 0 "$rounds"); do # the first warms up
		for c in ${CONNECTIONS:-16 64}; do
			links "$app" "$lasts"
			sql -c 'ANALYZE encounters, rating_invitations, encounter_claims' city
			before=$(sql -c 'SELECT count(*) FROM encounter_claims' city)
			rate 7110 "$c" "$lasts" "$work/links" "$submit"
			counted "$before" "$(sql -c 'SELECT count(*) FROM encounter_claims' city)"
			[ "$round" = 0 ] || row 'rating, PostgreSQL' Steelyard "$c" "$rate" 1/s "$p50" "$p99" "$(memory "$ours")"
			floor "$c"
			[ "$round" = 0 ] || row 'rating, PostgreSQL' floor "$c" "$rate" 1/s "$p50" "$p99" -
			for port in "${!name[@]}"; do
				sql -c "SELECT gen_random_uuid() FROM generate_series(1, $((${LINKS_A_SECOND:-6000} * lasts)))" city >"$work/ids"
				before=$(sql -c 'SELECT count(*) FROM ratings' city)
				rate "$port" "$c" "$lasts" "$work/ids" "${insert[$port]}"
				counted "$before" "$(sql -c 'SELECT count(*) FROM ratings' city)"
				[ "$round" = 0 ] || row 'rating, PostgreSQL' "${name[$port]}" "$c" "$rate" 1/s "$p50" "$p99" "$(memory "${peer_pid[$port]}")"
			done
		done
	done
	for pid in "$ours" "${peer_pid[@]}"; do kill "$pid"; done
}
