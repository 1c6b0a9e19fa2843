"""Paths a second of amd-base with the ranges of amd-uncertain, beside a NumPy program that evaluates the same model
vectorised (paths.py; agreement to 1e-9 is checked), beside the scalar build of the same kernel, and as a share of the
peak of fused multiply-adds measured here; and the error of the mean against paths for Sobol and Philox."""

import json
import pathlib
import re
import subprocess

import service
from service import row, run

PATHS = 16384  # few enough that some runs have the cores to themselves where others use them too


def uncertain():
    """amd-base with the uncertainty of its variant."""
    document = json.loads(pathlib.Path("schema/scenarios/amd-base.json").read_text())
    for override in json.loads(pathlib.Path("schema/scenarios/amd-uncertain.json").read_text())["overrides"]:
        if override["pointer"] == "/uncertainty":
            document["uncertainty"] = override["value"]
    return document


def build():
    """The program with the kernel of the release, and with the scalar one."""
    scalar = sorted(pathlib.Path("build/width/scalar/core").glob("*.o"))
    library = "build/libsecondchair.a"
    return {
        "widest": service.compile_program("tests/bench/paths.c", "paths", library),
        "scalar": service.compile_program("tests/bench/paths.c", "paths-scalar", *scalar, library),
        "peak": service.compile_program("tests/bench/peak.c", "peak", flags=["-O3", "-march=native", "-ffp-contract=fast"]),
    }


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
    """By threads: paths a second drawn and evaluated, and evaluated alone."""
    lines = [line.split() for line in run(program, document, PATHS, *more).splitlines()]
    return {int(threads): (float(both), float(evaluated)) for threads, both, evaluated in lines}


def kernel(server):
    programs, document, dump = build(), service.OUT / "uncertain.json", service.OUT / "dump"
    document.write_text(json.dumps(uncertain()))
    curve = json.loads(server.ask("GET", "/v1/scenarios/amd-base/projection"))["fit"]["parameters"]
    curve.setdefault("ceiling", uncertain()["market"]["inference_share"]["ceiling"])
    mine, scalar = rates(programs["widest"], document, dump), rates(programs["scalar"], document)
    numpy, worst = map(float, run("/usr/bin/python3", "tests/bench/paths.py", document, dump, json.dumps(curve)).split())
    peak, each = float(run(programs["peak"])), operations(programs["scalar"], document)
    dump.unlink()
    most = max(mine)
    return {
        "title": "Paths of a simulation: 13 uncertain drivers, the model evaluated in all branches of the loss; NumPy is given the drawn numbers, and is on one thread",
        "columns": [["name", "measured"], ["value", "value"], ["unit", ""], ["baseline", "beside"], ["ratio", "ratio"], ["target", "wanted"]],
        "rows": [
            row(f"paths evaluated, {most} threads", mine[most][1], "/s", f"NumPy, the same values to {worst:.1g}", mine[most][1] / numpy, ("at least", 40)),
            row("paths evaluated, 1 thread", mine[1][1], "/s", "NumPy", mine[1][1] / numpy),
            row("paths evaluated, 1 thread", mine[1][1], "/s", "the scalar build of the kernel", mine[1][1] / scalar[1][1], ("at least", 6)),
            row(f"paths drawn and evaluated, {most} threads", mine[most][0], "/s", "NumPy, which draws none", mine[most][0] / numpy),
            row("paths drawn and evaluated, 1 thread", mine[1][0], "/s", "the scalar build", mine[1][0] / scalar[1][0]),
            row("floating-point operations, 1 thread", mine[1][0] * each, "/s", "peak of fused multiply-adds, 1 thread", mine[1][0] * each / peak),
        ],
    }


def error(server, paths, sampler):
    question = json.dumps({"paths": paths, "sampler": sampler, "bands": False})
    return json.loads(server.ask("POST", "/v1/scenarios/amd-uncertain/simulation", question))["standard_error"]


def errors(server):
    rows = []
    for power in range(10, 19):
        sobol, philox = (error(server, 2 ** power, sampler) for sampler in ("sobol", "philox"))
        rows.append(row(f"2^{power}", sobol, "USD", "Philox", philox / sobol, ("at least", 20) if power == 16 else None, philox=philox, reduction=(philox / sobol) ** 2))
    return {
        "title": "Standard error of the mean against paths (amd-uncertain, whose mean is about 310 USD)",
        "columns": [["name", "paths"], ["value", "Sobol, USD"], ["philox", "Philox, USD"], ["ratio", "times smaller"], ["target", "wanted"], ["reduction", "paths saved, times"]],
        "rows": rows,
    }
