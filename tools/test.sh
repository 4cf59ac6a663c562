#!/bin/bash
# `make test`: builds and runs every test, a row of the table below each, and ends with the counts of all of them.
# The exit status is 0 only when nothing failed and no sanitizer said anything: Criterion lets a leak pass with exit 0,
# so every log is searched for reports. Logs stay in build/test-logs/. ONLY="lint unit" runs the rows that begin so.
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
passed=0 failed=0 skipped=0
mkdir -p "$logs"

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
part() {
    local name=$1 counter=$2 limit=$3 log status start=$SECONDS p f s
    shift 3
    log=$logs/${name// /-}.log
    [ -z "${ONLY:-}" ] || [[ " $ONLY " == *" ${name%% *} "* ]] || return 0
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    status=$?
    read -r p f s < <("count_$counter" "$log" "$status")
    [ "$status" = 0 ] || [ "$f" -gt 0 ] || f=1
    if grep -qE "$reports" "$log"; then
        [ "$f" -gt 0 ] || f=1
        echo "  a sanitizer's report:" && grep -m 3 -E -A 12 "$reports" "$log"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$f" -gt 0 ]; then
        tail -n 60 "$log" | sed 's/^/    /'
        [ "$status" = 124 ] && echo "    stopped after $limit s"
    fi
    row "$name" "$([ "$f" = 0 ] && echo ok || echo FAILED)" "$p" "$f" "$s" $((SECONDS - start))
}
table=
row() {
    local line
    line=$(printf '  %-24s %-8s %6s passed %4s failed %4s skipped %5s s' "$@")
    echo "$line"
    table+=$line$'\n'
}
absent() {
    [ -z "${ONLY:-}" ] || return 0
    skipped=$((skipped + 1))
    row "$1" SKIPPED 0 0 1 0
    echo "    $1: SKIPPED, there is nothing of it"
}

# ── the table ──
part build status 900 "${make[@]}" all test-programs
part lint status 900 "${make[@]}" lint
for room in $(rooms); do
    part "unit $room" criterion 300 "$build/tests/unit-$room"
done
has_c pg && part pg criterion 600 "$build/tests/run-pg" || absent pg
has_c fault && part fault lines 600 "$build/tests/run-fault" || absent fault
has_py e2e && part e2e pytest 900 "$python" -m pytest -q -p no:cacheprovider tests/e2e || absent e2e
has_py fault && part fault-py pytest 600 "$python" -m pytest -q -p no:cacheprovider tests/fault || absent fault-py
ls tests/fuzz/fuzz_*.c >/dev/null 2>&1 && part fuzz lines 900 "${make[@]}" fuzz || absent fuzz

asan=$build/sanitize-address-undefined tsan=$build/sanitize-thread
part "asan build" status 900 "${make[@]}" SANITIZE=address,undefined test-programs
for room in $(rooms); do
    part "asan unit $room" criterion 600 "$asan/tests/unit-$room"
done
has_c pg && part "asan pg" criterion 600 "$asan/tests/run-pg"

threaded=
for room in base notify http app; do has_c "unit/$room" && threaded+=" unit-$room"; done
has_c pg && threaded+=" run-pg"
# shellcheck disable=SC2086
part "tsan build" status 900 "${make[@]}" SANITIZE=thread ${threaded// / $tsan/tests/}
for program in $threaded; do
    part "tsan $program" criterion 600 "$tsan/tests/$program"
done

echo
printf '%s' "$table"
echo
echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]
