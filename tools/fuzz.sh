#!/usr/bin/env bash
# Fuzzes every parser for so many seconds each: tools/fuzz.sh [SECONDS [PACKAGE…]]. What
# fails is written to testdata/fuzz beside the test, to be mended and kept. With KEEP=N
# the N smallest of the inputs that reached new code are kept there as well.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-3}
shift || true
cache=$(go env GOCACHE)/fuzz
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# Before 1.27 Go calls it a failure, too, that its time was over in the middle of an input (go.dev/issue/75804): only an input that it names is one.
failed() {
	grep -q '^ *context deadline exceeded$' "$out" && ! grep -q 'Failing input\|seed corpus entry\|panic:' "$out" && return
	cat "$out"
	exit 1
}
for file in $(git grep -l '^func Fuzz' -- "${@:-*_test.go}"); do
	folder=$(dirname "$file")
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' "$file"); do
		echo "$folder $target"
		go test "./$folder" -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" -fuzzminimizetime 5x -parallel 2 >"$out" 2>&1 || failed
		grep -v '^fuzz: elapsed\|^PASS\|^ok' "$out" || true
		[ -z "${KEEP:-}" ] || (
			kept="$folder/testdata/fuzz/$target"
			mkdir -p "$kept"
			ls -Sr "$cache/steelyard/$folder/$target" 2>/dev/null | head -"$KEEP" | while read -r name; do
				cp "$cache/steelyard/$folder/$target/$name" "$kept/"
			done
			rmdir --ignore-fail-on-non-empty -p "$kept" 2>/dev/null || true
		)
	done
done
