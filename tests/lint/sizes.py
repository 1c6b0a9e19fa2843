#!/usr/bin/env python3
"""Checks the budgets of size with pmccabe: 95 % of functions have at most 40 lines and a cyclomatic complexity of at
most 8, none has more than 70 lines or 15; no file has more than 700 lines."""
import math
import subprocess
import sys
from pathlib import Path

LINES_P95, LINES_MAX = 40, 70
COMPLEXITY_P95, COMPLEXITY_MAX = 8, 15
FILE_MAX = 700


def functions(files):
    run = subprocess.run(["pmccabe", *map(str, files)], check=False, capture_output=True, text=True)
    found = []
    for line in run.stdout.splitlines():
        _, complexity, _, _, lines, *rest = line.split(None, 5)
        found.append((int(complexity), int(lines), rest[0].replace("\t", " ")))
    return found, run.stderr.splitlines()


def percentile(values, part):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else 0


def faults_of(found, files):
    for complexity, lines, place in sorted(found, reverse=True):
        if complexity > COMPLEXITY_MAX:
            yield f"{place}: complexity {complexity}, more than {COMPLEXITY_MAX}"
        if lines > LINES_MAX:
            yield f"{place}: {lines} lines, more than {LINES_MAX}"
    for path in files:
        count = path.read_text().count("\n")
        if count > FILE_MAX:
            yield f"{path}: {count} lines, more than {FILE_MAX}"
    for index, what, limit in ((0, "complexity", COMPLEXITY_P95), (1, "lines", LINES_P95)):
        high = percentile([function[index] for function in found], 0.95)
        if high > limit:
            above = sorted((f for f in found if f[index] > limit), key=lambda f: -f[index])
            yield f"95th percentile of {what} is {high}, more than {limit}; above it:"
            yield from (f"  {place}: {what} {(c, n)[index]}" for c, n, place in above)


def main():
    files = sorted(path for root in ("include", "server") for path in Path(root).rglob("*")
                   if path.suffix in {".c", ".h"})
    found, complaints = functions(files)
    faults = [f"pmccabe: {line}" for line in complaints] + list(faults_of(found, files))
    print("\n".join(faults) if faults else "sizes: nothing found")
    if found:
        print(f"{len(found)} functions in {len(files)} files; 95 % have at most {percentile([n for _, n, _ in found], 0.95)} "
              f"lines and complexity {percentile([c for c, _, _ in found], 0.95)}; the largest "
              f"{max(n for _, n, _ in found)} and {max(c for c, _, _ in found)}")
    else:
        faults.append("no functions found")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
