#!/usr/bin/env bash
# units.sh PROGRAM…: runs cmocka programs, shows the output of those that fail, ends with "N passed, N failed".
# A program that ends without cmocka's summary (a crash, a sanitizer's report) counts as one failure.
set -uo pipefail
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
export CMOCKA_MESSAGE_OUTPUT=STDOUT

passed=0
failed=0
for program in "$@"; do
    output=$(timeout 300 "$program" 2>&1)
    status=$?
    good=$(grep -ac '^\[       OK \]' <<<"$output")
    bad=$(sed -n 's/^\[  FAILED  \] .*: \([0-9]*\) test(s).*/\1/p' <<<"$output" | awk '{n += $1} END {print n + 0}')
    ran=$(grep -ac '^\[==========\] .* test(s) run' <<<"$output")
    passed=$((passed + good))
    if [ "$status" -ne 0 ] || [ "$ran" -eq 0 ]; then
        [ "$bad" -gt 0 ] && [ "$ran" -gt 0 ] || bad=$((bad + 1))
        echo "FAILED  ${program##*/} (exit status $status)"
        printf '%s\n' "$output" | grep -av '^\[ RUN      \]\|^\[       OK \]'
    else
        echo "ok      ${program##*/}: $good"
    fi
    failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
