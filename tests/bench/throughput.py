"""Requests a second of what people ask, each beside libmicrohttpd by itself with an answer of the same size (hello.c) and
beside jansson parsing and printing the same bodies; and how long answers take in an open loop."""

import json
import pathlib
import statistics

import service
from service import row

ROUNDS, SECONDS, LATENCY_SECONDS = 7, 0.4, 3
MOVED = '"overrides":[{"pointer":"/terminal/growth","value":0.03#######}]'


def requests(document):
    """Name, request, body that is parsed for it (None: the stored document), least share of hello-world's rate."""
    sent = '{"scenario":%s}' % json.dumps(document, separators=(",", ":")).replace('"price":300.0,', '"price":300.0#######,', 1)
    slider = '{"paths":10000,%s}' % MOVED
    moved = '{"scenario":"amd-base",%s}' % MOVED
    return [
        ("GET a valuation, kept", ("GET", "/v1/scenarios/amd-base/valuation"), None, 0.9),
        ("GET a valuation, another each time", ("GET", "/v1/scenarios/amd-base/valuation?set=/discount/wacc:0.09#######"), None, 0.4),
        ("POST a valuation with an override", ("POST", "/v1/valuation", moved), moved, None),
        ("POST a valuation of a document sent along", ("POST", "/v1/valuation", sent), sent, None),
        ("GET a stored scenario", ("GET", "/v1/scenarios/amd-base"), None, None),
        ("a slider's step: an override and 10,000 Sobol paths", ("POST", "/v1/scenarios/amd-uncertain/simulation", slider), slider, None),
    ]


def jansson(program, body, answer):
    """Bodies a second on one thread."""
    for name, text in (("parsed", body), ("printed", answer)):
        (service.OUT / name).write_text(text)
    return 1e6 / sum(map(float, service.run(program, service.OUT / "parsed", service.OUT / "printed").split()))


def measure(server, hello, name, request, probe):
    """Medians of alternating rounds: both rates, and the ratio of the processor's time per request."""
    rounds = [(service.throughput(server, request, probe, SECONDS), service.throughput(hello, request, probe, SECONDS)) for _ in range(ROUNDS)]
    mine, others = (statistics.median(pair[i][0] for pair in rounds) for i in (0, 1))
    ratio = statistics.median(pair[0][0] / pair[1][0] for pair in rounds)
    work = statistics.median(pair[1][1] / pair[0][1] for pair in rounds)
    return mine, others, ratio, work


def table(binary, folder):
    hello_program = service.compile_program("tests/bench/hello.c", "hello")
    jansson_program = service.compile_program("tests/bench/jansson.c", "jansson")
    document = json.loads(pathlib.Path("schema/scenarios/amd-base.json").read_text())
    rows = []
    probe = service.write_request("probe", "GET", "/health/live")
    with service.serve(binary, folder) as server:
        for name, request, body, least in requests(document):
            path = service.write_request("load", *request)
            text = server.ask(request[0], request[1].replace("#######", "0000001"), *[part.replace("#######", "0000001") for part in request[2:]])
            parse = (body or json.dumps(document)).replace("#######", "0000001")
            with service.Process(hello_program, service.THREADS, len(text.encode()), "each") as hello:
                mine, others, ratio, work = measure(server, hello, name, path, probe)
                rate = max(5, min(5000, round(0.4 * mine)))
                own, base = (service.openloop(one, rate, LATENCY_SECONDS, 64, path) for one in (server, hello))
            rows.append(row(name, mine, "/s", "hello-world", ratio, ("at least", least) if least else None, bytes=len(text.encode()), hello=others, work=work,
                            jansson=mine / jansson(jansson_program, parse, text), rate=rate, p50=own["p50"], p99=own["p99"], p999=own["p999"],
                            hello_p50=base["p50"], hello_p99=base["p99"], hello_p999=base["p999"]))
        peak = server.memory("VmHWM"), server.memory("Pss")
    return {
        "title": "Requests a second over 32 kept connections, the client on the same cores; times in ms from when a request was due, open loop at 0.4 of the rate",
        "note": "hello-world: libmicrohttpd alone with the same options, fields and size of answer. jansson: one thread that parses the request's body (for a "
                "GET the scenario's document) and prints the answer. “Per work” compares the processor's time that the server takes for a request.",
        "columns": [["name", "asked"], ["bytes", "bytes"], ["value", "a second"], ["ratio", "beside hello-world"], ["target", "wanted"], ["work", "per work"], ["jansson", "beside jansson"],
                    ["p50", "p50"], ["p99", "p99"], ["p999", "p99.9"], ["hello_p50", "its p50"], ["hello_p99", "its p99"], ["hello_p999", "its p99.9"]],
        "rows": rows,
    }, peak


def slider(server):
    """Milliseconds that one slider's step takes from end to end, one after the other: median and p99."""
    request = service.write_request("slider", "POST", "/v1/scenarios/amd-uncertain/simulation", '{"paths":10000,%s}' % MOVED)
    figures = service.openloop(server, 20, 5, 1, request)
    return figures["p50"], figures["p99"]


def batch(server):
    """Singly and together (tests/load/batch.c)."""
    lines = [line.split("|")[1:-1] for line in service.run(service.OUT / "batch", server.port, 5).splitlines()[2:]]
    return {
        "title": "10,000 valuations with an override each",
        "columns": [["name", "asked"], ["value", "a second"], ["ratio", "beside singly"]],
        "rows": [row(name.strip(), float(rate), "/s", "singly, over one kept connection", float(ratio)) for name, rate, ratio in lines],
    }
