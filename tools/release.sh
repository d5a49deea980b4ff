#!/usr/bin/env bash
# Builds what is handed out: tools/release.sh FOLDER. Two people who run it on the
# same commit with the same Go get the same bytes; the second build, in another
# folder (and with --cold without anything built before), shows it.
#   steelyard             the program, static, linux/amd64 unless GOOS and GOARCH say otherwise
#   sbom.json             what it is made of: CycloneDX 1.6, read from the program itself
#   THIRD-PARTY.txt       the licences that have to go with it
#   SHA256SUMS
set -euo pipefail
cold=
[ "${1:-}" = --cold ] && { cold=1; shift; }
out=$(mkdir -p "${1:?usage: tools/release.sh [--cold] FOLDER}" && cd "$1" && pwd)
cd "$(dirname "$0")/.."
export CGO_ENABLED=0 GOFLAGS='-trimpath -buildvcs=false'
commit=$(git describe --always --dirty --abbrev=40)

build() { go build -ldflags="-s -w -buildid= -X main.commit=$commit" -o "$1" ./server; }
build "$out/steelyard"
other=$(mktemp -d)
trap 'chmod -R u+w "$other"; rm -rf "$other"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$other"
(
	[ -z "$cold" ] || export GOCACHE="$other/.cache"
	cd "$other" && build "$other/again"
)
cmp "$out/steelyard" "$other/again" || { echo 'two builds of one source differ'; exit 1; }

(cd tools && go build -o "$other/licences" ./licences)
"$other/licences" -out "$out/THIRD-PARTY.txt" ./server
gunzip -c server/graphiql/LICENCES.txt.gz >>"$out/THIRD-PARTY.txt"
cat report/font/LICENSE.txt >>"$out/THIRD-PARTY.txt"
GOFLAGS= GOOS= GOARCH= go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 \
	bin -json -noserial -output "$out/sbom.json" -version "$commit" "$out/steelyard" 2>/dev/null
(cd "$out" && sha256sum steelyard sbom.json THIRD-PARTY.txt >SHA256SUMS && cat SHA256SUMS)
