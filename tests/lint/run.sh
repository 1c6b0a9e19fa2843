#!/usr/bin/env bash
# Runs every check of the sources, prints what is wrong and where, and ends with "N passed, N failed".
# Wants FLAGS, the compiler's flags, from the Makefile; make lint passes them.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

: "${FLAGS:?run this by make lint}"
read -ra flags <<<"$FLAGS"
jobs=$(nproc)
mapfile -t sources < <(find server -name '*.c' | sort)
mapfile -t headers < <(find include server -name '*.h' | sort)
mapfile -t core < <(find server/core -name '*.c' | sort)
objects=("${core[@]/#server/build/obj}") # of the release
objects=("${objects[@]/%.c/.o}")
mapfile -t scripts < <(git ls-files -co --exclude-standard '*.sh' .ci/run | sort)
log=build/lint
mkdir -p $log
passed=0
failed=0

# Each source on its own, as many at once as there are cores; the check fails when one does.
each() {
    local -n list=$1
    shift
    printf '%s\0' "${list[@]}" | xargs -0 -P "$jobs" -I{} "$@"
}

lint_sizes() { python3 tests/lint/sizes.py; }
lint_includes() { python3 tests/lint/layers.py includes; }
lint_purity() { python3 tests/lint/layers.py purity "${objects[@]}"; }
lint_clang() { each sources clang -fsyntax-only "${flags[@]}" {}; }
lint_analyzer() { each core gcc -fanalyzer -Wno-analyzer-null-dereference "${flags[@]}" -O1 -c {} -o /dev/null; }
lint_tidy() { each sources timeout 900 clang-tidy --quiet {} -- "${flags[@]}" 2>&1 | { grep -v ' warnings\? generated' || true; }; }
# Without the generated headers: half a million numbers take it minutes.
lint_cppcheck() {
    cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
        --suppress=missingInclude --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=varFuncNullUB \
        --library=posix --library=gnu -j "$jobs" -Iinclude -Iserver -D_GNU_SOURCE server
}
lint_format() { clang-format --dry-run -Werror "${sources[@]}" "${headers[@]}"; }
lint_shell() { shellcheck -x -S warning -e SC1087 "${scripts[@]}"; }
# The benchmark does not run in the tests; that it would compile is seen here.
lint_bench() {
    local file
    for file in tests/bench/*.c tests/load/*.c; do
        gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -Iserver -fsyntax-only "$file" || return 1
    done
    python3 -c 'import ast, pathlib; [ast.parse(file.read_text(), file) for file in pathlib.Path("tests/bench").glob("*.py")]'
}
lint_json() {
    local file bad=0
    while read -r file; do
        python3 -m json.tool "$file" >/dev/null || { echo "$file: not JSON" && bad=1; }
    done < <(find schema -name '*.json')
    return $bad
}

check() {
    local name=$1 start=$SECONDS
    if "lint_$name" >"$log/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "  ok      $name ($((SECONDS - start)) s)$(tail -n 1 "$log/$name.log" | grep '^[0-9]' | sed 's/^/: /')"
    else
        failed=$((failed + 1))
        echo "  FAILED  $name ($((SECONDS - start)) s):"
        sed 's/^/    /' "$log/$name.log" | head -n "${LINT_LINES:-60}"
    fi
}

checks=(sizes includes purity format clang analyzer tidy cppcheck shell json bench)
[ $# -eq 0 ] || checks=("$@")
for name in "${checks[@]}"; do
    check "$name"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
