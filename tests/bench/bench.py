"""bench.py BINARY RESULTS: measures, writes RESULTS (JSON) and prints the same as tables. Every row has a baseline of the
same run beside it, for machines differ and this one may be shared. Needs `make build widths`."""

import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

import footprint
import render
import scaling
import service
import simulation
import throughput


def machine():
    def first(path, name):
        return re.search(rf"^{name}\s*:\s*(.*)$", pathlib.Path(path).read_text(), re.M)
    model, flags = first("/proc/cpuinfo", "model name"), first("/proc/cpuinfo", "flags")
    flags = flags.group(1).split() if flags else []
    widest = next((name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("sse2", "SSE2")) if flag in flags), "")
    return {
        "cores": os.cpu_count(),
        "model": model.group(1) if model else platform.machine(),
        "vectors": widest or platform.machine(),
        "memory_gb": int(first("/proc/meminfo", "MemTotal").group(1).split()[0]) / 1e6,
        "kernel": platform.release(),
        "compiler": service.run("gcc", "--version").splitlines()[0],
        "date": datetime.date.today().isoformat(),
        "commit": service.run("git", "rev-parse", "--short", "HEAD").strip(),
        "load_average": pathlib.Path("/proc/loadavg").read_text().split()[0],
    }


def printed(title, columns, text, baseline):
    """A table that a program prints in Markdown: name, value, ratio and what else there is."""
    lines = [[part.strip() for part in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")][1:]
    rows = []
    for line in lines:
        more = {"prepare": float(line[3])} if len(line) > 3 and line[3] else {}
        rows.append(service.row(line[0], float(line[1]), columns[1][1], baseline, float(line[2]), **more))
    return {"title": title, "columns": columns, "rows": rows}


def stages():
    program = service.compile_program("tests/bench/stages.c", "stages", "build/libsecondchair.a", flags=["-O3", *service.FLAGS[1:]])
    columns = [["name", "stage"], ["value", "us"], ["ratio", "beside jansson reading the document"]]
    return printed("Stages of a valuation of amd-base", columns, service.run(program, "schema/scenarios/amd-base.json"), "jansson reading the document")


def draws():
    program = service.compile_program("tests/bench/draws.c", "draws", "build/libsecondchair.a", flags=["-O3", *service.FLAGS[1:]])
    columns = [["name", "a random number"], ["value", "ns"], ["ratio", "beside exp of the C library"], ["prepare", "to prepare, us"]]
    return printed("Random numbers, from the counter to the driver's value", columns, service.run(program), "exp of the C library")


def interference(binary):
    """How long cheap requests take while others ask the heaviest questions (tests/load/openloop.mjs)."""
    path = service.OUT / "interference.json"
    subprocess.run(["node", "tests/load/openloop.mjs", "--binary", binary, "--seconds", "4", "--json", path], check=True, stdout=subprocess.DEVNULL)
    rows, alone = [], {}
    for line in json.loads(path.read_text())["rows"]:
        alone.setdefault(line["target"], line["p99"])
        cheap = "its valuation" if line["target"].endswith("valuation") else "a scenario"
        waits = line["load"] == "jobs, which wait in a queue"
        rows.append(service.row(f"{cheap}, beside {line['load']}", line["p99"], "ms", "p99 beside nothing", line["p99"] / alone[line["target"]],
                                ("under", 5, line["p99"]) if waits else None, p50=line["p50"], p999=line["p999"], load=line["load_per_second"]))
    return {
        "title": "GETs while 16 connections ask for the heaviest, 500 a second; ms from when each was due; no answer is kept",
        "columns": [["name", "asked"], ["p50", "p50"], ["value", "p99"], ["p999", "p99.9"], ["target", "wanted of p99"], ["ratio", "p99 beside nothing"], ["load", "of the others, a second"]],
        "rows": rows,
    }


def slider(server, rows):
    median, p99 = throughput.slider(server)
    rows.append(service.row("a slider's step of 10,000 Sobol paths, end to end, median", median, "ms", "10 ms", median / 10, ("under", 10, median)))
    rows.append(service.row("the same, p99", p99, "ms", "10 ms", p99 / 10))


def measure(binary, folder):
    service.compile_program("tests/load/openloop.c", "openloop", flags=["-O2", "-std=c17", "-D_GNU_SOURCE"])
    service.compile_program("tests/load/batch.c", "batch", flags=["-O2", "-std=c17", "-D_GNU_SOURCE"])
    requests, loaded = throughput.table(binary, folder)
    with service.serve(binary, folder) as server:
        kernel, errors, batch = simulation.kernel(server), simulation.errors(server), throughput.batch(server)
        slider(server, kernel["rows"])
    start = footprint.table(binary, folder, loaded)
    return [requests, kernel, errors, scaling.sizes(), scaling.lists(binary, folder), start, batch, interference(binary), stages(), draws()]


def one_row_a_line(results):
    """JSON that a difference of two runs can be read in."""
    tables = []
    for table in results["tables"]:
        head = [f'  "{name}": {json.dumps(value, ensure_ascii=False)},\n' for name, value in table.items() if name != "rows"]
        rows = ",\n".join("   " + json.dumps(line, ensure_ascii=False) for line in table["rows"])
        tables.append(f' {{\n{"".join(head)}  "rows": [\n{rows}\n  ]\n }}')
    return f'{{\n"machine": {json.dumps(results["machine"])},\n"tables": [\n' + ",\n".join(tables) + "\n]\n}\n"


def main():
    binary, path = sys.argv[1:]
    results, start = {"machine": machine()}, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        results["tables"] = measure(binary, folder)
    results["machine"]["seconds"] = round(time.perf_counter() - start)
    pathlib.Path(path).write_text(one_row_a_line(results))
    print(render.render(results), end="")


if __name__ == "__main__":
    main()
