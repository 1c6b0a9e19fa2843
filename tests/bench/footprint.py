"""Memory, time from exec to the first answer, size of the program."""

import contextlib
import pathlib
import statistics
import tempfile
import time

import service
from service import row

VALUATION = "/v1/scenarios/amd-base/valuation"


@contextlib.contextmanager
def serve_anew(binary):
    with tempfile.TemporaryDirectory() as empty, service.serve(binary, empty) as server:
        yield server


def first_answer(start, target, starts=31):
    """Milliseconds from exec until the first answer is there, the median of many starts."""
    def once():
        at = time.perf_counter()
        with start() as server:
            server.ask("GET", target)
            return 1000 * (time.perf_counter() - at)
    return statistics.median(once() for _ in range(starts))


def table(binary, folder, loaded):
    """folder: with a database that is there; loaded: peak resident and proportional memory of a server under load."""
    def hello():
        return service.Process(service.OUT / "hello", service.THREADS, 1000, "each")
    with service.serve(binary, folder) as server:
        server.ask("GET", "/health/live")
        time.sleep(0.5)
        idle, idle_own = server.memory("VmRSS"), server.memory("Pss")
    with hello() as server:
        server.ask("GET", "/")
        least = server.memory("VmRSS")
    base = first_answer(hello, "/")
    first = first_answer(lambda: service.serve(binary, folder), VALUATION)
    fresh = first_answer(lambda: serve_anew(binary), VALUATION, 11)
    size, hello_size = (pathlib.Path(path).stat().st_size for path in (binary, service.OUT / "hello"))
    return {
        "title": "Memory, start, size",
        "columns": [["name", "measured"], ["value", "value"], ["unit", ""], ["baseline", "beside"], ["ratio", "ratio"], ["target", "wanted"]],
        "rows": [
            row("resident memory, idle", idle, "MB", "hello-world", idle / least, ("under", 12, idle)),
            row("of it its own, shared pages in part", idle_own, "MB", "resident", idle_own / idle),
            row("resident memory at its highest, after the requests above", loaded[0], "MB", "idle", loaded[0] / idle),
            row("from exec to a first valuation, the database being there", first, "ms", "hello-world", first / base, ("under", 30, first)),
            row("from exec to a first valuation, of a database made anew", fresh, "ms", "one that is there", fresh / first),
            row("size of the program, with its symbols", size / 1e6, "MB", "hello-world", size / hello_size),
        ],
    }
