"""What grows with the size of the question: a path against horizon, segments, seats and uncertain drivers; lists and
searches against the scenarios that are stored."""

import hashlib
import json
import pathlib

import service
from service import row

PATHS = 2048
STORED = (1000, 10000, 50000, 200000)
AT_ONCE = 10000  # scenarios in one import


def document(horizon=10, segments=8, seats=8, drivers=8, chair=True):
    """A document of that size. Its drivers are the market's size, which moves every seat, then the segments' and the
    seats' own."""
    base = json.loads(pathlib.Path("schema/scenarios/amd-base.json").read_text())
    sizes = {
        "horizon": horizon,
        "market": {"base_year": 2025, "total_spend": 400000, "growth": {"start": 0.3, "end": 0.03}, "silicon_content": 0.65, "inference_share": {"curve": "logistic", "k": 0.4, "mid": 2026}},
        "seats": [{"id": f"seat-{i}", "training": {"start": 0.02, "end": 0.03}, "inference": {"start": 0.03, "end": 0.02}} for i in range(seats)],
        "segments": [{"id": f"segment-{i}", "seat": f"seat-{i % seats}", "chair": i % 2 == 0, "capture": {"start": 0.5, "end": 1}, "margin": {"start": 0.2, "end": 0.35}} for i in range(segments)],
    }
    places = ["/market/total_spend"] + [f"/segments/{i}/{name}" for i in range(segments) for name in ("margin/end", "capture/start")] + [f"/seats/{i}/{name}/end" for i in range(seats) for name in ("training", "inference")]
    means = {"total_spend": 400000, "margin/end": 0.35, "capture/start": 0.5, "training/end": 0.03, "inference/end": 0.02}
    uncertainty = [{"pointer": place, "distribution": {"kind": "triangular", "low": 0.9 * mean, "mode": mean, "high": 1.1 * mean}}
                   for place in places[:drivers] for name, mean in means.items() if place.endswith(name)]
    kept = {name: base[name] for name in ("schema", "name", "company", "valuation_date", "price", "base_year_end", "operations", "discount", "terminal", "bridge", "dilution", "chair")}
    if not chair:
        del kept["chair"]
    for name in ("operations", "discount", "chair"):
        if name in kept:
            kept[name] = json.loads(json.dumps(kept[name]), object_hook=lambda node: {key: value[-1] if isinstance(value, list) and value and isinstance(value[0], (int, float)) else value for key, value in node.items()})
    return {**kept, **sizes, "uncertainty": {"drivers": uncertainty}}


def nanoseconds(sizes):
    """Of a path on one thread, drawn and evaluated, for each size."""
    spent, path = [], service.OUT / "sized.json"
    for size in sizes:
        path.write_text(json.dumps(document(**size)))
        spent.append(1e9 / float(service.run(service.OUT / "paths", path, PATHS).split()[1]))
    return spent


AXES = [
    ("years, the loss of the chair in every one", "horizon", (5, 10, 15, 30), {}),
    ("years, no chair to lose", "horizon", (5, 10, 15, 30), {"chair": False}),
    ("segments", "segments", (4, 8, 16, 32), {"drivers": 4}),
    ("seats, among 32 segments", "seats", (4, 8, 16, 32), {"segments": 32, "drivers": 4}),
    ("uncertain drivers", "drivers", (4, 16, 32, 64), {"segments": 32, "seats": 32}),
]


def sizes():
    rows = []
    for name, axis, counts, rest in AXES:
        spent = nanoseconds([{**rest, axis: count} for count in counts])
        first, last = ((spent[i + 1] - spent[i]) / (counts[i + 1] - counts[i]) for i in (0, len(counts) - 2))
        rows.append(row(name, spent[-1], "ns", "as many times the least", spent[-1] / spent[0] / (counts[-1] / counts[0]), counts=", ".join(map(str, counts)), spent=", ".join(f"{ns:.0f}" for ns in spent), first=first, last=last))
    return {
        "title": "A path against the size of its scenario, 1 thread",
        "note": "The last column: how many times as much the largest takes, beside how many times as many it has; 1 is linear, less is better. A loss in each of n years makes n branches of up to n years: n² of them, of which what is common is computed once.",
        "columns": [["name", "more"], ["counts", "how many"], ["spent", "ns a path"], ["first", "ns each, between the first two"], ["last", "between the last two"], ["ratio", "as much beside as many"]],
        "rows": rows,
    }


def line(i):
    """A small scenario as a line of an import: one of 100 companies, with one of 50 tags, one of 100 words."""
    given = {
        "schema": 1, "name": f"Case {i} word{i % 100:02}", "company": f"Company {i % 100:02}", "tags": [f"tag-{i % 50}", "all"], "valuation_date": "2026-04-23", "price": 100,
        "base_year_end": "2025-12-27", "horizon": 3, "segments": [{"id": "all", "base": 1000, "growth": 0.05, "margin": 0.3}],
        "operations": {"base_revenue": 1000, "tax": {"rate": 0.2}, "reinvestment": {"sales_to_capital": 2}}, "discount": {"wacc": 0.1},
        "terminal": {"method": "gordon", "growth": 0.02}, "dilution": {"basic": 10},
    }
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"))
    at = "2026-04-23T00:00:00.000000Z"
    return json.dumps({"id": f"s-{i}", "parent": None, "builtin": False, "revision": 1, "created_at": at, "updated_at": at, "deleted_at": None, "name": given["name"], "kind": "document",
                       "sha256": hashlib.sha256(canonical.encode()).hexdigest(), "document": given})


LISTS = [
    ("list, the newest", "limit=10"),
    ("list of a company", "limit=10&company=Company%2007"),
    ("list by a tag", "limit=10&tag=tag-7"),
    ("search, a word of all", "limit=10&q=case"),
    ("search, a word of few", "limit=10&q=word77"),
    ("search by word, tag and company", "limit=10&q=case&tag=tag-7&company=Company%2007"),
]


def lists(binary, folder):
    spent = {name: [] for name, _ in LISTS}
    filling, at = 0, 0
    # No answer is kept: each is looked up.
    with service.serve(binary, folder, "--answer-cache", "0") as server:
        for stored in STORED:
            while at < stored:
                upto = min(at + AT_ONCE, stored)
                body = "\n".join(map(line, range(at, upto)))
                filling += service.seconds_of(lambda: server.ask("POST", "/v1/import", body, "application/x-ndjson"))
                at = upto
            for name, query in LISTS:
                request = service.write_request("list", "GET", f"/v1/scenarios?{query}")
                spent[name].append(1000 * min(service.openloop(server, 200, 0.4, 1, request)["p50"] for _ in range(3)))
    rows = [row(name, times[-1], "us", f"with {STORED[0]:,}", times[-1] / times[0], spent=", ".join(f"{us:.0f}" for us in times)) for name, times in spent.items()]
    rows.append(row("import", STORED[-1] / filling, "/s", "a thousand a second", STORED[-1] / filling / 1000, spent=f"{STORED[-1] / filling:.0f} scenarios a second"))
    return {
        "title": f"Lists and searches against scenarios stored: {', '.join(f'{count:,}' for count in STORED)}; median from end to end of ten of them",
        "columns": [["name", "asked"], ["spent", "us"], ["ratio", "last beside first"]],
        "rows": rows,
    }
