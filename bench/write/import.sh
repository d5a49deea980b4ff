# Part of bench/write.sh: an import into an empty database, the same rows copied, and an
# import into a database in use.

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN {printf "%.2f", b - a}'; }

# copied copies the rows of the imported database into bare tables of another and then
# makes keys, indexes and references, and sets took.
copied() {
	local db table start tables
	db=$(postgres_database bare)
	pg_dump -h "$POSTGRES_FOLDER" -U postgres --section=pre-data imported | psql -q -v ON_ERROR_STOP=1 "$db" >/dev/null
	sql -c ANALYZE imported
	tables=$(sql -c "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples > 0 ORDER BY 1" imported)
	for table in $tables; do sql -c "\\copy $table TO '$work/$table.copy' (FORMAT binary)" imported; done
	for table in $tables; do echo "\\copy $table FROM '$work/$table.copy' (FORMAT binary)"; done >"$work/copy.sql"
	pg_dump -h "$POSTGRES_FOLDER" -U postgres --section=post-data imported >"$work/post.sql"
	sql -c CHECKPOINT postgres
	start=$(now)
	sql -f "$work/copy.sql" bare
	psql -q -v ON_ERROR_STOP=1 "$db" -f "$work/post.sql" >/dev/null
	took=$(since "$start")
	rm -f "$work"/*.copy
	sql -c 'DROP DATABASE bare' postgres
}

measure_import() {
	local db start
	rm -f "$work/keys"
	"$work/write" folder --folder "$work/folder" --ratings "$ratings" --officials $((ratings / 500))
	for round in $(seq "${IMPORTS:-1}"); do
		[ "$round" = 1 ] || sql -c 'DROP DATABASE imported' postgres
		db=$(postgres_database imported)
		sql -c CHECKPOINT postgres
		start=$(now)
		"$work/steelyard" import "$work/folder" --db "$db" --key-file "$work/keys" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
		row import Steelyard 0 "$(since "$start")" s - - -
		copied
		row import floor 0 "$took" s - - -
	done
	rm -rf "$work/folder"
}

# measure_merge needs the database of measure_import, or makes it.
measure_merge() {
	local db app start
	[ -n "$(sql -c "SELECT 1 FROM pg_database WHERE datname = 'imported'" postgres)" ] || measure_import
	db="postgres://postgres@/imported?host=$POSTGRES_FOLDER" app="postgres://app@/imported?host=$POSTGRES_FOLDER"
	"$work/steelyard" migrate up --db "$db" --app-role app >&2
	sql -c 'VACUUM ANALYZE' imported
	"$work/write" folder --folder "$work/more" --count 1 --ratings $((ratings / 10)) --officials $((ratings / 500))
	serve "$app" 7130
	local ours=$server
	links "$app" 4
	rate 7130 16 4 "$work/links" "$submit"
	echo "residents before the merge: p50 $p50 ms, p99 $p99 ms" >&2
	links "$app" "${MERGE_SECONDS:-60}"
	start=$(now)
	("$work/steelyard" import "$work/more" --db "$app" --key-file "$work/keys" >"$work/merge.out" 2>&1 || touch "$work/merge.failed"; since "$start" >"$work/merge.took") &
	local merging=$! all=$work/all p50s=() p99s=()
	cp "$work/links" "$all"
	while kill -0 $merging 2>/dev/null; do # residents rate for as long as it takes, two seconds at a time
		rate 7130 16 2 "$all" "$submit"
		sed -i "1,$((answered + 16))d" "$all"
		p50s+=("$p50") p99s+=("$p99")
	done
	wait $merging
	[ ! -e "$work/merge.failed" ] || { cat "$work/merge.out" >&2; exit 1; }
	row merge Steelyard 16 "$(cat "$work/merge.took")" s "$(printf '%s\n' "${p50s[@]}" | sort -n | sed -n "$(((${#p50s[@]} + 1) / 2))p")" "$(printf '%s\n' "${p99s[@]}" | sort -n | tail -n 1)" "$(memory "$ours")"
	kill "$ours"
}
