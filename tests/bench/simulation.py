"""simulation.py BINARY OUT: paths a second of amd-base with the ranges of amd-uncertain, beside a NumPy program that
evaluates the same model vectorised (paths.py; agreement to 1e-9 is checked), beside the scalar build of the same
kernel, and as a share of the peak of fused multiply-adds measured here; and the error of the mean against paths for
Sobol and Philox. Writes rows to OUT as JSON lines {name, value, unit, baseline, ratio}. Needs `make widths`."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

PATHS = 65536
FLAGS = ["-O2", "-std=c17", "-D_GNU_SOURCE", "-Iinclude", "-Iserver"]
LIBRARIES = ["-ljansson", "-lsodium", "-lsqlite3", "-lmicrohttpd", "-lm", "-lpthread"]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def uncertain():
    """amd-base with the uncertainty of its variant."""
    document = json.loads(pathlib.Path("schema/scenarios/amd-base.json").read_text())
    for override in json.loads(pathlib.Path("schema/scenarios/amd-uncertain.json").read_text())["overrides"]:
        if override["pointer"] == "/uncertainty":
            document["uncertainty"] = override["value"]
    return document


def build(out):
    """The bench's program, with the kernel of the release and with the scalar one."""
    programs = {}
    for name, objects in (("widest", []), ("scalar", sorted(map(str, pathlib.Path("build/width/scalar/core").glob("*.o"))))):
        programs[name] = f"{out}/paths-{name}"
        run("gcc", *FLAGS, "tests/bench/paths.c", *objects, "build/libsecondchair.a", "-o", programs[name], *LIBRARIES)
    programs["peak"] = f"{out}/peak"
    run("gcc", "-O3", "-march=native", "-ffp-contract=fast", "tests/bench/peak.c", "-o", programs["peak"])
    return programs


def operations(program, document):
    """Floating-point operations of a path, selections included: what valgrind counts on the vector unit for more paths
    less what it counts for fewer, in the scalar build."""
    def count(paths):
        text = subprocess.run(["valgrind", "--tool=lackey", "--detailed-counts=yes", "--basic-counts=no", program, document,
                               str(paths), "once"], check=True, capture_output=True, text=True).stderr
        columns = re.findall(r"(?:F64|V128)\s+[\d,]+\s+[\d,]+\s+([\d,]+)", text)
        return sum(int(number.replace(",", "")) for number in columns)
    return (count(1024) - count(512)) / 512


def rates(program, document, *more):
    return {int(line.split()[0]): float(line.split()[1]) for line in run(program, document, str(PATHS), *more).splitlines()}


class Server:
    def __init__(self, binary, folder):
        self.process = subprocess.Popen([binary, "serve", "--port", "0", "--database", f"{folder}/bench.db"], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[-1]

    def ask(self, target, question):
        request = urllib.request.Request(self.address + target, data=json.dumps(question).encode(), headers={"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def main():
    binary, out = sys.argv[1], sys.argv[2]
    rows = []

    def row(name, value, unit, baseline, ratio):
        rows.append({"name": name, "value": value, "unit": unit, "baseline": baseline, "ratio": ratio})

    with tempfile.TemporaryDirectory() as folder:
        document, dump = f"{folder}/uncertain.json", f"{folder}/dump"
        pathlib.Path(document).write_text(json.dumps(uncertain()))
        programs = build(folder)
        server = Server(binary, folder)
        curve = server.ask("/v1/scenarios/amd-base/projection", {})["fit"]["parameters"]
        curve.setdefault("ceiling", uncertain()["market"]["inference_share"]["ceiling"])
        mine, scalar = rates(programs["widest"], document, dump), rates(programs["scalar"], document)
        numpy, worst = map(float, run("/usr/bin/python3", "tests/bench/paths.py", document, dump, json.dumps(curve)).split())
        peak, each = float(run(programs["peak"])), operations(programs["scalar"], document)
        most = max(mine)
        row("paths a second, 1 thread", mine[1], "1/s", "NumPy, same values to %.1g" % worst, mine[1] / numpy)
        row(f"paths a second, {most} threads", mine[most], "1/s", "NumPy", mine[most] / numpy)
        row("paths a second, 1 thread", mine[1], "1/s", "scalar build of the kernel", mine[1] / scalar[1])
        row("floating-point operations a second, 1 thread", mine[1] * each, "1/s", "peak of fused multiply-adds, 1 thread", mine[1] * each / peak)
        for power in range(10, 19, 2):
            errors = {sampler: server.ask("/v1/scenarios/amd-uncertain/simulation", {"paths": 2 ** power, "sampler": sampler, "bands": False})["standard_error"]
                      for sampler in ("sobol", "philox")}
            row(f"standard error of the mean, Sobol, 2^{power} paths", errors["sobol"], "USD", "Philox", errors["philox"] / errors["sobol"])
        question, spent = {"paths": 10000, "overrides": [{"pointer": "/terminal/growth", "value": 0.03}]}, []
        for _ in range(40):
            start = time.perf_counter()
            server.ask("/v1/scenarios/amd-uncertain/simulation", question)
            spent.append(time.perf_counter() - start)
        row("slider step of 10,000 Sobol paths, end to end, median", 1000 * sorted(spent)[20], "ms", "10 ms", 1000 * sorted(spent)[20] / 10)
        server.stop()
    pathlib.Path(out).write_text("".join(json.dumps(line) + "\n" for line in rows))
    print("| | value | beside | ratio |\n|---|---:|---|---:|")
    for line in rows:
        print(f"| {line['name']} | {line['value']:.4g} {line['unit'].replace('1/s', '/s')} | {line['baseline']} | {line['ratio']:.3g} |")


if __name__ == "__main__":
    main()
