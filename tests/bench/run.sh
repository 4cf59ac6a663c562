#!/bin/sh
# Builds the load generator and the sink, then measures Onus beside Alertmanager. `make bench` calls it.
#   BUILD=build RUNS=3 tests/bench/run.sh [ROW…]      rows: as in run.py
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
OUT=$BUILD/bench
mkdir -p "$OUT"
for tool in load sink; do
    ${CC:-gcc} -std=c17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -o "$OUT/$tool" \
        "tests/bench/$tool.c" tests/bench/wire.c
done
ONUS=${ONUS:-$BUILD/onus} PYTHONPATH=tests exec /usr/bin/python3 tests/bench/run.py --out "$OUT" --runs "${RUNS:-3}" "$@"
