#!/bin/bash
# tests/fuzz/run.sh [SECONDS [HARNESS …]]: fuzzes with clang's libFuzzer (libclang-rt-14-dev), AddressSanitizer and
# UndefinedBehaviorSanitizer, each harness for so long (20 s unless given). With FUZZ_SEED it tries the
# same inputs on every machine: as many as an idle one tries in that time. The inputs of regressions/ go first.
# An input that fails is kept in build/fuzz/found; mend the fault and move it to regressions/HARNESS/. The harness
# `torture` fuzzes nothing: there every allocation fails once, which takes 5 s.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}
shift $(($# > 0))
[ $# -gt 0 ] || set -- document lists sets patches numbers request overrides torture
out=build/fuzz
flags=(-std=c17 -D_GNU_SOURCE -g -O1 -ffp-contract=off -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wall -Wextra -Werror -Wno-pass-failed -Iinclude -Iserver -Ibuild/gen -Itests/fuzz)
libraries=(-lmicrohttpd -ljansson -lsqlite3 -lsodium -lnettle -lz -lpthread -lm)
export UBSAN_OPTIONS=print_stacktrace=1

# Everything but main, compiled where it or a header is newer.
build() {
    make -s build/gen/sc_migrations.h build/gen/sc_builtins.h build/gen/sc_assets.h
    mkdir -p $out/obj
    local source object header
    header=$(find include server build/gen \( -name '*.h' -o -name '*.def' \) -printf '%T@ %p\n' | sort -n | tail -1)
    header=${header#* }
    for source in server/*/*.c server/*/*/*.c; do
        object=$out/obj/$(tr / _ <<<"${source%.c}").o
        [ "$object" -nt "$source" ] && [ "$object" -nt "$header" ] && continue
        echo "-c $source -o $object"
    done | xargs -r -P "$(nproc)" -n 4 clang "${flags[@]}" -fsanitize=fuzzer-no-link,address,undefined
    rm -f $out/library.a
    ar rcs $out/library.a $out/obj/*.o
}

# $1: the harness.
link() {
    local allocator more=() kinds=fuzzer,address,undefined
    [ "$1" != document ] || more=(tests/fuzz/mutate.c)
    if [ "$1" = torture ]; then
        kinds=address,undefined
        for allocator in calloc realloc aligned_alloc strdup strndup; do more+=("-Wl,--wrap=$allocator"); done
    fi
    clang "${flags[@]}" -fsanitize=$kinds "tests/fuzz/$1.c" "${more[@]}" $out/library.a \
        "${libraries[@]}" -o "$out/$1"
}

# Inputs a second of each harness, about.
declare -A speed=([document]=1000 [patches]=2000 [numbers]=8000 [request]=12000 [overrides]=300 [lists]=4000
    [sets]=300)

# $1: the harness. Quiet when nothing is found.
fuzz() {
    local corpus=$out/corpus/$1 program=("$out/$1")
    local options=(-max_total_time="$seconds" -max_len=16384 -timeout=120 -rss_limit_mb=1024 -print_final_stats=1
        -artifact_prefix="$out/found/$1-" -dict=tests/fuzz/words.dict)
    if [ "$1" = torture ]; then
        "$out/torture" >"$out/torture.log" 2>&1
        return
    fi
    if [ -n "${FUZZ_SEED:-}" ]; then
        options+=(-seed="$FUZZ_SEED" -runs=$((seconds * speed[$1])) -max_total_time=$((seconds * 20)))
        corpus=$out/corpus-of-seed/$1
        rm -rf "$corpus"
        ! setarch -R true 2>/dev/null || program=(setarch -R "$out/$1") # addresses are a seed too
    fi
    mkdir -p "$corpus" "$out/found" "tests/fuzz/corpus/$1"
    if compgen -G "tests/fuzz/regressions/$1/*" >/dev/null &&
        ! "$out/$1" -timeout=120 tests/fuzz/regressions/"$1"/* >"$out/$1.log" 2>&1; then return 1; fi
    "${program[@]}" "${options[@]}" "$corpus" "tests/fuzz/corpus/$1" >"$out/$1.log" 2>&1
}

build
python3 tests/fuzz/seeds.py
passed=0 failed=0
for harness in "$@"; do
    link "$harness"
    if fuzz "$harness"; then
        passed=$((passed + 1))
        echo "  ok    $harness$(awk '/number_of_executed_units/ {n = $2} /average_exec_per_sec/ {s = $2}
            / cov: / {c = $4} END {if (n) print ": " n " runs, " s " a second, " c " edges"}' "$out/$harness.log")"
    else
        failed=$((failed + 1))
        echo "  FAIL  $harness"
        tail -40 "$out/$harness.log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
