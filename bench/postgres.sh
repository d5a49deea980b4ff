# A PostgreSQL of one's own for a measurement: source this, call postgres_start,
# use $POSTGRES_URL. It ends with the shell. Settings are PostgreSQL's own but for
# the memory, so that a figure means something elsewhere, and what else is asked for.
postgres_start() { # [-c SETTING=VALUE]…
	local programs as=()
	programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
	[ -n "$programs" ] || { echo 'PostgreSQL is not installed' >&2; return 1; }
	POSTGRES_FOLDER=$(mktemp -d /tmp/steelyard-bench.XXXXXX)
	# PostgreSQL does not run as root.
	if [ "$(id -u)" = 0 ]; then
		chown postgres "$POSTGRES_FOLDER"
		as=(setpriv --reuid=postgres --regid=postgres --init-groups)
	fi
	"${as[@]}" "$programs/initdb" -D "$POSTGRES_FOLDER/data" -U postgres --auth=trust --encoding=UTF8 --locale=C >/dev/null
	"${as[@]}" "$programs/postgres" -D "$POSTGRES_FOLDER/data" -k "$POSTGRES_FOLDER" -c listen_addresses= \
		-c shared_buffers=1GB -c max_wal_size=4GB "$@" >"$POSTGRES_FOLDER/log" 2>&1 &
	POSTGRES_PID=$!
	trap 'kill -INT "$POSTGRES_PID" 2>/dev/null; wait "$POSTGRES_PID" 2>/dev/null; rm -rf "$POSTGRES_FOLDER"' EXIT
	for _ in $(seq 100); do
		"$programs/pg_isready" -q -h "$POSTGRES_FOLDER" && break
		sleep 0.1
	done
	POSTGRES_URL="postgres://postgres@/postgres?host=$POSTGRES_FOLDER"
}

# postgres_database makes an empty database and prints its URL.
postgres_database() { # NAME
	psql -q -h "$POSTGRES_FOLDER" -U postgres -c "CREATE DATABASE $1" postgres
	echo "postgres://postgres@/$1?host=$POSTGRES_FOLDER"
}
