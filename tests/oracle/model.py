"""An independent, slow and plain statement of the valuation model, sections 1 to 8 of MODEL.md.

It exists to be compared with: every figure of the service is held against it to 1e-9 relative.
Only the standard library is used, and nothing is optimised.  Documents are taken to be valid in
form; only faults of the model's domain are raised, as ModelError with the service's fault codes.

Where the page leaves a choice, the most literal reading is taken:

  paths        `from` == `to` is a step: start up to and including that year, end after it.
               `from` > `to`, or a geometric path whose ends are not of one sign, is `bad_path`.
  market       `training.growth` and `inference.growth` start at year 1, as `growth` does.
               The others' shares may pass 1 by 1e-12 (rounding) before `shares_exceed_one`.
               The base-year check is made whenever the document has a market.
  free ceiling lies in (max of all values and lower bounds, 1]: a `high` at or over the ceiling is no
               bound, so the ceiling may well lie under it.  A ceiling on 1 is `identified: false`,
               counts in the AIC, and is held fixed in the covariance.
  singular     information whose least Cholesky pivot, scaled to a unit diagonal, is under 1e-10.
  bands        logit(theta) is that of theta itself, not of the normalised share.
  residuals    z - m on the logit scale; of a range, the signed distance outside it (0 inside).
  reinvestment each branch of section 8 has its own revenue beyond H, at the same terminal growth.
  terminal     `growth_not_below_discount_rate` holds for all four methods, exit multiples included.
               `nopat` is NOPAT_H of section 6 (with the NOL); `ebitda` is EBIT_H + depreciation_H
               and needs the capex form (`conflict`).  `value_driver` does not add SBC back.
  enterprise   `enterprise_value` is EV before failure; `terminal_share` is its part of that EV.
  dilution     In S of `option_value`, sum n runs over the options, not over the warrants.
               `diluted_shares` is N(v) = vN(v)/v of the rule that was solved (options left out under
               `option_value`, where their value was taken off), basic + rsu where v = 0.
               Outside a pin and under `treasury` it equals Equity / v.
  years        `nol` is the balance at the end of the year; `margin` is EBIT / revenue;
               `calendar_year` is the market year m(y); `pv` of year 1 counts its stub only.
  chair        Chair value in total is Equity(never) - Equity(1), either of which may be negative.
               Of several break-even factors the least is taken (the highest probability of holding).
"""

import datetime
import functools
import json
import math
from statistics import NormalDist

import curve_fit

SHARE_TOLERANCE = 1e-12


class ModelError(Exception):
    """The document is outside the domain of the model."""

    def __init__(self, code, pointer, detail):
        super().__init__(f"{code} at {pointer or '(document)'}: {detail}")
        self.code, self.pointer, self.detail = code, pointer, detail


# ---------------------------------------------------------------- section 1: dates and paths

def anniversary(date, years):
    """The same month and day `years` later; 29 February becomes 28 February."""
    try:
        return date.replace(year=date.year + years)
    except ValueError:
        return date.replace(year=date.year + years, day=28)


def stub(document):
    """s: the part of fiscal year 1 that is still to come."""
    valued = datetime.date.fromisoformat(document["valuation_date"])
    ended = datetime.date.fromisoformat(document["base_year_end"])
    next_end = anniversary(ended, 1)
    if not ended <= valued < next_end:
        raise ModelError("stale_base_year", "/valuation_date",
                         f"{valued} is not within the year after {ended}")
    return min(1.0, (next_end - valued).days / 365.0)


def first_market_year(document):
    """m(0): the calendar year that holds the midpoint of fiscal year 0."""
    ended = datetime.date.fromisoformat(document["base_year_end"])
    return (ended - datetime.timedelta(days=182)).year


def logistic_step(u):
    return 1.0 / (1.0 + math.exp(-10.0 * (u - 0.5)))


def path(specification, first, horizon, pointer, default_from=None):
    """{year: value} for the years first..horizon."""
    years = range(first, horizon + 1)
    if isinstance(specification, (int, float)):
        return {y: float(specification) for y in years}
    if isinstance(specification, list):
        if len(specification) != len(years):
            raise ModelError("wrong_length", pointer, f"needs {len(years)} entries")
        return {y: float(v) for y, v in zip(years, specification)}
    start, end = specification["start"], specification["end"]
    i = specification.get("from", first if default_from is None else default_from)
    j = specification.get("to", horizon)
    shape = specification.get("shape", "linear")
    if i > j:
        raise ModelError("bad_path", pointer, "`from` is after `to`")
    if shape == "geometric" and not start * end > 0.0:
        raise ModelError("bad_path", pointer, "the ends of a geometric path must have one sign")

    def at(y):
        if y <= i:
            return float(start)
        if y >= j:
            return float(end)
        u = (y - i) / (j - i)
        if shape == "geometric":
            return start * (end / start) ** u
        if shape == "logistic":
            low, high = logistic_step(0.0), logistic_step(1.0)
            return start + (end - start) * (logistic_step(u) - low) / (high - low)
        return start + (end - start) * u

    return {y: at(y) for y in years}


# ---------------------------------------------------------------- section 3: the inference share

def pchip_end_slope(h0, h1, d0, d1):
    """The one-sided three-point slope, limited so that the shape is kept."""
    slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if slope * d0 <= 0.0:
        return 0.0
    if d0 * d1 <= 0.0 and abs(slope) > 3.0 * abs(d0):
        return 3.0 * d0
    return slope


def pchip_slopes(xs, ys):
    n = len(xs)
    h = [xs[i + 1] - xs[i] for i in range(n - 1)]
    d = [(ys[i + 1] - ys[i]) / h[i] for i in range(n - 1)]
    if n == 2:
        return [d[0], d[0]]
    slopes = [0.0] * n
    for i in range(1, n - 1):
        if d[i - 1] * d[i] > 0.0:
            w1, w2 = 2.0 * h[i] + h[i - 1], h[i] + 2.0 * h[i - 1]
            slopes[i] = (w1 + w2) / (w1 / d[i - 1] + w2 / d[i])
    slopes[0] = pchip_end_slope(h[0], h[1], d[0], d[1])
    slopes[-1] = pchip_end_slope(h[-1], h[-2], d[-1], d[-2])
    return slopes


def pchip_value(points, x):
    points = sorted(points)
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    if x <= xs[0]:
        return float(ys[0])
    if x >= xs[-1]:
        return float(ys[-1])
    slopes = pchip_slopes(xs, ys)
    i = max(j for j in range(len(xs) - 1) if xs[j] <= x)
    h = xs[i + 1] - xs[i]
    t = (x - xs[i]) / h
    return ((2 * t ** 3 - 3 * t ** 2 + 1) * ys[i] + (t ** 3 - 2 * t ** 2 + t) * h * slopes[i]
            + (3 * t ** 2 - 2 * t ** 3) * ys[i + 1] + (t ** 3 - t ** 2) * h * slopes[i + 1])


def fit_of(share):
    """The maximum-likelihood fit, or None for a curve that is given."""
    if "observations" not in share:
        return None
    return fit_once(json.dumps(share))


@functools.lru_cache(maxsize=1000)
def fit_once(text):
    """One document asks for its fit many times."""
    try:
        return curve_fit.fit_curve(json.loads(text))
    except curve_fit.FitError as error:
        raise ModelError("fit_failed", "/market/inference_share", str(error)) from error


def inference_share_by_year(share, fit, base_year, last, horizon):
    """{y: theta} for y = 0..last; a path says nothing beyond the horizon."""
    years = range(last + 1)
    if "path" in share:
        known = path(share["path"], 0, horizon, "/market/inference_share/path")
        return {y: known[y] for y in years}
    if share["curve"] == "pchip":
        return {y: pchip_value(share["points"], base_year + y) for y in years}
    return {y: curve_fit.curve_value(fit or share, base_year + y) for y in years}


# ---------------------------------------------------------------- section 2: the market

def compound(base, growth, last):
    """{y: base x prod(1 + growth)} for y = 0..last."""
    values = {0: float(base)}
    for y in range(1, last + 1):
        values[y] = values[y - 1] * (1.0 + growth[y])
    return values


def market_figures(document):
    """Training and inference spend, theta and kappa by fiscal year number 0..H."""
    market, horizon = document["market"], document.get("horizon", 10)
    base_year = first_market_year(document)
    if market["base_year"] != base_year:
        raise ModelError("market_base_year_mismatch", "/market/base_year",
                         f"{market['base_year']} should be {base_year}")
    years = range(horizon + 1)
    fit = None
    if "training" in market:
        def flow(name):
            growth = path(market[name]["growth"], 1, horizon, f"/market/{name}/growth")
            return compound(market[name]["base"], growth, horizon)
        training, inference = flow("training"), flow("inference")
        theta = {y: inference[y] / (training[y] + inference[y]) for y in years}
    else:
        growth = path(market["growth"], 1, horizon, "/market/growth")
        spend = compound(market["total_spend"], growth, horizon)
        fit = fit_of(market["inference_share"])
        theta = inference_share_by_year(market["inference_share"], fit, base_year, horizon, horizon)
        inference = {y: theta[y] * spend[y] for y in years}
        training = {y: (1.0 - theta[y]) * spend[y] for y in years}
    kappa = path(market.get("silicon_content", 1), 0, horizon, "/market/silicon_content")
    return {"base_year": base_year, "training": training, "inference": inference,
            "theta": theta, "kappa": kappa, "fit": fit}


# ---------------------------------------------------------------- section 4: the seats

def seat_shares(document):
    """{id: {"training": {y: share}, "inference": {y: share}}}, the residual seat included."""
    seats, horizon = document.get("seats", []), document.get("horizon", 10)
    shares = {}
    for index, seat in enumerate(seats):
        if not seat.get("residual"):
            shares[seat["id"]] = {w: path(seat[w], 0, horizon, f"/seats/{index}/{w}")
                                  for w in ("training", "inference")}
    left = {}
    for workload in ("training", "inference"):
        left[workload] = {}
        for y in range(horizon + 1):
            taken = math.fsum(s[workload][y] for s in shares.values())
            if taken > 1.0 + SHARE_TOLERANCE:
                raise ModelError("shares_exceed_one", "/seats",
                                 f"the {workload} shares of year {y} add up to {taken}")
            left[workload][y] = max(0.0, 1.0 - taken)
    for seat in seats:
        if seat.get("residual"):
            shares[seat["id"]] = left
    return shares


def seat_revenues(document, market):
    """{id: {y: R}}."""
    return {seat: {y: market["kappa"][y] * (share["training"][y] * market["training"][y]
                                            + share["inference"][y] * market["inference"][y])
                   for y in market["theta"]}
            for seat, share in seat_shares(document).items()}


# ---------------------------------------------------------------- section 5: the segments

def segment_revenue(segment, index, seats, horizon):
    """{y: revenue} for y = 1..H."""
    pointer, years = f"/segments/{index}", range(1, horizon + 1)
    if "seat" in segment:
        if segment["seat"] not in seats:
            raise ModelError("unknown_seat", pointer + "/seat", f"there is no seat {segment['seat']}")
        capture = path(segment.get("capture", 1), 1, horizon, pointer + "/capture")
        return {y: capture[y] * seats[segment["seat"]][y] for y in years}
    if "base" in segment:
        growth = path(segment["growth"], 1, horizon, pointer + "/growth")
        return {y: v for y, v in compound(segment["base"], growth, horizon).items() if y > 0}
    return path(segment["values"], 1, horizon, pointer + "/values")


def segments_of(document):
    """[(id, stands on the chair, {y: revenue}, {y: margin})], and the market's figures or None."""
    horizon = document.get("horizon", 10)
    market = market_figures(document) if "market" in document else None
    seats = seat_revenues(document, market) if market and "seats" in document else {}
    segments = [(s["id"], s.get("chair", False), segment_revenue(s, i, seats, horizon),
                 path(s["margin"], 1, horizon, f"/segments/{i}/margin"))
                for i, s in enumerate(document["segments"])]
    return segments, market


def lost_segments(segments, chair, tau):
    """The segments if the chair is lost at the start of year tau."""
    floor, retention = chair.get("floor", 0.0), chair["retention"]
    loss = chair.get("margin_loss", 0.0)

    def kept(y):
        return floor + (1.0 - floor) * retention ** (y - tau + 1) if y >= tau else 1.0

    return [(name, True, {y: v * kept(y) for y, v in revenue.items()},
             {y: v - (loss if y >= tau else 0.0) for y, v in margin.items()}) if on_chair
            else (name, on_chair, revenue, margin)
            for name, on_chair, revenue, margin in segments]


# ---------------------------------------------------------------- section 6: free cash flow

def taxes(ebit, rate, balance, limit):
    """{y: tax} and {y: NOL at the end of the year}."""
    tax, nol = {}, {}
    for y in ebit:
        if ebit[y] < 0.0:
            tax[y] = 0.0
            balance += -ebit[y]
        else:
            used = min(balance, limit * ebit[y])
            tax[y] = rate[y] * (ebit[y] - used)
            balance -= used
        nol[y] = balance
    return tax, nol


def reinvestments(document, revenue, horizon):
    """{y: reinvestment} and {y: depreciation} (None in the sales-to-capital form)."""
    form = document["operations"]["reinvestment"]
    pointer = "/operations/reinvestment"
    level = {0: float(document["operations"]["base_revenue"]), **revenue}
    years = range(1, horizon + 1)
    if "sales_to_capital" in form:
        ratio = path(form["sales_to_capital"], 1, horizon, pointer + "/sales_to_capital")
        lag, growth = form.get("lag", 0), document["terminal"].get("growth", 0.0)
        for y in range(horizon + 1, horizon + lag + 1):
            level[y] = level[y - 1] * (1.0 + growth)
        return {y: max(0.0, level[y + lag] - level[y + lag - 1]) / ratio[y] for y in years}, None
    part = {name: path(form.get(name, 0), 1, horizon, f"{pointer}/{name}")
            for name in ("capex", "depreciation", "working_capital")}
    depreciation = {y: part["depreciation"][y] * level[y] for y in years}
    return {y: part["capex"][y] * level[y] - depreciation[y]
            + part["working_capital"][y] * (level[y] - level[y - 1]) for y in years}, depreciation


def cash_flows(document, segments):
    """Every line of section 6, each {y: figure}."""
    operations, horizon = document["operations"], document.get("horizon", 10)
    years = range(1, horizon + 1)
    revenue = {y: math.fsum(s[2][y] for s in segments) for y in years}
    corporate = path(operations.get("corporate_cost", 0), 1, horizon, "/operations/corporate_cost")
    ebit = {y: math.fsum([s[2][y] * s[3][y] for s in segments] + [-corporate[y] * revenue[y]])
            for y in years}
    rate = path(operations["tax"]["rate"], 1, horizon, "/operations/tax/rate")
    tax, nol = taxes(ebit, rate, operations["tax"].get("nol", 0.0),
                     operations["tax"].get("nol_limit", 0.8))
    reinvestment, depreciation = reinvestments(document, revenue, horizon)
    added_back = {y: 0.0 for y in years}
    sbc = operations.get("sbc")
    if sbc and sbc.get("treatment", "expense") == "addback":
        part = path(sbc["share_of_revenue"], 1, horizon, "/operations/sbc/share_of_revenue")
        added_back = {y: part[y] * revenue[y] for y in years}
    nopat = {y: ebit[y] - tax[y] for y in years}
    return {"revenue": revenue, "ebit": ebit, "tax_rate": rate, "tax": tax, "nol": nol, "nopat": nopat,
            "reinvestment": reinvestment, "depreciation": depreciation, "sbc": added_back,
            "fcff": {y: nopat[y] - reinvestment[y] + added_back[y] for y in years}}


# ---------------------------------------------------------------- section 7: discounting and terminal value

def levered_beta(unlevered, tax, debt_to_equity):
    return unlevered * (1.0 + (1.0 - tax) * debt_to_equity)


def capm_rate(capm):
    weight = capm.get("debt_to_value", 0.0)
    tax = capm.get("tax", 0.0)
    levered = levered_beta(capm["beta_unlevered"], tax, weight / (1.0 - weight))
    equity_cost = capm["risk_free"] + levered * capm["erp"] + capm.get("premium", 0.0)
    return equity_cost * (1.0 - weight) + capm.get("cost_of_debt", 0.0) * (1.0 - tax) * weight


def discount_rates(document):
    """{y: w_y} and w_T."""
    discount, terminal, horizon = document["discount"], document["terminal"], document.get("horizon", 10)
    if "capm" in discount:
        rates = {y: capm_rate(discount["capm"]) for y in range(1, horizon + 1)}
    else:
        rates = path(discount["wacc"], 1, horizon, "/discount/wacc")
    if "capm" in terminal:
        return rates, capm_rate(terminal["capm"])
    return rates, terminal.get("wacc", rates[horizon])


def discount_factors(document):
    """{y: DF_y} by the document's timing, and DF^e_H."""
    rates, _ = discount_rates(document)
    to_year_end, factors = {0: 1.0}, {}
    for y, rate in rates.items():
        length = stub(document) if y == 1 else 1.0
        to_year_end[y] = to_year_end[y - 1] * (1.0 + rate) ** -length
        middle = to_year_end[y - 1] * (1.0 + rate) ** (-length / 2.0)
        factors[y] = middle if document.get("timing", "mid") == "mid" else to_year_end[y]
    return factors, to_year_end[max(rates)]


def terminal_growth(document):
    return document["terminal"].get("growth", 0.0)


def terminal_value(document, flows):
    """TV, undiscounted."""
    terminal, last = document["terminal"], document.get("horizon", 10)
    growth, (_, rate) = terminal_growth(document), discount_rates(document)
    if not rate > growth:
        raise ModelError("growth_not_below_discount_rate", "/terminal/growth",
                         f"growth {growth} is not below the terminal rate {rate}")
    ebit = flows["ebit"][last]
    tax_rate = terminal.get("tax_rate", flows["tax_rate"][last])
    nopat = ebit - tax_rate * max(0.0, ebit)
    fcff = nopat - flows["reinvestment"][last] + flows["sbc"][last]
    method = terminal["method"]
    if method == "gordon":
        return fcff * (1.0 + growth) / (rate - growth)
    if method == "value_driver":
        return nopat * (1.0 + growth) * (1.0 - growth / terminal["ronic"]) / (rate - growth)
    if method == "h_model":
        extra = terminal["half_life"] * (terminal["growth_start"] - growth)
        return fcff * ((1.0 + growth) + extra) / (rate - growth)
    metric = terminal["metric"]
    if metric == "ebitda":
        if flows["depreciation"] is None:
            raise ModelError("conflict", "/terminal/metric", "ebitda needs depreciation")
        return terminal["multiple"] * (ebit + flows["depreciation"][last])
    return terminal["multiple"] * flows[metric][last]


def enterprise(document, flows, terminal):
    """The present values, given the terminal value."""
    factors, end_factor = discount_factors(document)
    last = max(factors)
    pv = {y: flows["fcff"][y] * factors[y] * (stub(document) if y == 1 else 1.0) for y in factors}
    terminal_factor = end_factor if document["terminal"]["method"] == "exit_multiple" else factors[last]
    forecast = math.fsum(pv.values())
    return {"pv": pv, "factors": factors, "pv_forecast": forecast,
            "pv_terminal": terminal * terminal_factor, "terminal_value": terminal,
            "enterprise_value": forecast + terminal * terminal_factor}


def equity_value(document, enterprise_value):
    failure, bridge = document.get("failure", {}), document.get("bridge", {})
    p, r = failure.get("probability", 0.0), failure.get("recovery", 0.0)
    added = [bridge.get(name, 0.0) for name in ("cash", "investments")]
    taken = [-bridge.get(name, 0.0) for name in ("debt", "leases", "minority", "preferred")]
    return math.fsum([enterprise_value * (1.0 - p + p * r)] + added + taken)


# ---------------------------------------------------------------- section 7: dilution

def black_scholes_call(spot, strike, years, volatility, rate):
    if spot <= 0.0:
        return 0.0
    discounted = strike * math.exp(-rate * years)
    spread = volatility * math.sqrt(years)
    if spread == 0.0 or strike == 0.0:
        return max(0.0, spot - discounted)
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility ** 2) * years) / spread
    return spot * curve_fit.normal_cdf(d1) - discounted * curve_fit.normal_cdf(d1 - spread)


def option_value(dilution, equity):
    """Black-Scholes value of the options on the diluted share."""
    options = dilution.get("options", [])
    shares = dilution["basic"] + dilution.get("rsu", 0.0) + math.fsum(o["count"] for o in options)
    spot = max(0.0, equity) / shares
    return math.fsum(o["count"] * black_scholes_call(spot, o["strike"], o["years"],
                                                     o["volatility"], o["rate"]) for o in options)


def claims_of(dilution):
    """[(count, strike, threshold)] of all that the treasury rule solves for."""
    claims = [(w["count"] * w.get("probability", 1.0), w["strike"], w.get("threshold", 0.0))
              for w in dilution.get("warrants", [])]
    if dilution.get("method", "treasury") == "treasury":
        claims += [(o["count"], o["strike"], 0.0) for o in dilution.get("options", [])]
    return claims


def claim_on_equity(v, shares, claims, at_threshold=True):
    """v N(v); with at_threshold False the limit from below, before thresholds at v itself vest."""
    vested = [(n, k) for n, k, t in claims if v > t or (at_threshold and v == t)]
    return math.fsum([v * shares] + [n * max(0.0, v - k) for n, k in vested])


def share_value(dilution, equity):
    """The smallest v >= 0 with v N(v) >= Equity; N(v); pinned; the option value taken off."""
    shares = dilution["basic"] + dilution.get("rsu", 0.0)
    claims = claims_of(dilution)
    options = option_value(dilution, equity) if dilution.get("method") == "option_value" else 0.0
    wanted = equity - options
    v, pinned = 0.0, False
    if wanted > 0.0:
        # v N(v) is linear between these points; find the first that reaches what is wanted.
        breaks = sorted({0.0} | {k for _, k, _ in claims} | {t for _, _, t in claims})
        reached = [b for b in breaks if claim_on_equity(b, shares, claims) >= wanted]
        upper = reached[0] if reached else math.inf
        if reached and claim_on_equity(upper, shares, claims, at_threshold=False) < wanted:
            v, pinned = float(upper), True
        else:
            lower = max(b for b in breaks if b < upper)
            paying = [(n, k) for n, k, t in claims if lower >= t and lower >= k]
            v = (math.fsum([wanted] + [n * k for n, k in paying])
                 / math.fsum([shares] + [n for n, _ in paying]))
            v = min(max(v, lower), upper)
    diluted = claim_on_equity(v, shares, claims) / v if v > 0.0 else shares
    return {"value_per_share": v, "diluted_shares": diluted, "pinned_at_threshold": pinned,
            "option_value": options}


# ---------------------------------------------------------------- section 8: the chair

def branch(document, segments, tau=None, terminal=None):
    """One branch: the chair lost at the start of tau, or never.  A terminal value may be imposed."""
    if tau is not None:
        segments = lost_segments(segments, document["chair"], tau)
    flows = cash_flows(document, segments)
    worth = enterprise(document, flows, terminal_value(document, flows) if terminal is None else terminal)
    equity = equity_value(document, worth["enterprise_value"])
    result = {"segments": segments, "flows": flows, **worth, "equity_value": equity,
              **share_value(document["dilution"], equity)}
    if not all(math.isfinite(result[k]) for k in ("enterprise_value", "equity_value", "value_per_share")):
        raise ModelError("not_computable", "", "a figure is not finite")
    return result


def hazards(document):
    horizon = document.get("horizon", 10)
    if "chair" not in document:
        return {y: 0.0 for y in range(1, horizon + 1)}
    return path(document["chair"]["hazard"], 1, horizon, "/chair/hazard")


def survival(hazard):
    """{y: P(held to the end of y)} with 1 at 0."""
    held = {0: 1.0}
    for y, h in hazard.items():
        held[y] = held[y - 1] * (1.0 - h)
    return held


def loss_probabilities(hazard):
    held = survival(hazard)
    return {y: h * held[y - 1] for y, h in hazard.items()}


def expected_value(hazard, lost_values, held_value):
    """Sum of P v over the H + 1 branches."""
    lost = loss_probabilities(hazard)
    held = survival(hazard)[max(hazard)]
    return math.fsum([held * held_value] + [lost[y] * lost_values[y] for y in hazard])


def branches(document):
    """(the held branch, {tau: the branch lost in tau}, the market)."""
    stub(document)
    segments, market = segments_of(document)
    held = branch(document, segments)
    lost = {}
    if "chair" in document:
        lost = {tau: branch(document, segments, tau) for tau in hazards(document)}
    return held, lost, market, segments


def forever_value(document, segments, held, lost):
    """The third placement: the hazard of year H goes on after the horizon."""
    if document["terminal"]["method"] == "exit_multiple":
        return None
    hazard, last = hazards(document), document.get("horizon", 10)
    growth, (_, rate) = terminal_growth(document), discount_rates(document)
    after = hazard[last]
    weight = (1.0 - after) * (rate - growth) / (rate - growth + after * (1.0 + growth))
    never, gone = held["terminal_value"], lost[last]["terminal_value"]
    mixed = branch(document, segments, terminal=gone + (never - gone) * weight)
    return expected_value(hazard, {y: b["value_per_share"] for y, b in lost.items()},
                          mixed["value_per_share"])


def break_even(document, held, lost):
    """(hold probability at which the expected value is the price, d expected / d probability)."""
    hazard, price = hazards(document), document["price"]
    top = max(hazard.values())
    if top <= 0.0:
        return None, None
    lost_values = {y: b["value_per_share"] for y, b in lost.items()}

    def scaled(factor):
        return {y: min(1.0, factor * h) for y, h in hazard.items()}

    def excess(factor):
        return expected_value(scaled(factor), lost_values, held["value_per_share"]) - price

    def hold(factor):
        return survival(scaled(factor))[max(hazard)]

    steps = 1000
    grid = [i / steps / top for i in range(steps + 1)]
    for low, high in zip(grid, grid[1:]):
        at_low, at_high = excess(low), excess(high)
        if at_low == 0.0 or at_low * at_high < 0.0:
            break
    else:
        return (hold(grid[-1]), None) if excess(grid[-1]) == 0.0 else (None, None)
    cell = (low, high)
    if at_low != 0.0:
        for _ in range(200):
            middle = 0.5 * (low + high)
            if excess(middle) * at_low > 0.0:
                low = middle
            else:
                high = middle
    change = hold(cell[1]) - hold(cell[0])
    return hold(low), (at_high - at_low) / change if change else None


# ---------------------------------------------------------------- the answers

def verdict(value_per_share, price, fair_band):
    if value_per_share < price * (1.0 - fair_band):
        return "expensive"
    if value_per_share > price * (1.0 + fair_band):
        return "cheap"
    return "fair"


def year_rows(document, held):
    flows, first = held["flows"], first_market_year(document)
    return [{"year": y, "calendar_year": first + y, "revenue": flows["revenue"][y],
             "segments": {s[0]: s[2][y] for s in held["segments"]},
             "margin": flows["ebit"][y] / flows["revenue"][y] if flows["revenue"][y] else None,
             "ebit": flows["ebit"][y], "tax": flows["tax"][y], "nol": flows["nol"][y],
             "nopat": flows["nopat"][y], "reinvestment": flows["reinvestment"][y],
             "fcff": flows["fcff"][y], "discount_factor": held["factors"][y], "pv": held["pv"][y]}
            for y in flows["revenue"]]


def value(document):
    """The `valuation` answer."""
    held, lost, _, _ = branches(document)
    headline = held["value_per_share"]
    if lost:
        headline = expected_value(hazards(document), {y: b["value_per_share"] for y, b in lost.items()},
                                  held["value_per_share"])
    price = document["price"]
    ev = held["enterprise_value"]
    return {
        "value_per_share": headline, "value_if_held": held["value_per_share"],
        "equity_value": held["equity_value"], "enterprise_value": ev,
        "pv_forecast": held["pv_forecast"], "pv_terminal": held["pv_terminal"],
        "terminal_value": held["terminal_value"],
        "terminal_share": held["pv_terminal"] / ev if ev else None,
        "price": price, "upside": headline / price - 1.0,
        "verdict": verdict(headline, price, document.get("fair_band", 0.1)),
        "diluted_shares": held["diluted_shares"], "option_value": held["option_value"],
        "pinned_at_threshold": held["pinned_at_threshold"], "years": year_rows(document, held),
    }


def chair(document):
    """The `chair` answer."""
    if "chair" not in document:
        raise ModelError("conflict", "/chair", "the document has no chair")
    held, lost, _, segments = branches(document)
    hazard, last = hazards(document), document.get("horizon", 10)
    hold = survival(hazard)[last]
    lost_values = {y: b["value_per_share"] for y, b in lost.items()}
    on_flows = expected_value(hazard, lost_values, held["value_per_share"])
    probability = loss_probabilities(hazard)
    even, slope = break_even(document, held, lost)
    return {
        "hold_probability": hold,
        "survival": [{"year": y, "probability": p} for y, p in survival(hazard).items() if y > 0],
        "value_if_held": held["value_per_share"],
        "value_if_lost": [{"year": y, "probability": probability[y], "value_per_share": lost_values[y]}
                          for y in hazard],
        "expected_value": on_flows,
        "chair_value_per_share": held["value_per_share"] - lost_values[1],
        "chair_value": held["equity_value"] - lost[1]["equity_value"],
        "placements": {"on_flows": on_flows,
                       "on_value": hold * held["value_per_share"] + (1.0 - hold) * lost_values[1],
                       "forever": forever_value(document, segments, held, lost)},
        "break_even_hold_probability": even, "break_even_slope": slope,
        "lost_equity_value": lost[1]["equity_value"],
    }


def projection(document, to=None, level=0.9):
    """The `projection` answer, for the market years from base_year to `to` (within the horizon)."""
    market = market_figures(document)
    horizon, base_year, fit = document.get("horizon", 10), market["base_year"], market["fit"]
    last = horizon if to is None else to - base_year
    if not 0 <= last <= horizon:
        raise ModelError("out_of_range", "/to", "the year is not within the horizon")
    z = NormalDist().inv_cdf(0.5 * (1.0 + level))
    shares, revenues = seat_shares(document), seat_revenues(document, market)
    years = range(last + 1)

    def theta_row(y):
        low = high = None
        if fit and fit["covariance"]:
            low, high = curve_fit.band(fit, base_year + y, z)
        return {"year": base_year + y, "value": market["theta"][y], "low": low, "high": high}

    return {"inference_share": [theta_row(y) for y in years],
            "training_spend": [market["training"][y] for y in years],
            "inference_spend": [market["inference"][y] for y in years],
            "seats": [{"id": name, "training": [shares[name]["training"][y] for y in years],
                       "inference": [shares[name]["inference"][y] for y in years],
                       "revenue": [revenues[name][y] for y in years]} for name in shares],
            "fit": fit}
