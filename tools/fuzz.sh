#!/bin/bash
# Runs fuzz targets for a short time each, two at once: fuzz.sh FOLDER NAME...
# Ends with `N passed, N failed`. What a target finds is kept in build/fuzz-found/NAME-*, its log in build/fuzz-logs/.
set -u
folder=$1
shift
build=${BUILD:-build} seconds=${FUZZ_SECONDS:-10}
runs=${FUZZ_RUNS:--1} seed=${FUZZ_SEED:-0} # a seed of 0 is a new one each time
found=$build/fuzz-found logs=$build/fuzz-logs
mkdir -p "$found" "$logs"

run_one() {
    local name=$1 corpus=$build/fuzz-corpus/$1 seeds=tests/fuzz/corpus/$1 dictionary=tests/fuzz/$1.dict
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=
    [ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=
    # shellcheck disable=SC2086
    "$folder/$name" -max_total_time="$seconds" -runs="$runs" -seed="$seed" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -use_value_profile=0 \
        $dictionary -artifact_prefix="$found/$name-" "$corpus" $seeds >"$logs/$name.log" 2>&1
}

passed=0 failed=0
while [ $# -gt 0 ]; do
    first=$1 second=${2:-}
    shift; shift 2>/dev/null || true
    run_one "$first" & first_pid=$!
    [ -n "$second" ] && { run_one "$second" & second_pid=$!; }
    for name in $first $second; do
        [ "$name" = "$first" ] && pid=$first_pid || pid=$second_pid
        if wait "$pid"; then
            passed=$((passed + 1))
            echo "  $name: $(grep -E '^(Done|#[0-9]+.*DONE)' "$logs/$name.log" | tail -1)"
        else
            failed=$((failed + 1))
            echo "  $name: FAILED"; tail -n 40 "$logs/$name.log"
        fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
