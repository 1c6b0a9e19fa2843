#!/usr/bin/env bash
# units.sh PROGRAM…: runs cmocka programs, shows the output of those that fail, ends with "N passed, N failed".
# A program that ends without cmocka's summary (a crash, a sanitizer's report) counts as one failure.
set -uo pipefail
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
export CMOCKA_MESSAGE_OUTPUT=STDOUT

# cmocka's summary, whatever the program itself printed before it on the line.
summary() { grep -aoE "\\[ +$1 +\\] [0-9]+ test\\(s\\)" <<<"$output" | awk '{n += $(NF - 1)} END {print n + 0}'; }

passed=0
failed=0
for program in "$@"; do
    output=$(timeout 1200 "$program" 2>&1)
    status=$?
    good=$(summary PASSED)
    bad=$(($(summary FAILED) + $(summary SKIPPED)))
    passed=$((passed + good))
    [ "$((good + bad))" -gt 0 ] || bad=1
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    if [ "$bad" -gt 0 ]; then
        echo "FAILED  ${program##*/} (exit status $status)"
        printf '%s\n' "$output" | grep -av '^\[ RUN      \]\|^\[       OK \]'
    else
        echo "ok      ${program##*/}: $good"
    fi
    failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
