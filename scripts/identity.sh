# shellcheck shell=sh
# identity.sh: sourced at the top of the source tree by what makes packages and images. Sets what a
# build is called:
#
#   build_version      VERSION, or 0.1.0~ with the time and the first digits of the commit: newer
#                      commits sort behind older ones
#   build_commit       COMMIT, or the commit, with -dirty behind it when files differ from it, or
#                      "unknown" outside of a checkout
#   build_date         the day of the source
#   build_flags        the linker's flags that put these three into the program
#   SOURCE_DATE_EPOCH  the time in all archives (default: the commit's), exported
#
# build_sbom PROGRAM FILE [FLAG...] writes the program's bill of materials (cmd/sbom), which each
# package and each image has.
source_time=$(git log -1 --format=%ct 2>/dev/null || echo "${SOURCE_DATE_EPOCH:?is the time of the source where there is no git}")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$source_time}
export SOURCE_DATE_EPOCH
if [ -n "${COMMIT:-}" ]; then
	build_commit=$COMMIT
elif build_commit=$(git rev-parse HEAD 2>/dev/null); then
	git diff --quiet HEAD -- || build_commit=$build_commit-dirty
else
	build_commit=unknown
fi
build_date=$(date -u -d "@$source_time" +%Y-%m-%d)
build_version=${VERSION:-0.1.0~$(date -u -d "@$source_time" +%Y%m%d%H%M%S).$(echo "$build_commit" | cut -c1-8)}
# shellcheck disable=SC2034 # for what sources this
build_flags="-X main.version=$build_version -X main.built=$build_date -X main.commit=$build_commit"

build_sbom() {
	program=$1 bill=$2
	shift 2
	GOOS='' GOARCH='' go run ./cmd/sbom -version "$build_version" -commit "$build_commit" "$@" "$program" >"$bill"
}
