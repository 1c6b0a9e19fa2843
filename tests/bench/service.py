"""What the parts of the benchmark share: programs compiled once, a server that is measured, the open-loop generator."""

import http.client
import os
import pathlib
import subprocess
import time

FLAGS = ["-O2", "-std=c17", "-D_GNU_SOURCE", "-Iinclude", "-Iserver"]
LIBRARIES = ["-ljansson", "-lsodium", "-lnettle", "-lz", "-lsqlite3", "-lmicrohttpd", "-lm", "-lpthread"]
OUT = pathlib.Path("build/bench")
THREADS = min(os.cpu_count(), 4)  # that serve connections, as the service chooses them


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def compile_program(source, name, *parts, flags=FLAGS):
    OUT.mkdir(parents=True, exist_ok=True)
    run("gcc", *flags, source, *parts, "-o", OUT / name, *LIBRARIES)
    return OUT / name


def row(name, value, unit, baseline, ratio, target=None, **more):
    """A figure beside its baseline of the same run. target: "at least" or "under", the bound, and what is held against it
    where that is not the ratio."""
    line = {"name": name, "value": value, "unit": unit, "baseline": baseline, "ratio": ratio}
    if target:
        kind, bound, of = target[0], target[1], target[2] if len(target) > 2 else ratio
        line["target"] = f"{kind} {bound:g}"
        line["met"] = bool(of >= bound if kind == "at least" else of < bound)
    return line | more


class Process:
    """A server that prints its address when it listens."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, method, target, body=None, content="application/json"):
        self.connection.request(method, target, body, {"Content-Type": content} if body is not None else {})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{method} {target}: {answer.status} {text[:300]}")
        return text

    def spent(self):
        """Seconds of the processor so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name):
        """A figure of /proc/…/status or smaps_rollup, in MB of 1,000,000 bytes."""
        for file in ("status", "smaps_rollup"):
            for line in pathlib.Path(f"/proc/{self.process.pid}/{file}").read_text().splitlines():
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024 / 1e6
        raise KeyError(name)


def serve(binary, folder, *flags):
    return Process(binary, "serve", "--port", "0", "--database", f"{folder}/bench.db", "--queue", "1024", "--queue-per-client", "1024", "--log-level", "error", *flags)


def write_request(name, method, target, body=""):
    """The bytes of a request in a file. A run of "#" becomes a number that is another in every request."""
    fields = f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n" if body else ""
    path = OUT / f"{name}.request"
    path.write_bytes(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{body}".encode())
    return path


def openloop(server, rate, seconds, probes, probe, loads=0, load=None):
    """Figures of the generator; a closed loop of `loads` connections beside it."""
    more = [loads, load] if loads else []
    words = run(OUT / "openloop", server.port, rate, seconds, probes, probe, *more).split()
    return {name: float(value) for name, value in (word.split("=") for word in words)}


def throughput(server, request, probe, seconds, connections=32):
    """Requests a second over kept connections, and seconds of the server's processor that one takes."""
    before = server.spent()
    figures = openloop(server, 10, seconds, 1, probe, connections, request)
    if figures["load_bad"] or not figures["load_per_second"]:
        raise RuntimeError(f"{request}: {figures}")
    return figures["load_per_second"], (server.spent() - before) / (figures["load_per_second"] * seconds)


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
