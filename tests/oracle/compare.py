"""Hold the service against the oracle.

    compare.py BINARY [--count N] [--seed S] [--invalid N] [--fixed DIR]
    compare.py --url http://127.0.0.1:PORT [...]

The binary is run as `BINARY value -` with the document on its standard input.  With --url the
questions valuation, projection and chair are asked of a running service instead.

A figure agrees when it is within 1e-9 relative, or within 1e-9 absolute near zero.  A figure that is
the difference of larger ones may differ by 1e-11 of those, which is all that their rounding leaves.
Not compared, because MODEL.md does not pin them down: `diluted_shares` inside a pin or under
`option_value`, residuals of ranges, bands and covariance of a fit that is not identified,
`chair_value` where an equity is negative, and a verdict on the very edge of the fair band.
"""

import argparse
import concurrent.futures
import http.client
import json
import pathlib
import subprocess
import sys
import threading
import urllib.parse

import generate
import model

RELATIVE = 1e-9
ABSOLUTE = 1e-9
OF_COMPONENTS = 1e-11


class Fault(Exception):
    """The service refused the document, with these codes."""

    def __init__(self, codes):
        super().__init__(", ".join(sorted(codes)) or "no code")
        self.codes = codes


# ---------------------------------------------------------------- asking

def answer_or_fault(text, failed):
    """The JSON answer; a problem document is raised as a Fault."""
    body = json.loads(text)
    if failed or "errors" in body and "value_per_share" not in body:
        raise Fault({error["code"] for error in body.get("errors", [])})
    return body


class Binary:
    """`BINARY value -`: the valuation only."""

    questions = ("valuation",)

    def __init__(self, path):
        self.path = path

    def ask(self, question, document, body):
        run = subprocess.run([self.path, "value", "-"], input=json.dumps(document).encode(),
                             capture_output=True, timeout=600, check=False)
        for text in (run.stdout, run.stderr):
            try:
                return answer_or_fault(text, run.returncode != 0)
            except (ValueError, TypeError):
                continue
        raise RuntimeError(f"exit {run.returncode}, no JSON: {(run.stderr or run.stdout)[:300]!r}")


class Service:
    """A running service, over one kept-alive connection for each thread."""

    questions = ("valuation", "projection", "chair")

    def __init__(self, url):
        self.address = urllib.parse.urlsplit(url).netloc
        self.local = threading.local()

    def ask(self, question, document, body):
        content = json.dumps({"scenario": document, **body})
        for attempt in (1, 2):             # a kept-alive connection may have been closed meanwhile
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection(self.address, timeout=600)
            try:
                connection.request("POST", f"/v1/{question}", content, {"Content-Type": "application/json"})
                response = connection.getresponse()
                text = response.read()
                break
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise
        if response.status not in (200, 422):
            raise RuntimeError(f"status {response.status}: {text[:300]!r}")
        return answer_or_fault(text, response.status == 422)


# ---------------------------------------------------------------- comparing

def close(expected, actual, components=0.0):
    if expected is None or actual is None:
        return expected is None and actual is None
    if isinstance(actual, bool) or not isinstance(actual, (int, float)):
        return False
    difference = abs(expected - actual)
    return (difference <= RELATIVE * max(abs(expected), abs(actual))
            or difference <= ABSOLUTE or difference <= OF_COMPONENTS * components)


class Mismatches:
    """What differs, as (figure, expected, actual)."""

    def __init__(self):
        self.found = []

    def number(self, figure, expected, actual, components=0.0):
        if not close(expected, actual, components):
            self.found.append((figure, expected, actual))

    def same(self, figure, expected, actual):
        if expected != actual:
            self.found.append((figure, expected, actual))

    def series(self, figure, expected, actual, components=0.0):
        if not isinstance(actual, list) or len(actual) != len(expected):
            self.found.append((figure + " (length)", len(expected),
                               len(actual) if isinstance(actual, list) else actual))
            return
        for i, (e, a) in enumerate(zip(expected, actual)):
            self.number(f"{figure}[{i}]", e, a, components)


def plain(series, name="value"):
    """A list of numbers, whether it came as such or as records."""
    if isinstance(series, list) and series and isinstance(series[0], dict):
        return [entry.get(name, entry.get("value")) for entry in series]
    return series


def sizes(document, answer):
    """The sizes of what the totals are added up from."""
    last = answer["years"][-1]
    terminal = abs(answer["pv_terminal"])
    if document["terminal"]["method"] != "exit_multiple":
        _, rate = model.discount_rates(document)
        terminal += (last["discount_factor"] * (abs(last["ebit"]) + abs(last["reinvestment"]))
                     / (rate - model.terminal_growth(document)))
    forecast = sum(abs(row["pv"]) for row in answer["years"])
    bridge = sum(document.get("bridge", {}).values())
    dilution = document["dilution"]
    shares = dilution["basic"] + dilution.get("rsu", 0.0)
    return {"forecast": forecast, "terminal": terminal, "enterprise": forecast + terminal,
            "equity": forecast + terminal + bridge,
            "share": (forecast + terminal + bridge) / shares}


def revenue_by_segment(row):
    held = row.get("segments", row.get("revenue_by_segment"))
    if isinstance(held, list):
        return {entry["id"]: entry["revenue"] for entry in held}
    return held or {}


def check_years(found, expected, actual):
    rows = actual.get("years")
    if not isinstance(rows, list) or len(rows) - len(expected) not in (0, 1):
        found.same("years (length)", len(expected), len(rows) if isinstance(rows, list) else rows)
        return
    rows = rows[len(rows) - len(expected):]            # the reported year may lead
    for e, a in zip(expected, rows):
        at = f"years[{e['year']}]."
        flows = abs(e["ebit"]) + abs(e["tax"]) + abs(e["reinvestment"])
        for name, components in (("revenue", 0.0), ("ebit", e["revenue"]), ("margin", 1.0),
                                 ("tax", e["revenue"]), ("nol", abs(e["ebit"]) + e["revenue"]),
                                 ("reinvestment", e["revenue"]), ("fcff", flows + e["revenue"]),
                                 ("discount_factor", 0.0), ("pv", flows + e["revenue"])):
            found.number(at + name, e[name], a.get(name), components)
        revenues = revenue_by_segment(a)
        for name, revenue in e["segments"].items():
            found.number(f"{at}segments.{name}", revenue, revenues.get(name))


def check_valuation(found, document, expected, actual):
    size = sizes(document, expected)
    price, worth = expected["price"], expected["value_per_share"]
    ev = expected["enterprise_value"]
    for name, components in (("value_per_share", size["share"]), ("value_if_held", size["share"]),
                             ("equity_value", size["equity"]), ("enterprise_value", size["enterprise"]),
                             ("pv_forecast", size["forecast"]), ("pv_terminal", size["terminal"]),
                             ("upside", 1.0 + size["share"] / price), ("price", 0.0)):
        found.number(name, expected[name], actual.get(name), components)
    if ev:
        found.number("terminal_share", expected["terminal_share"], actual.get("terminal_share"),
                     size["enterprise"] * (1.0 + abs(expected["terminal_share"])) / abs(ev))
    band = document.get("fair_band", 0.1)
    if min(abs(worth / price - 1.0 - band), abs(worth / price - 1.0 + band)) > 1e-9:
        found.same("verdict", expected["verdict"], actual.get("verdict"))
    if not expected["pinned_at_threshold"] and document["dilution"].get("method") != "option_value":
        found.number("diluted_shares", expected["diluted_shares"], actual.get("diluted_shares"))
    check_years(found, expected["years"], actual)


def check_fit(found, expected, actual):
    if expected is None:
        return
    if not isinstance(actual, dict):
        found.same("fit", "a fit", actual)
        return
    parameters = actual.get("parameters", actual)
    if not isinstance(parameters, dict):
        parameters = {entry["name"]: entry["value"] for entry in parameters}
    for name in ("k", "mid", "ceiling"):
        if name in parameters or name != "ceiling":
            found.number(f"fit.{name}", expected[name], parameters.get(name))
    found.same("fit.identified", expected["identified"], actual.get("identified"))
    found.number("fit.log_likelihood", expected["log_likelihood"], actual.get("log_likelihood"), 1.0)
    found.number("fit.aic", expected["aic"], actual.get("aic"), 1.0)
    if expected["identified"] and isinstance(actual.get("covariance"), list):
        for i, row in enumerate(expected["covariance"]):
            found.series(f"fit.covariance[{i}]", row, actual["covariance"][i], abs(row[i]))


def check_projection(found, document, expected, actual):
    identified = expected["fit"] is not None and expected["fit"]["identified"]
    rows = actual.get("inference_share", [])
    found.series("inference_share", plain(expected["inference_share"]), plain(rows))
    if identified and len(rows) == len(expected["inference_share"]):
        for e, a in zip(expected["inference_share"], rows):
            found.number(f"inference_share.{e['year']}.low", e["low"], a.get("low"))
            found.number(f"inference_share.{e['year']}.high", e["high"], a.get("high"))
    for name in ("training_spend", "inference_spend"):
        found.series(name, expected[name], plain(actual.get(name)))
    largest = max(expected["training_spend"] + expected["inference_spend"])
    seats = {seat["id"]: seat for seat in actual.get("seats", [])}
    for seat in expected["seats"]:
        other = seats.get(seat["id"], {})
        for workload in ("training", "inference"):
            found.series(f"seats.{seat['id']}.{workload}", seat[workload],
                         plain(other.get(workload), "share"), 1.0)
        found.series(f"seats.{seat['id']}.revenue", seat["revenue"],
                     plain(other.get("revenue"), "revenue"), largest)
    check_fit(found, expected["fit"], actual.get("fit"))


def check_chair(found, document, expected, actual):
    size = sizes(document, model.value(document))
    share = size["share"]
    found.number("hold_probability", expected["hold_probability"], actual.get("hold_probability"))
    found.series("survival", plain(expected["survival"], "probability"),
                 plain(actual.get("survival"), "probability")[-len(expected["survival"]):])
    for name in ("value_if_held", "expected_value", "chair_value_per_share"):
        found.number(name, expected[name], actual.get(name), share)
    for name in ("probability", "value_per_share"):
        found.series(f"value_if_lost.{name}", plain(expected["value_if_lost"], name),
                     plain(actual.get("value_if_lost"), name), share if name != "probability" else 0.0)
    equities = (expected["lost_equity_value"], expected["lost_equity_value"] + expected["chair_value"])
    if min(equities) >= 0.0:
        found.number("chair_value", expected["chair_value"], actual.get("chair_value"), size["equity"])
    for name, figure in expected["placements"].items():
        found.number(f"placements.{name}", figure, actual.get("placements", {}).get(name), share)
    even, slope = expected["break_even_hold_probability"], expected["break_even_slope"]
    sensitivity = (expected["value_if_held"] + document["price"]) / abs(slope) if slope else 0.0
    found.number("break_even_hold_probability", even, actual.get("break_even_hold_probability"),
                 100.0 * sensitivity)


CHECKS = {"valuation": (model.value, check_valuation),
          "projection": (model.projection, check_projection),
          "chair": (model.chair, check_chair)}


def questions_for(document, target):
    """The projection needs a market, the chair a chair."""
    for question in target.questions:
        if question == "projection" and not ("market" in document and "seats" in document):
            continue
        if question == "chair" and "chair" not in document:
            continue
        yield question


def compare_document(target, document):
    """The mismatches of one document, over all questions."""
    found = Mismatches()
    for question in questions_for(document, target):
        oracle, check = CHECKS[question]
        expected = fault = None
        try:
            expected = oracle(document)
        except model.ModelError as error:
            fault = error
        try:
            actual = target.ask(question, document, {})
        except Fault as refused:
            if fault is None and question != "valuation":  # the document itself is refused, whatever is asked
                try:
                    model.value(document)
                except model.ModelError as error:
                    fault = error
            if fault is None:
                found.same(f"{question}: fault", "an answer", sorted(refused.codes))
            elif fault.code not in refused.codes:
                found.same(f"{question}: fault", fault.code, sorted(refused.codes))
            continue
        except Exception as error:          # a crash or a hang of the target is a finding as well
            found.same(f"{question}: no answer", "an answer", str(error))
            continue
        if fault is not None:
            found.same(f"{question}: fault", fault.code, "an answer")
            continue
        before = len(found.found)
        try:
            check(found, document, expected, actual)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            found.same(f"{question}: form of the answer", "as in API.md", repr(error))
        found.found[before:] = [(f"{question}: {f}", e, a) for f, e, a in found.found[before:]]
    return found.found


def report(results, show):
    """Prints what differs of (label, mismatches) and the counts; the exit status."""
    passed = failed = 0
    for label, mismatches in results:
        passed, failed = (passed, failed + 1) if mismatches else (passed + 1, failed)
        for figure, expected, actual in mismatches[:show]:
            print(f"{label}: {figure}: expected {expected!r}, got {actual!r}")
        if len(mismatches) > show:
            print(f"{label}: and {len(mismatches) - show} more")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def all_documents(arguments):
    """(label, document)."""
    if arguments.fixed:
        for file in sorted(pathlib.Path(arguments.fixed).glob("*.json")):
            yield file.name, json.loads(file.read_text())
    for index, document in enumerate(generate.documents(arguments.seed, arguments.count)):
        yield f"seed {arguments.seed} document {index}", document
    for index, (document, code) in enumerate(generate.invalid_documents(arguments.seed, arguments.invalid)):
        yield f"seed {arguments.seed} invalid {index} ({code})", document


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", nargs="?")
    parser.add_argument("--url")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--invalid", type=int, default=20)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--fixed")
    parser.add_argument("--show", type=int, default=8, help="mismatches printed for a document")
    arguments = parser.parse_args()
    if not arguments.binary and not arguments.url:
        parser.error("name a binary or a --url")
    target = Service(arguments.url) if arguments.url else Binary(arguments.binary)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        waiting = [(label, pool.submit(compare_document, target, document))
                   for label, document in all_documents(arguments)]
        return report(((label, future.result()) for label, future in waiting), arguments.show)


if __name__ == "__main__":
    sys.exit(main())
