# Part of bench/write.sh: ratings on SQLite, and one writer with the same statements. What was
# rated is released as often as a round lasts, in place of each minute: residents and the release
# share the one writer, and a round without a release would say less than half.

measure_sqlite() {
	local db=sqlite:$work/city.db before
	rm -f "$work/keys"
	"$work/scoring" fill --db "$db" --key-file "$work/keys" --ratings "$ratings" >&2
	serve "$db" 7120 --sweep-every "${lasts}s"
	local ours=$server
	claims() { "$work/write" claims --db "$db"; }
	for round in $(seq 0 "$rounds"); do # the first warms up
		for c in ${CONNECTIONS:-16 64}; do
			links "$db" "$lasts"
			before=$(claims)
			rate 7120 "$c" "$lasts" "$work/links" "$submit"
			counted "$before" "$(claims)"
			[ "$round" = 0 ] || row 'rating, SQLite' Steelyard "$c" "$rate" 1/s "$p50" "$p99" "$(memory "$ours")"
			links "$db" "$lasts"
			read -r rate p50 p99 < <("$work/write" writer --db "$db" --secret-file "$work/secret" --key-file "$work/keys" --out "$work/links" --for "${lasts}s")
			[ "$round" = 0 ] || row 'rating, SQLite' floor "$c" "$rate" 1/s "$p50" "$p99" -
		done
	done
	kill "$ours"
	rm -f "$work/city.db"*
}
