"""Runs the commands of README.md against the real program and pastes their answers under them.

    python3 tests/docs/readme.py BINARY          compares; exit status 1 where an answer differs, and a count
    python3 tests/docs/readme.py BINARY --write  pastes
    python3 tests/docs/readme.py --bench FILE    pastes the tables of a benchmark between "<!-- bench -->" and "<!-- end -->"

A block stands between "<!-- run: COMMAND -->" and "<!-- end -->"; its commands ask localhost:8080, which is replaced
by the address of a server with a fresh database.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
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


def paste_bench(path):
    text = README.read_text()
    start, rest = text.split("<!-- bench -->\n", 1)
    _, end = rest.split("<!-- end -->", 1)
    README.write_text(f"{start}<!-- bench -->\n{pathlib.Path(path).read_text().rstrip()}\n<!-- end -->{end}")


def main():
    if sys.argv[1] == "--bench":
        paste_bench(sys.argv[2])
        return 0
    binary, write = sys.argv[1], "--write" in sys.argv
    text = README.read_text()
    passed = failed = 0
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
