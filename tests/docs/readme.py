"""Runs the commands of README.md against the real program and pastes their answers under them.

    python3 tests/docs/readme.py BINARY          compares; exit status 1 where an answer differs, and a count
    python3 tests/docs/readme.py BINARY --write  pastes
    python3 tests/docs/readme.py --bench         pastes the tables of tests/bench/results.json

A block stands between "<!-- run: COMMAND -->" and "<!-- end -->"; its commands ask localhost:8080, which is replaced
by the address of a server with a fresh database. The benchmark's tables stand between "<!-- bench -->" and "<!-- end -->".
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "bench"))
import render  # noqa: E402

README = TESTS.parent / "README.md"
BENCH = re.compile(r"(<!-- bench -->\n)(.*?)(<!-- end -->)", re.S)
BLOCK = re.compile(r"<!-- run: (.*?) -->\n(.*?)<!-- end -->", re.S)


def start(binary, directory):
    server = subprocess.Popen(
        [binary, "serve", "--port", "0", "--database", f"{directory}/readme.db"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = server.stdout.readline()
    return server, line.strip().removeprefix("listening on http://")


def answer(command, address):
    run = subprocess.run(["bash", "-o", "pipefail", "-c", command.replace("localhost:8080", address)],
                         capture_output=True, text=True, timeout=300)
    if run.returncode != 0:
        raise RuntimeError(f"{command}: exit status {run.returncode}: {run.stderr}")
    return f"```console\n$ {command}\n{run.stdout.rstrip()}\n```\n"


def tables():
    return render.render(json.loads((TESTS / "bench/results.json").read_text()))


def bench_is_pasted(text):
    same = BENCH.search(text).group(2) == tables()
    if not same:
        print("README.md: its tables are not those of tests/bench/results.json: python3 tests/docs/readme.py --bench")
    return same


def main():
    text = README.read_text()
    if sys.argv[1] == "--bench":
        README.write_text(BENCH.sub(lambda found: found[1] + tables() + found[3], text))
        return 0
    binary, write = sys.argv[1], "--write" in sys.argv
    passed, failed = (1, 0) if bench_is_pasted(text) else (0, 1)
    with tempfile.TemporaryDirectory() as directory:
        server, address = start(binary, directory)
        try:
            for command, shown in BLOCK.findall(text):
                fresh = answer(command, address)
                if write:
                    text = text.replace(f"<!-- run: {command} -->\n{shown}", f"<!-- run: {command} -->\n{fresh}")
                elif fresh != shown:
                    print(f"README.md: the answer has changed\n{fresh}")
                    failed += 1
                    continue
                passed += 1
        finally:
            server.terminate()
            server.wait(timeout=120)
    if write:
        README.write_text(text)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
