"""An independent, slow and plain statement of questions of MODEL.md, section 9: Returns, Comparison, Implied, and
of Sensitivity the tornado, the grid and the Sobol indices, on top of model.py's valuation.

Where the page leaves a choice, this is what is taken:

  dates        The flow of year y is paid where its DF_y lies: s/2 or s after the valuation date in year 1, half a
               year before e_y or at e_y later. t is the sum of the lengths of the discounting, s + H - 1, so that
               the property of the page holds to the last digit.
  carried TV   A terminal value discounted by a mid-year DF_H is carried forward by DF_H / DF^e_H: half of the last
               year's length, which is s/2 where the horizon is one year.
  failure      EV' = EV (1 - p + p r): the factor goes with each flow and with the terminal value.
  shares       basic (1 + net_share_growth)^t; rsu, options and warrants stay as they are, with the options' years.
  path         At e_y: net cash, and what is still to come discounted to e_y by the same factors.
  expected     Over the branches as seen from the valuation date, in every year of the path.
"""

import itertools
import json
import math

import model

GROUPS = {"market": ("market",), "inference_share": (), "seats": ("seats",), "segments": ("segments",),
          "operations": ("operations",), "discount": ("discount",), "terminal": ("terminal",),
          "bridge": ("bridge", "dilution", "failure"), "chair": ("chair",),
          "timing": ("valuation_date", "base_year_end", "timing")}


# ---------------------------------------------------------------- returns

def year_ends(document):
    """{y: years from the valuation date to e_y}, 0 for the valuation date itself."""
    horizon = document.get("horizon", 10)
    return {0: 0.0, **{y: model.stub(document) + y - 1 for y in range(1, horizon + 1)}}


def flow_dates(document):
    """{y: years from the valuation date to where the flow of year y is paid}."""
    ends = year_ends(document)
    part = 0.5 if document.get("timing", "mid") == "mid" else 1.0
    return {y: ends[y - 1] + part * (ends[y] - ends[y - 1]) for y in ends if y > 0}


def end_factors(document):
    """{y: DF^e_y}."""
    ends, (rates, _) = year_ends(document), model.discount_rates(document)
    factors = {0: 1.0}
    for y, rate in rates.items():
        factors[y] = factors[y - 1] * (1.0 + rate) ** -(ends[y] - ends[y - 1])
    return factors


def look_back(document, branch, rate):
    """([value per share at e_y], [net cash at e_y], [sum of the sizes of what either is made of]) of a branch."""
    failure, returns = document.get("failure", {}), document.get("returns", {})
    p, r = failure.get("probability", 0.0), failure.get("recovery", 0.0)
    kept = 1.0 - p + p * r
    ends, dates, to_end = year_ends(document), flow_dates(document), end_factors(document)
    factors, _ = model.discount_factors(document)
    last, stub = max(ends), model.stub(document)
    flows = {y: kept * flow * (stub if y == 1 else 1.0) for y, flow in branch["flows"]["fcff"].items()}
    exit_multiple = document["terminal"]["method"] == "exit_multiple"
    terminal = kept * branch["terminal_value"] * (to_end[last] if exit_multiple else factors[last])
    opening = model.equity_value(document, 0.0)
    values, cash, sizes = [], [], []
    for y, now in ends.items():
        parts = [opening * (1.0 + rate) ** now]
        parts += [flows[k] * (1.0 + rate) ** (now - dates[k]) for k in flows if k <= y]
        to_come = [flows[k] * factors[k] / to_end[y] for k in flows if k > y] + [terminal / to_end[y]]
        dilution = dict(document["dilution"])
        dilution["basic"] = dilution["basic"] * (1.0 + returns.get("net_share_growth", 0.0)) ** now
        cash.append(math.fsum(parts))
        values.append(model.share_value(dilution, math.fsum(parts + to_come))["value_per_share"])
        sizes.append(math.fsum(map(abs, parts + to_come)))
    return values, cash, sizes


def earned(value, price, years, target):
    return {"horizon_value_per_share": value, "multiple_of_money": value / price,
            "annual_return": (value / price) ** (1.0 / years) - 1.0,
            "price_for_target": None if target is None else value / (1.0 + target) ** years}


def returns(document, price=None, reinvestment_rate=None, target_return=None):
    """The `returns` answer."""
    price = document["price"] if price is None else price
    rate = reinvestment_rate
    if rate is None:
        rate = document.get("returns", {}).get("reinvestment_rate", 0.0)
    held, lost, _, _ = model.branches(document)
    years = year_ends(document)[document.get("horizon", 10)]
    held_values, held_cash, sizes = look_back(document, held, rate)
    looks = {tau: look_back(document, branch, rate) for tau, branch in lost.items()}
    hazard = model.hazards(document)

    def expected(which, of_held):
        if not looks:
            return of_held
        return [model.expected_value(hazard, {tau: look[which][y] for tau, look in looks.items()}, figure)
                for y, figure in enumerate(of_held)]

    values, cash = expected(0, held_values), expected(1, held_cash)
    return {"price": price, "years": years, "reinvestment_rate": rate, "target_return": target_return,
            **earned(values[-1], price, years, target_return),
            "held": earned(held_values[-1], price, years, target_return), "sizes": sizes,
            "path": [{"year": y, "value_per_share": values[y], "net_cash": cash[y],
                      "value_if_held": held_values[y], "net_cash_if_held": held_cash[y]}
                     for y in range(len(values))]}


# ---------------------------------------------------------------- comparison

def exchange(a, b, groups):
    """a, with these groups as they are in b."""
    mixture = json.loads(json.dumps(a))
    for name in itertools.chain.from_iterable(GROUPS[group] for group in groups):
        mixture.pop(name, None)
        if name in b:
            mixture[name] = json.loads(json.dumps(b[name]))
    if "market" in mixture:
        share = (b if "inference_share" in groups else a).get("market", {}).get("inference_share")
        mixture["market"].pop("inference_share", None)
        if share is not None:
            mixture["market"]["inference_share"] = share
    return mixture


def comparison(a, b, value=None):
    """{group: contribution}, averaged over every order of the groups that differ. ModelError: some mixture has no
    value."""
    value = value or (lambda document: model.value(document)["value_per_share"])
    differ = [group for group in GROUPS if exchange(a, b, [group]) != a]
    worth = {}

    def worth_of(groups):
        key = frozenset(groups)
        if key not in worth:
            worth[key] = value(exchange(a, b, key))
        return worth[key]

    for size in range(len(differ) + 1):                 # all of them: none may fail
        for groups in itertools.combinations(differ, size):
            worth_of(groups)
    total = {group: [] for group in GROUPS}
    orders = list(itertools.permutations(differ))
    for order in orders:
        for place, group in enumerate(order):
            total[group].append(worth_of(order[:place + 1]) - worth_of(order[:place]))
    return {group: math.fsum(parts) / len(orders) if parts else 0.0 for group, parts in total.items()}


# ---------------------------------------------------------------- implied

def moved(document, pointer, x):
    """The document with the driver at the pointer at x."""
    copy = json.loads(json.dumps(document))
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    node = copy
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    node[int(last) if isinstance(node, list) else last] = x
    return copy


def value_at(document, pointer, x):
    """The headline value with the driver at x; None outside the model's domain."""
    try:
        return model.value(moved(document, pointer, x))["value_per_share"]
    except (model.ModelError, OverflowError, ZeroDivisionError):
        return None


def implied(document, pointer, low, high, price, points):
    """(roots by bisection, [(x, v or None) of the scan])."""
    scan = [low + (high - low) * i / (points - 1) for i in range(points - 1)] + [high]
    scan = [(x, value_at(document, pointer, x)) for x in scan]
    roots = []
    for (a, at_a), (b, at_b) in zip(scan, scan[1:]):
        if at_a is None or at_b is None:
            continue
        if at_a == price:
            roots.append(a)
        elif (at_a < price) != (at_b < price) and at_b != price:
            for _ in range(100):
                middle = 0.5 * (a + b)
                found = value_at(document, pointer, middle)
                if found is None:
                    break
                if (found < price) == (at_a < price):
                    a = middle
                else:
                    b = middle
            roots.append(0.5 * (a + b))
    if scan[-1][1] == price:
        roots.append(scan[-1][0])
    return roots, scan


# ---------------------------------------------------------------- sensitivity

def point(document, moves):
    """(headline value, None) with each driver of {pointer: number} moved, or (None, why there is none)."""
    for pointer, x in moves.items():
        document = moved(document, pointer, x)
    try:
        return model.value(document)["value_per_share"], None
    except model.ModelError as error:
        return None, error.code
    except (OverflowError, ZeroDivisionError):
        return None, "not_computable"


def grid(document, x_pointer, xs, y_pointer=None, ys=()):
    """[[(value, reason) at each x] for each y]; one row without y."""
    rows = [{y_pointer: y} for y in ys] if y_pointer else [{}]
    return [[point(document, {x_pointer: x, **row}) for x in xs] for row in rows]


def tornado(document, swings):
    """{pointer: ((value, reason) at low, (value, reason) at high)} of [(pointer, low, high)], each moved alone."""
    return {pointer: (point(document, {pointer: low}), point(document, {pointer: high}))
            for pointer, low, high in swings}


def gauss_legendre(count):
    """[(node, weight)] on (0, 1), the weights summing to 1."""
    nodes = []
    for i in range(count):
        x = math.cos(math.pi * (i + 0.75) / (count + 0.5))
        for _ in range(100):                            # Newton on the Legendre polynomial
            before, value = 1.0, x
            for n in range(2, count + 1):
                before, value = value, ((2 * n - 1) * x * value - (n - 1) * before) / n
            slope = count * (x * value - before) / (x * x - 1.0)
            x -= value / slope
        nodes.append((0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope)))
    return nodes


def sobol_indices(document, x, y, nodes=8):
    """((first order, total) of x, the same of y, mean, variance) of the value, x and y being (pointer, low, high) that
    vary evenly and independently: by quadrature, no sampling. None where a point has no value."""
    rule = gauss_legendre(nodes)
    at_x, at_y = ([low + (high - low) * u for u, _ in rule] for _, low, high in (x, y))
    rows = grid(document, x[0], at_x, y[0], at_y)
    if any(value is None for row in rows for value, _ in row):
        return None
    weights = [weight for _, weight in rule]

    def mean(values):
        return math.fsum(weight * value for weight, value in zip(weights, values))

    by_y = [mean([value for value, _ in row]) for row in rows]
    by_x = [mean([row[i][0] for row in rows]) for i in range(nodes)]
    centre = mean(by_y)
    variance = mean([mean([(value - centre) ** 2 for value, _ in row]) for row in rows])
    if variance <= 1e-18 * centre * centre:
        return None
    of_x, of_y = (mean([(value - centre) ** 2 for value in means]) / variance for means in (by_x, by_y))
    return (of_x, 1.0 - of_y), (of_y, 1.0 - of_x), centre, variance
