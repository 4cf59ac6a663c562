#!/bin/bash
# `make test`: builds and runs every test, a row of the table below each, and ends with the counts of all of them. The
# running service is tested beside the rest and reported at the end.
#
# The exit status is 0 only when nothing failed and no sanitizer said anything: Criterion lets a leak pass with exit 0, so
# every log is searched for reports. Logs stay in build/test-logs/. ONLY="lint unit" runs the rows that begin so.
set -u
cd "$(dirname "$0")/.." || exit 2
build=${BUILD:-build}
logs=$build/test-logs
python=${PYTHON:-/usr/bin/python3}
jobs=$(nproc)
unset MAKEFLAGS MFLAGS MAKELEVEL
export BUILD=$build ONUS=$build/onus
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=0
reports='ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:'
rm -rf "$logs"
mkdir -p "$logs"
: >"$logs/table"

rooms() { for folder in tests/unit/*/; do ls "$folder"*.c >/dev/null 2>&1 && basename "$folder"; done; }
has_c() { ls "tests/$1/"*.c >/dev/null 2>&1; }
has_py() { ls "tests/$1/"test_*.py >/dev/null 2>&1; }
make=(make --no-print-directory -k -j"$jobs" BUILD="$build")

# ── how a part's log gives its counts: "passed failed skipped" ──
count_status() { [ "$2" = 0 ] && echo 1 0 0 || echo 0 1 0; }
count_criterion() {
    awk -F '[|:]' '/Synthesis:/ {p += $5; f += $7 + $9; s += $11; seen = 1} END {print p + 0, f + !seen, s + 0}' \
        <(sed 's/\x1b\[[0-9;]*m//g' "$1")
}
count_pytest() {
    tail -n 5 "$1" | grep -oE '[0-9]+ (passed|failed|errors?|skipped)' |
        awk '$2 == "passed" {p += $1} $2 == "skipped" {s += $1} $2 ~ /failed|error/ {f += $1} {seen = 1} END {print p + 0, f + !seen, s + 0}'
}
count_lines() {
    grep -oE '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1 | awk '{p = $1; f = $3; seen = 1} END {print p + 0, f + !seen, 0}'
}

# ── one part: part NAME COUNTER SECONDS COMMAND... ──
row() { printf '  %-18s %-8s %5s passed %4s failed %4s skipped %5s s\n' "$@" | tee -a "$logs/table"; }
wanted() { [ -z "${ONLY:-}" ] || [[ " $ONLY " == *" ${1%% *} "* ]]; }
part() {
    local name=$1 counter=$2 limit=$3 file status start=$SECONDS p f s
    shift 3
    wanted "$name" || return 0
    file=$logs/${name// /-}
    # Sanitizers of a service under test write beside the log: its stderr is the test's.
    ASAN_OPTIONS=$ASAN_OPTIONS${SERVICE:+:log_path=$file.report} TSAN_OPTIONS=$TSAN_OPTIONS${SERVICE:+:log_path=$file.report} \
        UBSAN_OPTIONS=$UBSAN_OPTIONS${SERVICE:+:log_path=$file.report} \
        timeout -k 10 "$limit" "$@" >"$file.log" 2>&1 </dev/null
    status=$?
    read -r p f s < <("count_$counter" "$file.log" "$status")
    [ "$status" = 0 ] || [ "$f" -gt 0 ] || f=1
    if grep -qE "$reports" "$file".*; then
        [ "$f" -gt 0 ] || f=1
        echo "    $name: a sanitizer's report:" && grep -h -m 3 -E -A 20 "$reports" "$file".* | sed 's/^/    /'
    fi
    if [ "$f" -gt 0 ]; then
        tail -n 60 "$file.log" | sed 's/^/    /'
        [ "$status" = 124 ] && echo "    $name: stopped after $limit s"
    fi
    row "$name" "$([ "$f" = 0 ] && echo ok || echo FAILED)" "$p" "$f" "$s" $((SECONDS - start))
}
absent() {
    wanted "$1" || return 0
    row "$1" SKIPPED 0 0 1 0
    echo "    $1: SKIPPED, there is nothing of it"
}
pytest=("$python" -m pytest -q -p no:cacheprovider)
e2e() { # NAME SECONDS BINARY FILE-WITHOUT-test_.py...
    local name=$1 limit=$2 binary=$3
    shift 3
    SERVICE=1 part "$name" pytest "$limit" env ONUS="$binary" "${pytest[@]}" "$@"
}

# ── the table ──
asan=$build/sanitize-address-undefined tsan=$build/sanitize-thread
part build status 900 "${make[@]}" all test-programs

# Tests of the running service wait most of the time, so the rest goes on beside them.
service_lane() {
    has_py e2e && e2e e2e 900 "$build/onus" tests/e2e || absent e2e
    has_py fault && e2e kill 600 "$build/onus" tests/fault || absent kill
}
service_lane >"$logs/service-lane" 2>&1 &
lane=$!
trap 'kill "$lane" 2>/dev/null' EXIT

for room in $(rooms); do
    part "unit $room" criterion 300 "$build/tests/unit-$room"
done
has_c pg && part pg criterion 600 "$build/tests/run-pg" || absent pg
has_py api && e2e api 400 "$build/onus" tests/api || absent api
has_c fault && part fault lines 600 "$build/tests/run-fault" || absent fault
part "oracle install" status 600 "${make[@]}" mlflow
part oracle pytest 600 "${pytest[@]}" tests/oracle
part lint status 900 "${make[@]}" lint
ls tests/fuzz/fuzz_*.c >/dev/null 2>&1 && part fuzz lines 900 "${make[@]}" FUZZ_SECONDS="${FUZZ_SECONDS:-5}" FUZZ_RUNS=10000 FUZZ_SEED=1 fuzz || absent fuzz

part "asan build" status 900 "${make[@]}" SANITIZE=address,undefined "$asan/onus" test-programs
for room in $(rooms); do
    part "asan unit $room" criterion 600 "$asan/tests/unit-$room"
done
has_c pg && part "asan pg" criterion 600 "$asan/tests/run-pg"
e2e "asan e2e" 900 "$asan/onus" tests/e2e/test_{bad_input,formats,links,slack,pagerduty}.py

threaded=
for room in base notify http app; do has_c "unit/$room" && threaded+=" unit-$room"; done
has_c pg && threaded+=" run-pg"
# shellcheck disable=SC2086
part "tsan build" status 900 "${make[@]}" SANITIZE=thread "$tsan/onus" ${threaded// / $tsan/tests/}
for program in $threaded; do
    part "tsan ${program#*-}" criterion 600 "$tsan/tests/$program"
done
e2e "tsan e2e" 900 "$tsan/onus" tests/e2e/test_{scenarios,incident_life,receivers,reload,api}.py

wait "$lane"
trap - EXIT
cat "$logs/service-lane"

echo
cat "$logs/table"
echo
awk '{for (i = 2; i <= NF; i++) {if ($i == "passed") p += $(i - 1); if ($i == "failed") f += $(i - 1); if ($i == "skipped") s += $(i - 1)}}
    END {printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : ""; exit f != 0 || p == 0}' "$logs/table"
