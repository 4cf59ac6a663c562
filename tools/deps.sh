#!/bin/sh
# Gets the Debian packages that are missing: `deps.sh build headers test dev`. The one place that names packages.
#
# `headers` are packages of which only the headers are wanted: they are unpacked into .deps/ (DEPS), not installed. All that
# libvalijson-dev depends on (Qt, Poco, MariaDB: 168 packages) is for JSON libraries that Onus does not use.
set -eu

build='make gcc g++ pkg-config git libcjson-dev libssl-dev libre2-dev libyaml-dev libical-dev libcurl4-openssl-dev
    libpq-dev libmicrohttpd-dev libsystemd-dev libsmartcols-dev libkainjow-mustache-dev uthash-dev nlohmann-json3-dev
    postgresql-15'
headers='libvalijson-dev'
test='libcriterion-dev clang clang-format clang-tidy libclang-rt-14-dev cppcheck python3 python3-pytest python3-aiosmtpd
    python3-psycopg2 python3-jsonschema python3-yaml python3-packaging python3-venv prometheus prometheus-alertmanager curl'
dev='gdb valgrind man-db shellcheck'
deps=${DEPS:-.deps}

wanted='' unpacked=''
for list in "$@"; do
    case $list in
        build) wanted="$wanted $build" ;;
        headers) unpacked=$headers ;;
        test) wanted="$wanted $test" ;;
        dev) wanted="$wanted $dev" ;;
        *) echo "deps.sh: no list named $list" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    # shellcheck disable=SC2086
    echo "This is not Debian; going on in the hope that these are here:" $wanted $unpacked >&2
    exit 0
fi

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }
missing='' packed=''
for package in $wanted; do
    installed "$package" || missing="$missing $package"
done
for package in $unpacked; do
    installed "$package" || [ -d "$deps/$package" ] || packed="$packed $package"
done
[ -n "$missing$packed" ] || exit 0

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "Neither root nor sudo: run as root: $*" >&2
        exit 1
    fi
}

if [ -n "$missing" ]; then
    echo "Installing:$missing"
    as_root apt-get update -q
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

# apt-get compares what it downloads with the signed lists. A fresh machine has none yet.
unpack() {
    rm -rf "$deps/$1.new"
    mkdir -p "$deps/$1.new/deb"
    (cd "$deps/$1.new/deb" && apt-get -o APT::Sandbox::User=root download -q "$1") || return
    dpkg-deb -x "$deps/$1.new/deb"/*.deb "$deps/$1.new" && rm -r "$deps/$1.new/deb" && mv -T "$deps/$1.new" "$deps/$1"
}
for package in $packed; do
    echo "Unpacking: $package into $deps"
    unpack "$package" || { as_root apt-get update -q && unpack "$package"; }
done
