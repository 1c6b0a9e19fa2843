"""Hold the service's simulations against the oracle, path by path.

    compare_simulation.py --url http://127.0.0.1:PORT

The oracle draws the same random numbers (simulation.py) and makes everything else of them by itself: inverse CDFs,
truncation, the copula, the fitted curve, the model, the figures.  So each figure of an answer is compared as in
compare.py, not within its sampling error.  That the draws are those of MODEL.md, whatever the random numbers, is seen
apart: the oracle's sample of each case has the moments and the rank correlations asked for, within 5 standard errors.
Lastly the comparison itself is tried: a simulation of something else must not agree.
"""

import argparse
import json
import math
import statistics
import sys
import urllib.request

import compare
import model
import simulation

PATHS, RANDOMISATIONS = 384, 6


# ---------------------------------------------------------------- what is simulated

def small(**changes):
    return {"schema": 1, "name": "Small", "company": "Example", "valuation_date": "2026-03-31", "price": 60,
            "base_year_end": "2025-12-31", "horizon": 4,
            "segments": [{"id": "chair", "base": 100, "growth": 0.2, "margin": 0.25, "chair": True},
                         {"id": "rest", "base": 150, "growth": 0.05, "margin": 0.15}],
            "operations": {"base_revenue": 250, "tax": {"rate": 0.2}, "reinvestment": {"sales_to_capital": 2}},
            "discount": {"wacc": 0.1}, "terminal": {"method": "gordon", "growth": 0.02}, "bridge": {"cash": 200},
            "dilution": {"basic": 10}, "chair": {"hazard": 0.05, "retention": 0.6}, **changes}


def with_market(ceiling=None):
    share = {"curve": "logistic", "observations": [
        {"year": 2021, "value": 0.2, "sigma": 0.15}, {"year": 2022, "value": 0.27, "sigma": 0.15},
        {"year": 2023, "value": 0.4, "sigma": 0.15}, {"year": 2024, "value": 0.48, "sigma": 0.15},
        {"year": 2025, "value": 0.57, "sigma": 0.15}, {"year": 2027, "value": 0.66, "sigma": 0.1},
        {"year": 2029, "value": 0.74, "sigma": 0.1}, {"year": 2031, "low": 0.72, "high": 0.82, "sigma": 0.1}]}
    if ceiling is not None:
        share["ceiling"] = ceiling
    return small(market={"base_year": 2025, "total_spend": 1000, "growth": 0.2, "inference_share": share},
                 seats=[{"id": "first", "training": 0.6, "inference": 0.5},
                        {"id": "second", "training": 0.2, "inference": {"start": 0.2, "end": 0.3}}],
                 segments=[{"id": "chips", "seat": "second", "margin": 0.2, "chair": True},
                           {"id": "rest", "base": 50, "growth": 0.05, "margin": 0.15}])


def without_chair():
    return {name: value for name, value in small(dilution={
        "basic": 10, "options": [{"count": 1, "strike": 30}],
        "warrants": [{"count": 2, "strike": 10, "probability": 0.5, "threshold": 55}]}).items() if name != "chair"}


def driver(pointer, kind, **parameters):
    return {"pointer": pointer, "distribution": {"kind": kind, **parameters}}


EVERY_KIND = [
    driver("/segments/0/margin", "normal", mean=0.22, sd=0.05, min=0.22),
    driver("/segments/0/growth", "triangular", low=0.0, mode=0.15, high=0.4, min=0.1, max=0.3),
    driver("/segments/1/margin", "lognormal", mu=-1.9, sigma=0.35, max=0.15),
    driver("/segments/1/growth", "uniform", low=-0.02, high=0.12),
    driver("/operations/reinvestment/sales_to_capital", "pert", low=1, mode=1.5, high=4, **{"lambda": 3}),
    driver("/operations/tax/rate", "beta", alpha=3, beta=7, low=0.1, high=0.4, max=0.18),
    driver("/bridge/cash", "student_t", location=200, scale=60, dof=5, min=0, max=600),
    driver("/discount/wacc", "discrete", values=[0.12, 0.08, 0.095, 0.3], weights=[1, 1, 2, 5], max=0.2),
    driver("/terminal/growth", "normal", mean=0.02, sd=0.006),
    driver("/chair/hazard", "beta", alpha=4, beta=50),
    driver("/chair/retention", "pert", low=0.4, mode=0.6, high=0.9),
]
FAR_OUT = [                                  # what is left of them lies in one tail
    driver("/segments/0/margin", "normal", mean=0, sd=0.04, min=0.24),
    driver("/bridge/cash", "student_t", location=0, scale=20, dof=2.5, min=150, max=400),
    driver("/operations/tax/rate", "beta", alpha=0.7, beta=30, min=0.15),
    driver("/segments/1/margin", "pert", low=0, mode=0.02, high=0.3, min=0.12),
    driver("/segments/1/growth", "uniform", low=0.0, high=0.2, max=0.05),
    driver("/segments/0/growth", "lognormal", mu=-3, sigma=0.3, min=0.11),
]
TOGETHER = [
    driver("/segments/0/margin", "normal", mean=0.25, sd=0.05, min=0.15, max=0.3),
    driver("/segments/0/growth", "triangular", low=0.05, mode=0.15, high=0.4),
    driver("/segments/1/margin", "lognormal", mu=-1.9, sigma=0.3),
    driver("/discount/wacc", "uniform", low=0.08, high=0.12),
    driver("/chair/retention", "beta", alpha=3, beta=2),
]
MATRIX = [[1, 0.7, 0.3, 0, -0.5], [0.7, 1, 0.2, 0, -0.6], [0.3, 0.2, 1, -0.4, 0], [0, 0, -0.4, 1, 0.3], [-0.5, -0.6, 0, 0.3, 1]]
LEAVING = [
    driver("/chair/hazard", "normal", mean=0.05, sd=0.04),
    driver("/terminal/growth", "discrete", values=[0.0, 0.02, 0.05, 0.1, 0.13], weights=[3, 3, 2, 1, 1]),
    driver("/seats/0/inference", "triangular", low=0.3, mode=0.6, high=0.85),
]
CURVE = [driver("/market/inference_share", "fit"), driver("/terminal/growth", "normal", mean=0.02, sd=0.004),
         driver("/chair/hazard", "beta", alpha=4, beta=50)]
SHARES = [driver("/segments/0/margin", "normal", mean=0.25, sd=0.06), driver("/discount/wacc", "uniform", low=0.08, high=0.12)]


def correlated(kind, drivers=TOGETHER, matrix=MATRIX):
    return {"drivers": drivers, "correlation": {"kind": kind, "matrix": matrix}}


# name: (document, uncertainty, the bounds that draws can leave, the question)
CASES = {
    "every kind": (small(), {"drivers": EVERY_KIND}, {}, {}),
    "every kind, philox": (small(), {"drivers": EVERY_KIND}, {}, {"sampler": "philox", "seed": 2}),
    "far out": (small(), {"drivers": FAR_OUT}, {}, {"seed": 2 ** 53 - 1, "level": 0.8}),
    "ranks": (small(), correlated("spearman"), {}, {"shortfall": 0.2}),
    "Pearson": (small(), correlated("pearson"), {}, {"sampler": "philox", "seed": 3, "paths": 301}),
    "curve": (with_market(), {"drivers": CURVE}, {}, {}),
    "curve with others": (with_market(0.9), correlated("spearman", CURVE, [[1, 0.4, 0], [0.4, 1, 0], [0, 0, 1]]), {}, {}),
    "curve of known ceiling, loss drawn": (with_market(0.9), {"drivers": CURVE}, {}, {"chair": "sampled"}),
    "loss drawn, philox": (small(), {"drivers": SHARES}, {}, {"chair": "sampled", "sampler": "philox"}),
    "leaving the model": (with_market(0.9), {"drivers": LEAVING}, {"/chair/hazard": (0.0, 1.0)}, {}),
    "without a chair": (without_chair(), {"drivers": SHARES}, {}, {"randomisations": 2, "paths": 383}),
}


def question_of(name):
    given = CASES[name][3]
    return {"paths": PATHS, "hurdles": [40, 50, 80], "quantiles": [0, 0.01, 0.1, 0.25, 0.5, 0.9, 1], **given,
            "randomisations": 1 if given.get("sampler") == "philox" else given.get("randomisations", RANDOMISATIONS)}


def body_of(question, uncertainty):
    """randomisations are Sobol's alone."""
    kept = {name: value for name, value in question.items() if name != "randomisations" or value > 1}
    return {**kept, "uncertainty": uncertainty}


# ---------------------------------------------------------------- one scenario

def check_estimate(found, at, expected, *actual):
    for name, e, a in zip(("", " (error)", " (low)", " (high)"), expected, actual):
        found.number(at + name, e, a)


def clipped(estimate):
    value, error, low, high = estimate
    return value, error, None if low is None else max(0.0, low), None if high is None else min(1.0, high)


def check_values(found, replicates, answer, question, price):
    """Everything that is said of the values alone."""
    values, level = [v for part in replicates for v in part], question.get("level", 0.95)
    n, sd, single = len(values), statistics.stdev(values), len(replicates) == 1
    mean = simulation.estimate(replicates, statistics.fmean, level)
    if single:
        mean = simulation.usual_estimate(mean[0], sd / math.sqrt(n), n, level)
    check_estimate(found, "mean", mean, answer["mean"], answer["standard_error"], answer["mean_low"], answer["mean_high"])
    found.number("sd", sd, answer["sd"])
    found.number("variance reduction", sd * sd / n / mean[1] ** 2, answer["variance_reduction"])
    found.number("median", statistics.median(values), answer["median"])
    for hurdle in answer["hurdles"]:
        above = simulation.estimate(replicates, lambda v, x=hurdle["price"]: simulation.above(v, x), level)
        if single:
            above = simulation.usual_estimate(above[0], math.sqrt(above[0] * (1.0 - above[0]) / n), n, level)
        check_estimate(found, f"P(v > {hurdle['price']})", clipped(above),
                       *(hurdle[name] for name in ("probability", "standard_error", "low", "high")))
    found.same("hurdles", [price] + question["hurdles"], [hurdle["price"] for hurdle in answer["hurdles"]])
    found.number("P(v > price)", simulation.above(values, price), answer["probability_above_price"])
    for at, row in zip(question["quantiles"], answer["quantiles"]):
        quantile = simulation.estimate(replicates, lambda v, p=at: simulation.quantile(v, p), level)
        ends = simulation.order_interval(values, at, level) if single and 0 < at < 1 else quantile[2:]
        found.same("quantile", at, row["p"])
        found.number(f"quantile at {at}", quantile[0], row["value"])
        if not single or 0 < at < 1:
            found.series(f"quantile at {at}, its interval", list(ends), [row["low"], row["high"]])
    worst = simulation.estimate(replicates, lambda v: simulation.shortfall(v, question.get("shortfall", 0.05)), level)
    check_estimate(found, "expected shortfall", worst[:2], answer["expected_shortfall"], answer["expected_shortfall_standard_error"])


def check_histogram(found, values, columns):
    """Counts between the edges that the answer chose."""
    found.same("edges", [column["high"] for column in columns[:-1]], [column["low"] for column in columns[1:]])
    found.same("all are in it", True, columns[0]["low"] <= min(values) and max(values) <= columns[-1]["high"])
    for column in columns:
        last = column is columns[-1]
        count = sum(column["low"] <= v < column["high"] or last and v == column["high"] for v in values)
        found.same(f"between {column['low']} and {column['high']}", count, column["count"])


def check_losses(found, accepted, answer, price):
    n, rows = len(accepted), answer["by_year_of_loss"]
    found.same("years of loss", list(accepted[0].branches), [row["year"] for row in rows])
    for row in rows:
        odds, values = zip(*(path.branches[row["year"]] for path in accepted))
        at = f"lost in {row['year']}: "
        found.number(at + "probability", statistics.fmean(odds), row["probability"])
        found.number(at + "mean value", statistics.fmean(values), row["mean_value"])
        found.number(at + "above the price", sum(v > price for v in values) / n, row["probability_above_price"])


def check_bands(found, accepted, answer, level):
    kinds = [("revenue", lambda path, year: path.revenue[year]), ("fcff", lambda path, year: path.fcff[year])]
    years = {"revenue": list(accepted[0].revenue), "fcff": list(accepted[0].fcff), "inference_share": []}
    if accepted[0].market:
        first = accepted[0].market["base_year"]
        years["inference_share"] = [first + y for y in accepted[0].market["theta"]]
        kinds.append(("inference_share", lambda path, year: path.market["theta"][year - first]))
    for kind, of_years in years.items():
        found.same(f"years of {kind}", of_years, [row["year"] for row in answer["bands"][kind]])
    for kind, figure in kinds:
        for row in answer["bands"][kind]:
            column = [figure(path, row["year"]) for path in accepted]
            for name, p in (("low", 0.5 - level / 2.0), ("median", 0.5), ("high", 0.5 + level / 2.0)):
                found.number(f"{kind} of {row['year']}, {name}", simulation.quantile(column, p), row[name], max(map(abs, column)))


def accepted_of(parts):
    return [[path for path in part if not path.reason] for part in parts]


def check(answer, name, parts):
    """The mismatches of an answer with a case's paths."""
    document, uncertainty, _, _ = CASES[name]
    question, found = question_of(name), compare.Mismatches()
    everything, level = [path for part in parts for path in part], question.get("level", 0.95)
    kept = accepted_of(parts)
    accepted, replicates = [path for part in kept for path in part], [[path.value for path in part] for part in kept]
    found.same("paths", len(everything), answer["paths"])
    for reason in ("bounds", "growth", "shares", "domain"):
        found.same("rejected by " + reason, sum(p.reason == reason for p in everything), answer["rejected_by"][reason])
    check_values(found, replicates, answer, question, document["price"])
    check_histogram(found, [path.value for path in accepted], answer["histogram"])
    for index, row in enumerate(answer["drivers"]):
        found.same("driver", uncertainty["drivers"][index]["pointer"], row["pointer"])
        found.number("variance share of " + row["pointer"], simulation.variance_share(accepted, index), row["variance_share"])
    if "chair" in document:
        check_losses(found, accepted, answer, document["price"])
    found.number("least spread", min(path.spread for path in accepted), answer["tail"]["least_spread"])
    found.same("near", sum(path.spread < 0.01 for path in accepted), answer["tail"]["near"])
    check_bands(found, accepted, answer, level)
    return found.found


# ---------------------------------------------------------------- two scenarios, and sets

def check_pairs(target):
    """Two scenarios on common random numbers; a driver that only one has has its own."""
    one, other = small(), small(price=70, bridge={"cash": 300})
    question = {**question_of("every kind"), "paths": 192}
    drivers = SHARES + [driver("/bridge/cash", "uniform", low=100, high=300)]
    other["uncertainty"] = {"drivers": drivers[::-1]}
    one["uncertainty"] = {"drivers": SHARES}
    dimensions, found = {}, compare.Mismatches()
    parts = [simulation.simulate(d, d["uncertainty"], question, dimensions) for d in (one, other)]
    kept = [[[path.value for path in part] for part in sample] for sample in parts]
    answer = target.ask("simulation", one, {**question, "with": other})["with"]
    pairs = [[a - b for a, b in zip(*two)] for two in zip(*kept)]
    mean = simulation.estimate(pairs, statistics.fmean, 0.95)
    check_estimate(found, "mean difference", mean, *(answer["mean_difference" + end]
                                                     for end in ("", "_standard_error", "_low", "_high")))
    found.number("P(A > B)", simulation.above([d for part in pairs for d in part], 0.0), answer["probability_greater"])
    check_estimate(found, "mean of B", simulation.estimate(kept[1], statistics.fmean, 0.95)[:2], answer["mean"], answer["standard_error"])
    return found.found


def fetch(url, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as response:
        return json.load(response)


def check_set(url, members, own, question):
    """members: [(id, weight, overrides)] of stored scenarios; own: the question's uncertainty or None."""
    found, dimensions, level, weighed = compare.Mismatches(), {}, question.get("level", 0.95), []
    for name, weight, overrides in members:
        document = simulation.replaced(fetch(url, f"/v1/scenarios/{name}")["document"], overrides)
        uncertainty = own or document.get("uncertainty")
        if uncertainty:
            sample = accepted_of(simulation.simulate(document, uncertainty, question, dimensions))
            weighed.append((weight, [[path.value for path in part] for part in sample]))
        else:
            weighed.append((weight, [[model.value(document)["value_per_share"]]]))
    sent = [{"scenario": name, "weight": weight, "overrides": [{"pointer": p, "value": x} for p, x in overrides.items()]}
            for name, weight, overrides in members]
    body = {"set": {"name": "Together", "members": sent}, **question, **({"uncertainty": own} if own else {})}
    answer = fetch(url, "/v1/sets/simulation", body)
    check_mixture(found, weighed, answer, question, level)
    for row, (_, parts) in zip(answer["members"], weighed):
        values = [v for part in parts for v in part]
        found.number("mean of " + row["scenario"], statistics.fmean(values), row["mean"])
        found.number("sd of " + row["scenario"], statistics.stdev(values) if len(values) > 1 else 0.0, row["sd"])
    return found.found


def check_mixture(found, weighed, answer, question, level):
    def figure(of, *parameter):
        return simulation.mixed(weighed, lambda samples: of(samples, *parameter), level)

    mean = figure(simulation.mixed_mean)
    check_estimate(found, "mean", mean, answer["mean"], answer["standard_error"], answer["mean_low"], answer["mean_high"])
    flat = [(w, [v for part in parts for v in part]) for w, parts in weighed]
    within = math.fsum(w * (statistics.variance(values) if len(values) > 1 else 0.0) for w, values in flat)
    between = math.fsum(w * (statistics.fmean(values) - mean[0]) ** 2 for w, values in flat)
    found.number("sd", math.sqrt(within + between), answer["sd"])
    found.number("within", math.sqrt(within), answer["spread"]["within"])
    found.number("between", math.sqrt(between), answer["spread"]["between"])
    for at, row in zip(question["quantiles"], answer["quantiles"]):
        quantile = figure(simulation.mixed_quantile, at)
        check_estimate(found, f"quantile at {at}", (quantile[0], *quantile[2:]), row["value"], row["low"], row["high"])
    for row in answer["hurdles"]:
        check_estimate(found, f"P(v > {row['price']})", clipped(figure(simulation.mixed_above, row["price"])),
                       *(row[name] for name in ("probability", "standard_error", "low", "high")))
    check_estimate(found, "expected shortfall", figure(simulation.mixed_shortfall, question.get("shortfall", 0.05))[:2],
                   answer["expected_shortfall"], answer["expected_shortfall_standard_error"])


SET_QUESTION = {"paths": 96, "randomisations": 4, "quantiles": [0.1, 0.5, 0.77], "hurdles": [200, 400]}
OWN = {"drivers": [driver("/chair/hazard", "beta", alpha=4, beta=80), driver("/terminal/wacc", "normal", mean=0.085, sd=0.003)]}
SETS = {
    "set, one of it uncertain": ([("amd-bull", 0.2, {}), ("amd-uncertain", 0.6, {"/chair/retention": 0.5}), ("amd-bear", 0.2, {})],
                                 None, SET_QUESTION),
    "set, all of it uncertain": ([("amd-bull", 0.3, {}), ("amd-base", 0.7, {})], OWN, {**SET_QUESTION, "shortfall": 0.3}),
    "set, philox and loss drawn": ([("amd-bull", 0.5, {}), ("amd-bear", 0.5, {})], OWN,
                                   {**SET_QUESTION, "sampler": "philox", "chair": "sampled"}),
}


# ---------------------------------------------------------------- the draws themselves

def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0] * len(values)
    for rank, at in enumerate(order):
        result[at] = rank
    return result


def check_ranks():
    """Numbers of the oracle's own generator have the rank correlations of the matrix."""
    found, draws = compare.Mismatches(), simulation.Draws(small(), correlated("spearman"))
    n, numbers = 4000, simulation.Numbers("philox", 5, {})
    rows = list(zip(*(numbers.of(name, 0, n) for name in draws.names)))
    parts = [[p for p, _ in draws.together(u)] for u in rows]
    columns = [ranks(column) for column in zip(*parts)]
    for i, row in enumerate(MATRIX):
        for j in range(i):
            rho = statistics.correlation(columns[i], columns[j])
            found.same(f"rank correlation of {i} and {j}: {rho} for {row[j]}", True, abs(rho - row[j]) < 5.0 / math.sqrt(n))
    return found.found


def check_inverses():
    """Each inverse CDF against the CDF, in the middle and far out."""
    found = compare.Mismatches()
    for one in EVERY_KIND + FAR_OUT:
        whole = {k: v for k, v in one["distribution"].items() if k not in ("min", "max")}
        for tail in (1e-12, 1e-4, 0.03, 0.3, 0.49) if whole["kind"] != "discrete" else ():
            for side, at in enumerate(((tail, 1.0 - tail), (1.0 - tail, tail))):
                part = simulation.tails(whole, simulation.inverse(whole, *at))[side] / tail
                found.same(f"{whole} at {at}: {part}", True, abs(part - 1.0) <= 1e-10 + 1e-15 / tail)
    return found.found


# ---------------------------------------------------------------- all of it

# What would be wrong: (the case, how the service is asked instead).
WRONG = [
    ("every kind", {"seed": 2}),
    ("far out", {"uncertainty": {"drivers": [driver("/segments/0/margin", "normal", mean=0, sd=0.04, min=0.24000001)] + FAR_OUT[1:]}}),
    ("ranks", {"uncertainty": {"drivers": TOGETHER}}),
    ("ranks", {"uncertainty": correlated("pearson")}),
    ("curve", {"uncertainty": {"drivers": CURVE[1:]}}),
]


def all_checks(target, url):
    """(label, mismatches)."""
    yield "inverse CDFs", check_inverses()
    yield "rank correlations", check_ranks()
    samples = {}
    for name, (document, uncertainty, bounds, _) in CASES.items():
        samples[name] = simulation.simulate(document, uncertainty, question_of(name), {}, bounds)
        yield name, check(target.ask("simulation", document, body_of(question_of(name), uncertainty)), name, samples[name])
    for name, changes in WRONG:
        document, uncertainty, _, _ = CASES[name]
        answer = target.ask("simulation", document, {**body_of(question_of(name), uncertainty), **changes})
        noticed = len(check(answer, name, samples[name])) > 0
        yield f"{name}, asked wrongly", [] if noticed else [("the comparison", "notices it", json.dumps(changes)[:100])]
    yield "two scenarios", check_pairs(target)
    for name, (members, own, question) in SETS.items():
        yield name, check_set(url, members, own, question)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--show", type=int, default=6, help="mismatches printed for a question")
    arguments = parser.parse_args()
    return compare.report(all_checks(compare.Service(arguments.url), arguments.url), arguments.show)


if __name__ == "__main__":
    sys.exit(main())
