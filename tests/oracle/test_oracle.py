"""The oracle against exact solutions and published figures.

    python3 -m unittest discover -s tests/oracle
"""

import collections
import copy
import datetime
import json
import math
import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import compare  # noqa: E402  (the folder is not a package)
import curve_fit  # noqa: E402
import generate  # noqa: E402
import model  # noqa: E402
import traced  # noqa: E402


def case(name):
    return json.loads((HERE / "cases" / f"{name}.json").read_text())


class Close(unittest.TestCase):
    def near(self, actual, expected, relative=1e-12):
        self.assertLessEqual(abs(actual - expected), relative * max(1e-12, abs(expected)),
                             f"{actual!r} is not {expected!r}")


class FixedCases(Close):
    def test_every_case_gives_its_figures(self):
        expected = json.loads((HERE / "expected.json").read_text())
        self.assertEqual(set(expected), {p.stem for p in (HERE / "cases").glob("*.json")})
        for name, entry in expected.items():
            answer = model.value(case(name))
            for figure, value in entry["figures"].items():
                with self.subTest(case=name, figure=figure):
                    self.near(answer[figure], value, entry.get("relative", 1e-12))

    def test_tesla_year_by_year(self):
        expected = json.loads((HERE / "expected.json").read_text())["tesla-2021"]["fcff"]
        rows = model.value(case("tesla-2021"))["years"]
        for row, fcff in zip(rows, expected):
            self.assertLess(abs(row["fcff"] - fcff), 0.051)
        self.near(rows[9]["discount_factor"], 0.5574476, 1e-7)

    def test_chair_of_constant_hazard(self):
        answer = model.chair(case("constant-hazard"))
        q = 0.95 / 1.1
        self.near(answer["hold_probability"], 0.95 ** 10)
        self.near(answer["placements"]["forever"], 100 * q / (1 - q))
        self.near(answer["placements"]["on_value"], 1000 * 0.95 ** 10)
        self.near(answer["chair_value_per_share"], 1000.0)

    def test_break_even_solves_for_the_price(self):
        document = case("constant-hazard")
        hold = model.chair(document)["break_even_hold_probability"]
        document["chair"]["hazard"] = 1.0 - hold ** 0.1
        self.near(model.value(document)["value_per_share"], document["price"], 1e-11)


class Published(Close):
    """The figures of the named sources, as they print them."""

    def test_value_driver_g18(self):
        # McKinsey, Valuation: profit of 100 next year, g 5 %, WACC 10 %, return of 20 % and of 10 %.
        document = case("value-driver")
        for ronic, value in ((0.2, 1500.0), (0.1, 1000.0)):
            document["terminal"]["ronic"] = ronic
            flows = {"ebit": {6: 100.0 / 1.05}, "tax_rate": {6: 0.0}, "reinvestment": {6: 0.0}, "sbc": {6: 0.0}}
            self.near(model.terminal_value(document, flows), value)

    def test_gordon_g1(self):
        # Damodaran, fcffst.xls.
        capm = case("capm")["discount"]["capm"]
        rate = model.capm_rate(capm)
        self.near(rate, 0.10769283, 1e-7)
        document = {"horizon": 1, "discount": {"wacc": rate}, "terminal": {"method": "gordon"}}
        flows = {"ebit": {1: 1535.0}, "tax_rate": {1: 0.36}, "sbc": {1: 0.0}, "reinvestment": {1: 500 - 400 + 160}}
        for growth, value in ((0.07, 20507.03), (0.06, 16055.75), (0.05, 13147.56), (0.04, 11098.61),
                              (0.03, 9577.10), (0.02, 8402.60), (0.01, 7468.55)):
            document["terminal"]["growth"] = growth
            self.near(model.terminal_value(document, flows), value, 1e-6)

    def test_hamada_g11(self):
        # Damodaran, levbeta.xls: the schedule of betas at 0, 10, ... 90 % debt.
        unlevered = 1.4 / (1 + 0.64 * 0.14)
        self.near(unlevered, 1.2848751836, 1e-9)
        self.near(model.levered_beta(unlevered, 0.36, 0.35), 1.5726872247, 1e-9)
        for i, beta in enumerate((1.284875, 1.376244, 1.490455, 1.637298, 1.833089, 2.107195,
                                  2.518355, 3.203622, 4.574156, 8.685756)):
            self.near(model.levered_beta(unlevered, 0.36, (i / 10) / (1 - i / 10)), beta, 1e-6)

    def test_mid_year_g15a(self):
        # valuadder.com, June 2010: 3,915,541.92 at the ends of the years, and the root of 1.3 in their middles.
        document = case("mid-year")
        middle = model.value(document)["enterprise_value"]
        document["timing"] = "end"
        end = model.value(document)["enterprise_value"]
        self.near(end, 3915541.92, 3e-9)
        self.near(middle / end, math.sqrt(1.3))

    def test_treasury_two_series_g16b(self):
        # 20,000 at 20 and 20,000 at 28 on 100,000 shares worth 25: 104,000.
        dilution = {"basic": 100000, "options": [
            {"count": 20000, "strike": k, "years": 1, "volatility": 0.3, "rate": 0.0} for k in (20, 28)]}
        found = model.share_value(dilution, 25.0 * 104000)
        self.near(found["value_per_share"], 25.0)
        self.near(found["diluted_shares"], 104000.0)

    def test_option_value_g5(self):
        dilution = case("tesla-2021")["dilution"]
        self.near(model.option_value(dilution, 692626.909), 51070.246, 1e-8)

    def test_h_model_three_stages_g13a(self):
        # CFA level II slides: 12 % for 3 years, fading over 6 to 4 %, at 9 %.
        document = {"horizon": 3, "timing": "end", "discount": {"wacc": 0.09},
                    "terminal": {"method": "h_model", "growth": 0.04, "growth_start": 0.12, "half_life": 3}}
        flows = {"ebit": {3: 0.75 * 1.12 ** 3}, "tax_rate": {3: 0.0}, "reinvestment": {3: 0.0}, "sbc": {3: 0.0}}
        self.near(model.terminal_value(document, flows), 26.9746176, 1e-7)


class PathsAndDates(Close):
    def test_shapes(self):
        linear = model.path({"start": 0.1, "end": 0.5, "from": 2, "to": 6}, 1, 8, "")
        self.assertEqual([linear[1], linear[2], linear[6], linear[8]], [0.1, 0.1, 0.5, 0.5])
        self.near(linear[4], 0.3)
        self.near(model.path({"start": 1, "end": 16, "shape": "geometric"}, 1, 5, "")[3], 4.0)
        logistic = model.path({"start": 2, "end": 4, "shape": "logistic"}, 0, 10, "")
        self.assertEqual((logistic[0], logistic[10]), (2.0, 4.0))
        self.near(logistic[5], 3.0)
        self.near(logistic[3] + logistic[7], 6.0)

    def test_arrays_and_steps(self):
        self.assertEqual(model.path([1, 2, 3], 0, 2, ""), {0: 1.0, 1: 2.0, 2: 3.0})
        self.assertEqual(model.path({"start": 1, "end": 2, "from": 2, "to": 2}, 1, 3, ""), {1: 1.0, 2: 1.0, 3: 2.0})
        with self.assertRaises(model.ModelError) as raised:
            model.path([1, 2], 0, 2, "/x")
        self.assertEqual(raised.exception.code, "wrong_length")

    def test_leap_days_and_market_years(self):
        leap = datetime.date(2024, 2, 29)
        self.assertEqual(model.anniversary(leap, 1), datetime.date(2025, 2, 28))
        self.assertEqual(model.anniversary(leap, 4), datetime.date(2028, 2, 29))
        for ended, year in (("2026-01-25", 2025), ("2025-12-27", 2025), ("2025-06-30", 2024), ("2025-07-02", 2025)):
            self.assertEqual(model.first_market_year({"base_year_end": ended}), year)

    def test_stub(self):
        self.near(model.stub({"base_year_end": "2025-12-27", "valuation_date": "2026-04-23"}), 248 / 365)
        self.assertEqual(model.stub({"base_year_end": "2023-03-31", "valuation_date": "2023-03-31"}), 1.0)
        for day in ("2025-12-26", "2026-12-27"):
            with self.assertRaises(model.ModelError) as raised:
                model.stub({"base_year_end": "2025-12-27", "valuation_date": day})
            self.assertEqual(raised.exception.code, "stale_base_year")


class Normal(Close):
    def test_logs_in_the_tails(self):
        self.near(curve_fit.log_normal_cdf(0.0), math.log(0.5))
        self.near(curve_fit.log_normal_cdf(-40.0), -804.608442013754, 1e-14)
        self.near(curve_fit.log_normal_cdf(10.0), -7.61985302416052e-24, 1e-9)
        below, above = curve_fit.log_normal_cdf(-25.0 - 1e-13), curve_fit.log_normal_cdf(-25.0 + 1e-13)
        self.near(below, above, 1e-12)

    def test_intervals(self):
        self.near(curve_fit.log_normal_interval(-1.0, 1.0), math.log(math.erf(math.sqrt(0.5))))
        self.near(curve_fit.log_normal_interval(3.0, 5.0), curve_fit.log_normal_interval(-5.0, -3.0))
        self.near(curve_fit.log_normal_interval(-math.inf, 0.3), curve_fit.log_normal_cdf(0.3))
        middle = curve_fit.log_normal_pdf(0.5005) + math.log(0.001)
        self.near(curve_fit.log_normal_interval(0.5, 0.501), middle, 1e-7)


class Curves(Close):
    def test_two_growths_make_a_logistic(self):
        document = case("two-growths")
        document["horizon"] = 8
        theta = model.market_figures(document)["theta"]
        for y in range(8):
            step = math.log(theta[y + 1] / (1 - theta[y + 1])) - math.log(theta[y] / (1 - theta[y]))
            self.near(step, math.log(1.5 / 1.2), 1e-12)

    def test_points_only_is_least_squares(self):
        data = ((2019, 0.11), (2021, 0.2), (2022, 0.37), (2024, 0.46), (2025, 0.6))
        fit = curve_fit.fit_curve({"curve": "logistic", "ceiling": 1.0, "observations":
                                   [{"year": x, "value": v, "sigma": 0.2} for x, v in data]})
        xs, zs = [x for x, _ in data], [math.log(v / (1 - v)) for _, v in data]
        n, x_mean, z_mean = len(xs), sum(xs) / len(xs), sum(zs) / len(zs)
        spread = sum((x - x_mean) ** 2 for x in xs)
        slope = sum((x - x_mean) * z for x, z in zip(xs, zs)) / spread
        self.near(fit["k"], slope, 1e-13)
        self.near(fit["mid"], x_mean - z_mean / slope, 1e-14)
        self.near(fit["covariance"][0][0], 0.04 / spread, 1e-11)
        rss = sum((z - slope * (x - fit["mid"])) ** 2 for x, z in zip(xs, zs))
        self.near(fit["log_likelihood"], -0.5 * n * math.log(2 * math.pi * 0.04) - rss / 0.08, 1e-12)
        self.near(fit["aic"], 4 - 2 * fit["log_likelihood"], 1e-14)

    def test_points_on_the_curve_give_it_back(self):
        for curve in ("logistic", "gompertz"):
            truth = {"curve": curve, "k": 0.47, "mid": 2024.3, "floor": 0.02, "ceiling": 0.83}
            points = [{"year": c, "value": curve_fit.curve_value(truth, c)} for c in range(2019, 2032, 2)]
            fit = curve_fit.fit_curve({"curve": curve, "floor": 0.02, "observations": points})
            for name in ("k", "mid", "ceiling"):
                self.near(fit[name], truth[name], 1e-12)
            self.assertTrue(fit["identified"])

    def test_derivatives(self):
        observations = [{"year": 2020, "value": 0.1}, {"year": 2023, "low": 0.3}, {"year": 2025, "low": 0.4, "high": 0.6},
                        {"year": 2027, "high": 0.75, "sigma": 0.1}]
        for curve in ("logistic", "gompertz"):
            problem = (curve, 0.01, observations, 2023.0)
            for form, point in (("line", [0.5, -0.2, 0.9]), ("mid", [0.5, 2023.6, 0.9])):
                value, gradient, hessian = curve_fit.log_likelihood(problem, point, form)
                for i in range(3):
                    h = 1e-5
                    up, down = list(point), list(point)
                    up[i] += h
                    down[i] -= h
                    above = curve_fit.log_likelihood(problem, up, form)
                    below = curve_fit.log_likelihood(problem, down, form)
                    self.assertAlmostEqual((above[0] - below[0]) / (2 * h), gradient[i], delta=1e-5)
                    for j in range(3):
                        self.assertAlmostEqual((above[1][j] - below[1][j]) / (2 * h), hessian[i][j],
                                               delta=1e-4 * (1 + abs(hessian[i][j])))

    def test_stationary_and_not_identified(self):
        observations = [{"year": 2023, "value": 0.2}, {"year": 2024, "value": 0.5},
                        {"year": 2026, "low": 0.55}, {"year": 2030, "low": 0.7, "high": 0.8}]
        fit = curve_fit.fit_curve({"curve": "logistic", "ceiling": 0.9, "observations": observations})
        # The last digits were found once in 60-digit arithmetic.
        self.near(fit["k"], 0.38609607431306889731, 1e-14)
        self.near(fit["mid"], 2024.79050032173001859, 1e-15)
        self.assertTrue(fit["identified"])
        few = curve_fit.fit_curve({"curve": "logistic", "ceiling": 0.9, "observations": observations[:1]})
        self.assertEqual(few["reason"], "fewer observations than parameters")
        high = [{"year": y, "value": v} for y, v in ((2020, 0.2), (2022, 0.42), (2024, 0.74), (2026, 0.93))]
        bound = curve_fit.fit_curve({"curve": "logistic", "observations": high})
        self.assertEqual((bound["ceiling"], bound["reason"]), (1.0, "ceiling on its bound"))

    def test_a_bound_beyond_the_curve_is_none(self):
        base = [{"year": 2020, "value": 0.2}, {"year": 2024, "value": 0.6}]
        plain = curve_fit.fit_curve({"curve": "logistic", "ceiling": 0.9, "observations": base})
        more = base + [{"year": 2022, "low": 0.0}, {"year": 2026, "high": 0.95}]
        loose = curve_fit.fit_curve({"curve": "logistic", "ceiling": 0.9, "observations": more})
        self.near(loose["k"], plain["k"])
        self.near(loose["log_likelihood"], plain["log_likelihood"])

    def test_pchip(self):
        self.near(model.pchip_value([[0, 0], [1, 1], [3, 1]], 0.5), 2.0 / 3.0)
        self.assertEqual(model.pchip_value([[0, 0], [1, 1], [3, 1]], 2.2), 1.0)
        self.near(model.pchip_value([[2020, 0.2], [2024, 0.6]], 2023), 0.5)
        points = [[0, 0.1], [1, 0.4], [2, 0.3], [4, 0.9]]
        self.assertEqual([model.pchip_value(points, x) for x in (-1, 1, 2, 9)], [0.1, 0.4, 0.3, 0.9])
        self.assertEqual(model.pchip_slopes([0, 1, 2, 4], [0.1, 0.4, 0.3, 0.9])[1:3], [0.0, 0.0])
        # Interior slope by hand: h = 1, 2; d = 1, 2; weights 5 and 4.
        self.near(model.pchip_slopes([0, 1, 3], [0, 1, 5])[1], 9.0 / (5.0 / 1.0 + 4.0 / 2.0))

    def test_band_of_least_squares(self):
        document = case("fitted-points")
        document["market"]["inference_share"]["observations"] = [
            {"year": c, "value": v, "sigma": 0.3} for c, v in ((2020, 0.2), (2022, 0.3), (2024, 0.5))]
        row = model.projection(document, 2026, 0.9)["inference_share"][2]
        half = 1.6448536269514722 * 0.3 * math.sqrt(1 / 3 + (2026 - 2022) ** 2 / 8)
        centre = math.log(row["value"] / (1 - row["value"]))
        self.near(row["high"], 1 / (1 + math.exp(-centre - half)), 1e-11)
        self.near(row["low"], 1 / (1 + math.exp(-centre + half)), 1e-11)


class Shares(Close):
    def test_the_rule_is_solved(self):
        warrants = [{"holder": "a", "count": 50, "strike": 3.0, "threshold": 12, "probability": 0.5},
                    {"holder": "b", "count": 30, "strike": 20.0}]
        dilution = {"basic": 90, "rsu": 10, "warrants": warrants}
        claims = model.claims_of(dilution)
        for equity in (0.5, 900.0, 1200.0, 1300.0, 1424.9, 1425.1, 2000.0, 9000.0):
            found = model.share_value(dilution, equity)
            v = found["value_per_share"]
            self.assertGreaterEqual(model.claim_on_equity(v, 100, claims) * (1 + 1e-12), equity)
            self.assertLess(model.claim_on_equity(v * (1 - 1e-9), 100, claims), equity)
            self.assertEqual(found["pinned_at_threshold"], 1200.0 < equity < 1425.0)

    def test_black_scholes(self):
        # Hull, Options, Futures and Other Derivatives: 42, 40, half a year, 20 %, 10 %: 4.76.
        self.assertAlmostEqual(model.black_scholes_call(42, 40, 0.5, 0.2, 0.1), 4.7594, places=4)
        self.assertEqual(model.black_scholes_call(0.0, 40, 0.5, 0.2, 0.1), 0.0)


class Faults(unittest.TestCase):
    def test_generated_faults(self):
        for document, code in generate.invalid_documents("faults", 10):
            with self.subTest(code=code), self.assertRaises(model.ModelError) as raised:
                model.value(document)
            self.assertEqual(raised.exception.code, code)

    def test_ebitda_needs_depreciation(self):
        document = case("two-growths")
        document["terminal"]["metric"] = "ebitda"
        document["operations"]["reinvestment"] = {"sales_to_capital": 2}
        with self.assertRaises(model.ModelError):
            model.value(document)


def features(document):
    """What a generated document covers."""
    def walk(node):
        if isinstance(node, dict):
            if "start" in node and "end" in node:
                yield "shape " + node.get("shape", "linear")
            for entry in node.values():
                yield from walk(entry)
        elif isinstance(node, list):
            for entry in node:
                yield from walk(entry)

    yield from walk(document)
    market, share = document.get("market", {}), document.get("market", {}).get("inference_share", {})
    yield "market " + ("none" if not market else "flows" if "training" in market else "spend")
    if "observations" in share:
        yield f"fitted {share['curve']} ceiling {'given' if 'ceiling' in share else 'free'}"
        yield from ("observation " + "-".join(sorted(set(o) & {"value", "low", "high"}))
                    for o in share["observations"])
    elif share:
        yield "share " + share.get("curve", "path")
    for segment in document["segments"]:
        yield "segment " + next(k for k in ("seat", "base", "values") if k in segment)
    operations, terminal = document["operations"], document["terminal"]
    form = operations["reinvestment"]
    yield f"lag {form.get('lag', 0)}" if "sales_to_capital" in form else "capex"
    yield "sbc " + operations["sbc"].get("treatment", "expense") if "sbc" in operations else "no sbc"
    yield "nol" if operations["tax"].get("nol") else "no nol"
    yield "capm" if "capm" in document["discount"] else "wacc"
    yield "terminal " + ("capm" if "capm" in terminal else "wacc" if "wacc" in terminal else "default")
    yield "method " + terminal["method"] + " " + terminal.get("metric", "")
    yield "timing " + document.get("timing", "mid")
    yield f"horizon {document.get('horizon', 10)}"
    yield "dilution " + document["dilution"].get("method", "treasury")
    for name in ("failure", "chair"):
        yield name if name in document else "no " + name
    answer = model.value(document)
    yield "verdict " + answer["verdict"]
    if answer["pinned_at_threshold"]:
        yield "pinned"
    if answer["equity_value"] < 0.0:
        yield "negative equity"
    if any(row["ebit"] < 0.0 for row in answer["years"]):
        yield "loss"
    if model.stub(document) == 1.0:
        yield "full stub"
    if model.stub(document) < 0.01:
        yield "last day"


EVERY_FEATURE = """shape linear|shape geometric|shape logistic|market none|market flows|market spend|
fitted logistic ceiling given|fitted logistic ceiling free|fitted gompertz ceiling given|fitted gompertz ceiling free|
observation value|observation low|observation high|observation high-low|share logistic|share gompertz|share pchip|
share path|segment seat|segment base|segment values|lag 0|lag 1|lag 2|lag 3|capex|sbc expense|sbc addback|no sbc|
nol|no nol|capm|wacc|terminal capm|terminal wacc|terminal default|method gordon |method value_driver |
method h_model |method exit_multiple revenue|method exit_multiple ebit|method exit_multiple ebitda|
method exit_multiple nopat|timing mid|timing end|horizon 1|horizon 2|horizon 30|dilution treasury|
dilution option_value|failure|no failure|chair|no chair|verdict cheap|verdict fair|verdict expensive|pinned|
negative equity|loss|full stub|last day""".replace("\n", "").split("|")


class Generator(unittest.TestCase):
    def test_everything_is_covered(self):
        seen = collections.Counter()
        for document in generate.documents("coverage", 300):
            seen.update(set(features(document)))
        self.assertEqual([f for f in EVERY_FEATURE if not seen[f]], [])

    def test_the_same_seed_gives_the_same_documents(self):
        self.assertEqual(list(generate.documents("x", 5)), list(generate.documents("x", 5)))
        self.assertEqual(generate.one_document("x", 4), list(generate.documents("x", 5))[4])


class Answering:
    """A target that answers from the oracle, with one figure spoilt."""

    questions = ("valuation", "projection", "chair")

    def __init__(self, spoil=lambda answer: None):
        self.spoil = spoil

    def ask(self, question, document, body):
        answer = json.loads(json.dumps(compare.CHECKS[question][0](copy.deepcopy(document))))
        self.spoil(answer)
        return answer


class Comparing(unittest.TestCase):
    def test_agreement_and_difference(self):
        def spoil(answer):
            if "pv_terminal" in answer:
                answer["pv_terminal"] *= 1.0 + 1e-8

        for document in generate.documents("compare", 12):
            self.assertEqual(compare.compare_document(Answering(), document), [])
            if abs(model.value(document)["pv_terminal"]) > 1.0:
                found = compare.compare_document(Answering(spoil), document)
                self.assertIn("valuation: pv_terminal", [figure for figure, _, _ in found])


class Tracing(unittest.TestCase):
    """Derivatives by automatic differentiation, against differences of the figures."""

    WEIGHTS = (4 / 5, -1 / 5, 4 / 105, -1 / 280)        # the central difference of the eighth order

    @staticmethod
    def moved(document, pointer, x):
        document, steps = copy.deepcopy(document), pointer.split("/")[1:]
        node = document
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[int(steps[-1]) if isinstance(node, list) else steps[-1]] = x
        return traced.figures(document)

    def differences(self, document, pointer, x):
        """For several steps: wide ones are cut short by the next kink, narrow ones by rounding."""
        size = 1.0 if x == 0.0 or x > 1900.0 else abs(x)
        for step in (1e-2 * size, 1e-3 * size, 1e-4 * size, 1e-5 * size):
            try:
                pairs = [(self.moved(document, pointer, x + i * step), self.moved(document, pointer, x - i * step))
                         for i in (1, 2, 3, 4)]
            except (model.ModelError, ValueError):
                continue
            yield size, {name: sum(w * (up[name] - down[name]) for w, (up, down) in zip(self.WEIGHTS, pairs)) / step
                         for name in traced.OUTPUTS}

    def test_derivatives_are_the_limit_of_differences(self):
        rng = random.Random("traced")
        for document in generate.documents("traced", 12):
            found = {}
            traced.trace(document, traced.Tape(), "", found)
            derivatives = traced.gradient(document)
            self.assertEqual({name: round(x, 9) for name, x in derivatives["figures"].items()},
                             {name: round(x, 9) for name, x in traced.figures(document).items()})
            for pointer in rng.sample(sorted(found), 8):
                expected, best = derivatives["drivers"][pointer], math.inf
                for size, actual in self.differences(document, pointer, float(found[pointer])):
                    best = min(best, max(abs(actual[name] - expected[name]) / max(
                        abs(expected[name]), 0.01 * abs(derivatives["figures"][name]) / size, 1e-9)
                        for name in traced.OUTPUTS))
                with self.subTest(document=document["name"], pointer=pointer):
                    self.assertLess(best, 1e-7)


if __name__ == "__main__":
    unittest.main()
