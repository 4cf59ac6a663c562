#!/bin/sh
# Installs the Debian packages that are missing: `deps.sh build test dev`. The one place that names packages.
set -eu

build='make gcc g++ pkg-config git libcjson-dev libssl-dev libre2-dev libyaml-dev libical-dev libcurl4-openssl-dev
    libpq-dev libmicrohttpd-dev libsystemd-dev libsmartcols-dev libkainjow-mustache-dev uthash-dev libvalijson-dev
    nlohmann-json3-dev postgresql-15'
test='libcriterion-dev clang clang-format clang-tidy libclang-rt-14-dev cppcheck python3 python3-pytest python3-aiosmtpd
    python3-psycopg2 python3-jsonschema python3-yaml prometheus prometheus-alertmanager curl'
dev='gdb valgrind man-db shellcheck'

wanted=
for list in "$@"; do
    case $list in
        build) wanted="$wanted $build" ;;
        test) wanted="$wanted $test" ;;
        dev) wanted="$wanted $dev" ;;
        *) echo "deps.sh: no list named $list" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian; going on in the hope that these are here:" $wanted >&2
    exit 0
fi

missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Installing:$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "Neither root nor sudo: as root, run: apt-get install$missing" >&2; exit 1; }
    as_root=sudo
fi
# shellcheck disable=SC2086
{
    $as_root apt-get update -q
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
}
