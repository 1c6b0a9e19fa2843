"""paths.py DOCUMENT DUMP: values the paths of a dump (tests/bench/paths.c) with NumPy, as one who knows the model
writes it: every figure is an array over paths, every step one vectorised operation, in pieces that stay in the
cache. Checks each value against the dump's to 1e-9 and prints "paths_per_second worst", of the piece that took the
least.

It knows what amd-base needs: a market with a fitted logistic share, seats with ramps, segments on a seat or with
growth, reinvestment by capital expenditure, a wacc path, the value-driver formula, warrants, the chair."""

import datetime
import json
import sys
import time

import numpy as np

RUNS = 9
PIECE = 4096  # paths at once: the fastest of the powers of two from 512 to 65536 here


def read_dump(path):
    with open(path, "rb") as file:
        count, paths = map(int, file.readline().split())
        names = [file.readline().decode().split() for _ in range(count)]
        draws = np.fromfile(file, dtype=np.float64, count=count * paths).reshape(count, paths)
        values = np.fromfile(file, dtype=np.float64, count=paths)
    curve = {0xFFF0: "#k", 0xFFF1: "#mid", 0xFFF2: "#ceiling"}
    return {pointer + curve.get(int(slot), ""): row for (pointer, slot), row in zip(names, draws)}, values


class Model:
    def __init__(self, document, curve):
        self.document = document
        self.curve = curve
        self.horizon = document["horizon"]
        end = datetime.date.fromisoformat(document["base_year_end"])
        self.stub = min(1, (end.replace(year=end.year + 1) - datetime.date.fromisoformat(document["valuation_date"])).days / 365)

    def number(self, pointer, otherwise=None):
        if pointer in self.draws:
            return self.draws[pointer]
        node = self.document
        for key in pointer.strip("/").split("/"):
            if isinstance(node, list):
                node = node[int(key)]
            elif key in node:
                node = node[key]
            else:
                return otherwise
        return node

    def path(self, pointer, year, first):
        node = self.number(pointer)
        if isinstance(node, list):
            return self.number(f"{pointer}/{year - first}")
        if not isinstance(node, dict):
            return node
        start, end = self.number(pointer + "/start"), self.number(pointer + "/end")
        low, high = node.get("from", first), node.get("to", self.horizon)
        u = min(max((year - low) / (high - low), 0), 1)
        if node.get("shape") == "logistic":
            level = lambda x: 1 / (1 + np.exp(-10 * (x - 0.5)))
            u = (level(u) - level(0)) / (level(1) - level(0))
        return start + (end - start) * u

    def market(self):
        share_at = "/market/inference_share"
        k = self.draws.get(share_at + "#k", self.curve["k"])
        mid = self.draws.get(share_at + "#mid", self.curve["mid"])
        ceiling = self.draws.get(share_at + "#ceiling", self.curve["ceiling"])
        total, base = self.number("/market/total_spend"), self.document["market"]["base_year"]
        for year in range(self.horizon + 1):
            if year:
                total = total * (1 + self.path("/market/growth", year, 1))
            share = ceiling / (1 + np.exp(-k * (base + year - mid)))
            content = self.path("/market/silicon_content", year, 0)
            yield content * total * (1 - share), content * total * share

    def segments(self):
        """Revenue and margin with the chair held: of what stands on the chair, and of all else."""
        spends, seats = list(self.market()), [seat["id"] for seat in self.document["seats"]]
        chair, rest = [], []
        for i, segment in enumerate(self.document["segments"]):
            rows, at = [], f"/segments/{i}"
            revenue = self.number(at + "/base")
            for year in range(1, self.horizon + 1):
                if "seat" in segment:
                    seat = f"/seats/{seats.index(segment['seat'])}"
                    training, inference = spends[year]
                    revenue = self.path(at + "/capture", year, 1) * (
                        self.path(seat + "/training", year, 0) * training + self.path(seat + "/inference", year, 0) * inference)
                else:
                    revenue = revenue * (1 + self.path(at + "/growth", year, 1))
                rows.append((revenue, self.path(at + "/margin", year, 1)))
            (chair if segment.get("chair") else rest).append(rows)
        return chair, rest

    def prepare(self):
        """What all branches share."""
        years = range(1, self.horizon + 1)
        self.wacc = [self.path("/discount/wacc", year, 1) for year in years]
        self.rates = {name: [self.path("/operations/" + name, year, 1) for year in years] for name in
                      ("corporate_cost", "tax/rate", "reinvestment/capex", "reinvestment/depreciation", "reinvestment/working_capital")}
        factor, self.factors = 1, []
        for year in years:
            length = self.stub if year == 1 else 1
            self.factors.append(factor * ((1 + self.wacc[year - 1]) ** (-length / 2) if year == 1 else 1 / np.sqrt(1 + self.wacc[year - 1])))
            factor = factor * ((1 + self.wacc[0]) ** -length if year == 1 else 1 / (1 + self.wacc[year - 1]))
        self.chair, rest = self.segments()
        self.others = [(sum(rows[y][0] for rows in rest), sum(rows[y][0] * rows[y][1] for rows in rest)) for y in range(self.horizon)]

    def branch(self, lost):
        """Value per share where the chair is lost at the start of a year; None: never."""
        before, present, decay = self.number("/operations/base_revenue"), 0, 1
        floor, retention, loss = (self.number("/chair/" + name) for name in ("floor", "retention", "margin_loss"))
        balance = self.number("/operations/tax/nol", 0)
        for year in range(1, self.horizon + 1):
            y = year - 1
            revenue, ebit = self.others[y]
            gone = lost is not None and year >= lost
            if gone:
                decay = decay * retention
                left = floor + (1 - floor) * decay
            for rows in self.chair:
                own, margin = rows[y]
                if gone:
                    own, margin = own * left, margin - loss
                revenue, ebit = revenue + own, ebit + own * margin
            ebit = ebit - self.rates["corporate_cost"][y] * revenue
            used = np.where(ebit < 0, 0, np.minimum(balance, self.number("/operations/tax/nol_limit", 0.8) * ebit))
            tax = np.where(ebit < 0, 0, self.rates["tax/rate"][y] * (ebit - used))
            balance = balance + np.where(ebit < 0, -ebit, -used)
            nopat = ebit - tax
            capex, depreciation, working = (self.rates["reinvestment/" + name][y] for name in ("capex", "depreciation", "working_capital"))
            flow = nopat - (capex * revenue - depreciation * revenue + working * (revenue - before))
            present = present + (self.stub if year == 1 else 1) * flow * self.factors[y]
            before = revenue
        growth, wacc, ronic = (self.number("/terminal/" + name) for name in ("growth", "wacc", "ronic"))
        nopat = ebit - self.rates["tax/rate"][-1] * np.maximum(ebit, 0)
        terminal = nopat * (1 + growth) * (1 - growth / ronic) / (wacc - growth)
        return self.share(present + terminal * self.factors[-1])

    def share(self, enterprise):
        """The smallest v with v N(v) >= equity; thresholds in the order of their entries, as they stand here."""
        equity = enterprise + self.number("/bridge/cash") - self.number("/bridge/debt")
        slope, offset = self.number("/dilution/basic") + self.number("/dilution/rsu"), 0
        warrants = sorted(((max(w["strike"], w["threshold"]), w["count"] * w["probability"], w["strike"], w["threshold"])
                           for w in self.document["dilution"]["warrants"]))
        shares, value, found = slope, None, None
        for entry in sorted({w[0] for w in warrants}):
            at_entry = entry * shares + sum(n * (entry - k) for e, n, k, t in warrants if entry >= t and entry > k)
            line = np.minimum((equity + offset) / slope, entry)
            stops = at_entry >= equity
            value = line if value is None else np.where(found, value, line)
            found = stops if found is None else found | stops
            slope = slope + sum(n for e, n, k, t in warrants if e == entry)
            offset = offset + sum(n * k for e, n, k, t in warrants if e == entry)
        value = np.where(found, value, (equity + offset) / slope)
        return np.where(equity > 0, value, 0)

    def value(self, draws):
        self.draws = draws
        self.prepare()
        hold, expected = 1, 0
        for year in range(1, self.horizon + 1):
            hazard = self.path("/chair/hazard", year, 1)
            expected = expected + hold * hazard * self.branch(year)
            hold = hold * (1 - hazard)
        return expected + hold * self.branch(None)


def main():
    document = json.load(open(sys.argv[1]))
    draws, values = read_dump(sys.argv[2])
    curve = json.loads(sys.argv[3])
    model, best, paths = Model(document, curve), 0, len(values)
    for _ in range(RUNS):
        pieces = []
        for at in range(0, paths, PIECE):
            start = time.perf_counter()
            pieces.append(model.value({name: row[at:at + PIECE] for name, row in draws.items()}))
            best = max(best, PIECE / (time.perf_counter() - start))
    mine = np.concatenate(pieces)
    there = ~np.isnan(values)
    worst = np.max(np.abs(mine[there] / values[there] - 1))
    if not worst <= 1e-9:
        sys.exit(f"paths.py: a value is off by {worst:.3g}")
    print(f"{best:.0f} {worst:.3g}")


if __name__ == "__main__":
    main()
