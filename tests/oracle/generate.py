"""Random valid scenario documents, which together cover every form of the model.

    generate.py SEED COUNT [--invalid]        prints NDJSON

The same seed and count give the same documents, and a document depends on its own number alone.
With --invalid each document carries one fault of the model's domain.
"""

import argparse
import datetime
import json
import math
import random

import curve_fit
from model import ModelError, anniversary, chair, first_market_year, fit_of, value

SHAPES = ("linear", "geometric", "logistic")
METHODS = ("gordon", "value_driver", "h_model", "exit_multiple")
METRICS = ("revenue", "ebit", "ebitda", "nopat")
WELL_CONDITIONED = 1e-5     # least scaled pivot of a fit whose parameters can be compared at 1e-9


def number(rng, low, high):
    """A number as people write it: few digits."""
    return round(rng.uniform(low, high), rng.choice((2, 3, 4)))


# ---------------------------------------------------------------- paths

def make_path(rng, first, horizon, low, high):
    """A constant, an array, or a shaped path over the years first..horizon."""
    kind = rng.choice(("constant", "array", "shape", "shape"))
    if kind == "constant" or (kind == "shape" and horizon <= first):
        return number(rng, low, high)
    if kind == "array":
        return [number(rng, low, high) for _ in range(first, horizon + 1)]
    shape = {"start": number(rng, low, high), "end": number(rng, low, high)}
    name = rng.choice(SHAPES)
    if name == "geometric" and not shape["start"] * shape["end"] > 0.0:
        name = "logistic"
    if name != "linear" or rng.random() < 0.3:
        shape["shape"] = name
    begin, finish = first, horizon
    if rng.random() < 0.4:
        begin = shape["from"] = rng.randint(first, horizon - 1)
    if rng.random() < 0.4:
        finish = shape["to"] = rng.randint(begin + 1, horizon)
    return shape if begin < finish else shape["end"]


# ---------------------------------------------------------------- dates

def make_dates(rng):
    """(base_year_end, valuation_date): every month, leap days, both ends of the stub."""
    ended = datetime.date(rng.randint(2018, 2027), 1, 1) + datetime.timedelta(days=rng.randrange(365))
    if rng.random() < 0.08:
        ended = datetime.date(rng.choice((2020, 2024)), 2, 29)
    length = (anniversary(ended, 1) - ended).days
    days = rng.choice((0, length - 1, rng.randrange(length), rng.randrange(length), rng.randrange(length)))
    return ended.isoformat(), (ended + datetime.timedelta(days=days)).isoformat()


# ---------------------------------------------------------------- the market and the seats

def make_observations(rng, curve, base_year, floor, ceiling, free):
    """Points, ranges and bounds about a known curve."""
    k, mid = rng.uniform(0.2, 0.9), base_year + rng.uniform(-3.0, 3.0)
    truth = {"curve": curve, "k": k, "mid": mid, "floor": floor, "ceiling": ceiling}
    years = sorted(rng.sample(range(-6, 8), rng.randint(5, 8) if free else rng.randint(2, 6)))
    points = set(rng.sample(years, max(2, len(years) - rng.randint(0, 3)))) if not free else set(years)
    if free and len(years) > 5:
        points.discard(years[1])
    observations = []
    for offset in years:
        year = base_year + offset + (rng.choice((0.0, 0.5)) if rng.random() < 0.2 else 0)
        theta = curve_fit.curve_value(truth, year)
        share = min(max((theta - floor) / (ceiling - floor), 0.01), 0.99)
        z = math.log(share / (1.0 - share)) + rng.gauss(0.0, 0.1)
        theta = floor + (ceiling - floor) / (1.0 + math.exp(-z))
        theta = round(min(max(theta, floor + 0.004), ceiling - 0.004), 3)
        entry = {"year": year}
        if offset in points:
            entry["value"] = theta
        else:
            form = rng.choice(("range", "low", "high"))
            if form != "high":
                entry["low"] = round(max(floor, theta - rng.uniform(0.005, 0.08)), 3)
            if form != "low":
                entry["high"] = round(min(1.0, theta + rng.uniform(0.005, 0.08)), 3)
        if rng.random() < 0.5:
            entry["sigma"] = round(rng.uniform(0.05, 0.5), 2)
        if rng.random() < 0.2:
            entry["source"] = "a report"
        observations.append(entry)
    return observations


def make_fitted(rng, base_year):
    """A fitted curve whose parameters the observations pin down well."""
    while True:
        curve = rng.choice(("logistic", "gompertz"))
        free = rng.random() < 0.35
        floor = rng.choice((0, 0, 0.05))
        ceiling = rng.choice((0.7, 0.8)) if free else rng.choice((0.85, 0.9, 0.95, 1))
        share = {"curve": curve, "observations": make_observations(rng, curve, base_year, floor, ceiling, free)}
        if floor or rng.random() < 0.3:
            share["floor"] = floor
        if not free:
            share["ceiling"] = ceiling
        try:
            fit = fit_of(share)
        except ModelError:
            continue
        if fit["covariance"] and fit["pivot"] > WELL_CONDITIONED and 0.05 < fit["k"] < 3.0:
            return share


def make_inference_share(rng, base_year, horizon):
    kind = rng.choice(("logistic", "gompertz", "pchip", "path", "fitted", "fitted", "fitted"))
    if kind == "fitted":
        return make_fitted(rng, base_year)
    if kind == "path":
        return {"path": make_path(rng, 0, horizon, 0.1, 0.9)}
    if kind == "pchip":
        years = sorted(rng.sample(range(base_year - 4, base_year + 16), rng.randint(2, 6)))
        years = [y + 0.5 if rng.random() < 0.15 else y for y in years]
        values = [number(rng, 0.05, 0.95) for _ in years]
        if rng.random() < 0.5:
            values.sort()
        return {"curve": "pchip", "points": [[y, v] for y, v in zip(years, values)]}
    share = {"curve": kind, "k": number(rng, 0.1, 1.2), "mid": round(base_year + rng.uniform(-3, 5), 2)}
    if rng.random() < 0.4:
        share["floor"] = rng.choice((0.02, 0.1))
    if rng.random() < 0.5:
        share["ceiling"] = number(rng, 0.7, 1.0)
    return share


def make_market(rng, base_year, horizon):
    market = {"base_year": base_year}
    if rng.random() < 0.25:
        for name in ("training", "inference"):
            market[name] = {"base": round(rng.uniform(2e4, 3e5)), "growth": make_path(rng, 1, horizon, -0.05, 0.4)}
    else:
        market["total_spend"] = round(rng.uniform(5e4, 5e5))
        market["growth"] = make_path(rng, 1, horizon, -0.05, 0.4)
        market["inference_share"] = make_inference_share(rng, base_year, horizon)
    if rng.random() < 0.7:
        market["silicon_content"] = make_path(rng, 0, horizon, 0.4, 0.9)
    return market


def make_seats(rng, horizon):
    count = rng.randint(1, 4)
    top = 0.98 / count
    seats = []
    for i in range(count):
        seat = {"id": f"seat-{i}", "training": make_path(rng, 0, horizon, 0.005, top),
                "inference": make_path(rng, 0, horizon, 0.005, top)}
        if rng.random() < 0.3:
            seat["group"] = rng.choice(("first", "second", "custom silicon"))
        seats.append(seat)
    if rng.random() < 0.6:
        seats.insert(rng.randint(0, count), {"id": "other", "residual": True})
    return seats


# ---------------------------------------------------------------- the company

def make_segments(rng, horizon, seats, with_chair, low_margin):
    count = rng.randint(1, 4)
    segments = []
    for i in range(count):
        segment = {"id": f"segment-{i}"}
        kind = rng.choice(("seat", "base", "values") if seats else ("base", "values"))
        if i == 0 and seats:
            kind = "seat"
        if kind == "seat":
            segment["seat"] = rng.choice(seats)["id"]
            if rng.random() < 0.6:
                segment["capture"] = make_path(rng, 1, horizon, 0.3, 1.1)
        elif kind == "base":
            segment["base"] = round(rng.uniform(500, 40000))
            segment["growth"] = make_path(rng, 1, horizon, -0.1, 0.35)
        else:
            segment["values"] = [round(rng.uniform(500, 60000), 1) for _ in range(horizon)]
        segment["margin"] = make_path(rng, 1, horizon, low_margin, 0.45)
        if with_chair and (i == 0 or rng.random() < 0.3):
            segment["chair"] = True
        segments.append(segment)
    return segments


def make_operations(rng, horizon, needs_depreciation):
    operations = {"base_revenue": round(rng.uniform(1000, 60000)), "tax": {}}
    if rng.random() < 0.6:
        operations["corporate_cost"] = make_path(rng, 1, horizon, 0.0, 0.06)
    operations["tax"]["rate"] = make_path(rng, 1, horizon, 0.08, 0.3)
    if rng.random() < 0.5:
        operations["tax"]["nol"] = round(rng.uniform(0, 30000))
    if rng.random() < 0.3:
        operations["tax"]["nol_limit"] = rng.choice((0.5, 0.8, 1))
    if needs_depreciation or rng.random() < 0.5:
        parts = {"capex": make_path(rng, 1, horizon, 0.01, 0.1),
                 "depreciation": make_path(rng, 1, horizon, 0.01, 0.08),
                 "working_capital": make_path(rng, 1, horizon, -0.1, 0.3)}
        for name in list(parts):
            if rng.random() < 0.15 and not (needs_depreciation and name == "depreciation"):
                del parts[name]
        operations["reinvestment"] = parts if parts else {"capex": 0.03}
    else:
        operations["reinvestment"] = {"sales_to_capital": make_path(rng, 1, horizon, 0.5, 4.0)}
        lag = rng.randint(0, 3)
        if lag or rng.random() < 0.3:
            operations["reinvestment"]["lag"] = lag
    if rng.random() < 0.4:
        operations["sbc"] = {"share_of_revenue": make_path(rng, 1, horizon, 0.01, 0.1)}
        if rng.random() < 0.7:
            operations["sbc"]["treatment"] = rng.choice(("expense", "addback"))
    return operations


def make_capm(rng):
    capm = {"risk_free": number(rng, 0.03, 0.05), "erp": number(rng, 0.04, 0.06),
            "beta_unlevered": number(rng, 0.8, 1.6)}
    if rng.random() < 0.6:
        capm.update(debt_to_value=number(rng, 0.0, 0.4), cost_of_debt=number(rng, 0.04, 0.07),
                    tax=number(rng, 0.1, 0.3))
    if rng.random() < 0.3:
        capm["premium"] = number(rng, 0.0, 0.02)
    return capm


def make_terminal(rng, method):
    terminal = {"method": method}
    roll = rng.random()
    if roll < 0.4:
        terminal["wacc"] = number(rng, 0.07, 0.12)
    elif roll < 0.6:
        terminal["capm"] = make_capm(rng)
    if method != "exit_multiple" or rng.random() < 0.5:
        terminal["growth"] = round(rng.uniform(-0.01, 0.04), 3)
    if method == "value_driver":
        terminal["ronic"] = number(rng, 0.08, 0.4)
    elif method == "h_model":
        terminal["half_life"] = number(rng, 0.5, 6.0)
        terminal["growth_start"] = number(rng, 0.02, 0.15)
    elif method == "exit_multiple":
        terminal["metric"] = rng.choice(METRICS)
        terminal["multiple"] = number(rng, 2.0, 25.0)
    if rng.random() < 0.3:
        terminal["tax_rate"] = number(rng, 0.15, 0.27)
    return terminal


# ---------------------------------------------------------------- claims on the equity

def make_dilution(rng, guess):
    """Options and warrants about a guess of the share value; thresholds both sides of it."""
    dilution = {"basic": round(rng.uniform(200, 3000), 1)}
    if rng.random() < 0.6:
        dilution["rsu"] = round(rng.uniform(0, 60), 1)
    if rng.random() < 0.6:
        dilution["options"] = [
            {"count": round(rng.uniform(1, 80), 2), "strike": max(0.01, round(guess * rng.uniform(0.1, 1.8), 2)),
             "years": number(rng, 0.5, 8.0), "volatility": number(rng, 0.2, 0.7),
             "rate": number(rng, 0.0, 0.05)} for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.5:
        dilution["warrants"] = []
        for _ in range(rng.randint(1, 4)):
            warrant = {"holder": rng.choice(("a", "b")), "count": round(rng.uniform(5, 150), 2),
                       "strike": rng.choice((0.01, max(0.01, round(guess * rng.uniform(0.2, 1.5), 2))))}
            if rng.random() < 0.7:
                warrant["probability"] = number(rng, 0.1, 1.0)
            if rng.random() < 0.7:
                warrant["threshold"] = round(guess * rng.uniform(0.5, 1.6), 1)
            dilution["warrants"].append(warrant)
    if "options" in dilution and rng.random() < 0.35:
        dilution["method"] = "option_value"
    elif rng.random() < 0.2:
        dilution["method"] = "treasury"
    return dilution


def make_bridge(rng, size):
    parts = ("cash", "investments", "debt", "leases", "minority", "preferred")
    return {name: round(rng.uniform(0, size), 1) for name in parts if rng.random() < 0.6}


def make_chair(rng, horizon):
    block = {"hazard": make_path(rng, 1, horizon, 0.0, 0.2), "retention": number(rng, 0.3, 0.95)}
    if rng.random() < 0.7:
        block["floor"] = number(rng, 0.0, 0.3)
    if rng.random() < 0.7:
        block["margin_loss"] = number(rng, 0.0, 0.1)
    return block


def pin_a_threshold(rng, document, worth):
    """Give one warrant a threshold just where its vesting would stop the share short of it."""
    dilution = document["dilution"]
    count = round(0.2 * dilution["basic"], 1)
    threshold = round(worth * rng.uniform(0.9, 0.97), 4)
    dilution.setdefault("warrants", []).append(
        {"holder": "c", "count": count, "strike": 0.01, "probability": 0.9, "threshold": threshold})


# ---------------------------------------------------------------- documents

def draft(rng, index):
    horizon = rng.choice((1, 2, 3, 5, 5, 7, 10, 10, 10, 15, 30))
    ended, valued = make_dates(rng)
    document = {"schema": 1, "name": f"generated {index}", "company": "TEST",
                "valuation_date": valued, "price": 100.0, "base_year_end": ended}
    if horizon != 10 or rng.random() < 0.5:
        document["horizon"] = horizon
    if rng.random() < 0.7:
        document["timing"] = rng.choice(("mid", "end"))
    if rng.random() < 0.3:
        document["fair_band"] = number(rng, 0.0, 0.3)
    seats = []
    if rng.random() < 0.75:
        document["market"] = make_market(rng, first_market_year(document), horizon)
        seats = document["seats"] = make_seats(rng, horizon)
    with_chair = rng.random() < 0.6
    document["segments"] = make_segments(rng, horizon, seats, with_chair,
                                         -0.3 if rng.random() < 0.2 else 0.05)
    method = METHODS[index % len(METHODS)]
    terminal = make_terminal(rng, method)
    document["operations"] = make_operations(rng, horizon, terminal.get("metric") == "ebitda")
    discount = make_capm(rng) if rng.random() < 0.35 else None
    document["discount"] = {"capm": discount} if discount else {"wacc": make_path(rng, 1, horizon, 0.07, 0.13)}
    document["terminal"] = terminal
    document["dilution"] = {"basic": 1000}
    if rng.random() < 0.25:
        document["failure"] = {"probability": number(rng, 0.0, 0.3), "recovery": number(rng, 0.0, 0.6)}
    if with_chair:
        document["chair"] = make_chair(rng, horizon)
    return document


def complete(rng, document):
    """Claims and price on the scale of what the company is worth."""
    held = value(document)
    document["bridge"] = make_bridge(rng, 0.2 * abs(held["enterprise_value"]) + 100.0)
    if rng.random() < 0.06:
        document["bridge"]["debt"] = round(1.5 * abs(held["enterprise_value"]) + 5000.0)    # under water
    document["dilution"] = make_dilution(rng, 1.0)
    basic = document["dilution"]["basic"]
    guess = max(1.0, held["enterprise_value"] / basic)
    document["dilution"] = dict(make_dilution(rng, guess), basic=basic)
    worth = value(document)["value_if_held"]
    if worth > 1.0 and rng.random() < 0.15:
        pin_a_threshold(rng, document, worth)
    worth = value(document)["value_per_share"]
    document["price"] = max(0.5, round(worth * rng.uniform(0.6, 1.4), 2))
    if "chair" in document and rng.random() < 0.5:
        # Between the value if held and the value if lost, so that some break-even hazard exists.
        answer = chair(document)
        held, lost = answer["value_if_held"], answer["value_if_lost"][0]["value_per_share"]
        document["price"] = max(0.5, round(lost + (held - lost) * rng.uniform(0.3, 0.95), 2))
    return document


def one_document(seed, index):
    rng = random.Random(f"{seed}:{index}")
    while True:
        document = draft(rng, index)
        try:
            document = complete(rng, document)
            if value(document)["value_if_held"] > 0.0 or rng.random() < 0.2:
                return document
        except ModelError:
            continue


def documents(seed, count):
    for index in range(count):
        yield one_document(seed, index)


# ---------------------------------------------------------------- documents with a fault

def late(rng, document):
    ended = datetime.date.fromisoformat(document["base_year_end"])
    days = rng.choice((-1, (anniversary(ended, 1) - ended).days, 700))
    document["valuation_date"] = (ended + datetime.timedelta(days=days)).isoformat()


def wrong_market_year(rng, document):
    document["market"]["base_year"] += rng.choice((-1, 1))


def crowded(rng, document):
    document["seats"] = [{"id": s["id"], "training": 0.7, "inference": 0.3} for s in document["seats"]]
    document["seats"].append({"id": "one-too-many", "training": 0.2, "inference": 0.71})


def growth_too_high(rng, document):
    document["terminal"].update(method="gordon", wacc=0.05, growth=rng.choice((0.05, 0.08)))
    document["terminal"].pop("capm", None)
    for name in ("ronic", "half_life", "growth_start", "multiple", "metric"):
        document["terminal"].pop(name, None)


def crossing_zero(rng, document):
    document["operations"]["tax"]["rate"] = {"start": 0.0, "end": 0.2, "shape": "geometric"}


FAULTS = ((late, "stale_base_year"), (wrong_market_year, "market_base_year_mismatch"),
          (crowded, "shares_exceed_one"), (growth_too_high, "growth_not_below_discount_rate"),
          (crossing_zero, "bad_path"))


def invalid_documents(seed, count):
    """(document, fault code)."""
    for index in range(count):
        spoil, code = FAULTS[index % len(FAULTS)]
        rng = random.Random(f"{seed}:invalid:{index}")
        attempt = 0
        while True:
            document = one_document(f"{seed}:invalid", 1000 * index + attempt)
            attempt += 1
            if "market" in document and document.get("horizon", 10) > 1:
                break
        spoil(rng, document)
        yield document, code


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seed")
    parser.add_argument("count", type=int)
    parser.add_argument("--invalid", action="store_true")
    arguments = parser.parse_args()
    if arguments.invalid:
        made = (document for document, _ in invalid_documents(arguments.seed, arguments.count))
    else:
        made = documents(arguments.seed, arguments.count)
    for document in made:
        print(json.dumps(document))


if __name__ == "__main__":
    main()
