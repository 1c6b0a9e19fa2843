"""Writes build/fuzz/corpus/<harness>/: what the fuzz harnesses start from, out of the cases of the other tests."""

import base64
import hashlib
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build/fuzz/corpus"


def put(harness, data):
    data = data.encode() if isinstance(data, str) else data
    folder = OUT / harness
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def texts(path):
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def compact(value):
    return json.dumps(value, separators=(",", ":"))


documents = sorted(ROOT.glob("schema/scenarios/*.json")) + sorted(ROOT.glob("tests/oracle/cases/*.json"))
documents = [json.loads(path.read_text()) for path in documents]
for document in documents:
    document.pop("sources", None)
    put("document", compact(document))
base, uncertain = (next(one for one in documents if one.get("name") == name) for name in
                   ("AMD, base case", "AMD, base case with ranges"))
cases = json.loads((ROOT / "tests/unit/cases/documents/uncertainty.json").read_text())
for uncertainty in [uncertain["overrides"][0]["value"]] + [case["uncertainty"] for case in cases if "set" not in case]:
    put("document", compact(base | {"uncertainty": uncertainty}))
question = '{"id": "a", "overrides": [{"pointer": "/price", "value": 9}], "fields": ["verdict", "\\u00e9]},{"]}'
for text in [f'{{"questions": [{question}, {question}]}}', f'{{"scenario": {{"a": []}},"questions":[[[]],7,null,"\\""], "fields": ["x"]}}',
             f"{question}\n\n{question}\r\n", '{"quest\\u0069ons":[{}]}', '{"questions": [1 2, nope, "a" "b"], "x": {}}']:
    put("lists", text)
for path in sorted(ROOT.glob("schema/sets/*.json")):
    put("sets", path.read_text())
put("sets", '{"name":"a","price":5,"fair_band":0.2,"tags":["x"],"members":[{"scenario":"a","weight":0.3,"role":"bull","revision":3},'
    '{"scenario":"a","weight":0.7,"overrides":[{"pointer":"/a","value":[1]}]}]}')
put("sets", '{"name":"a","members":[{"scenario":"b","weight":0},{"scenario":"b","revision":1,"weight":1},{"scenario":"b","weight":0}]}')
for a, b in zip(documents, documents[1:]):
    put("patches", compact(a) + "\0" + compact(b))
put("patches", '{"a":[1,2,{"b":null}]}\0{"a":[1,{"b":3}],"c":"d"}\0'
    '[{"op":"move","from":"/a/0","path":"/c"},{"op":"copy","from":"/a","path":"/d"},'
    '{"op":"test","path":"/d/0","value":2},{"op":"replace","path":"/a/-","value":1}]')
put("patches", '{"a":[1,2]}\0{"a":{"b":2}}\0[{"pointer":"/a/-","value":1},{"pointer":"/a","value":null}]')
put("patches", '{"a":{"b":1,"c":2}}\0{"a":{"b":null,"c":[1]},"d":{}}\0{"a":{"b":null},"e":{"f":null}}')
put("overrides", '[{"pointer":"/discount/wacc","value":0.09},{"pointer":"/chair/hazard","value":[0.1,0.2]}]\0'
    "/price:200\0/terminal/growth:-0.01")
put("overrides", '[{"pointer":"/segments/0/margin","value":{"start":0.2,"end":0.4,"to":9}}]')
for number in ("0", "-0", "1e21", "9007199254740993", "5e-324", "1.7976931348623157e308", "2.2250738585072011e-308",
               "-1.5E+3", "0.1", "123456789012345678901234567890"):
    put("numbers", number)
put("numbers", '{"a":[1,1.0,1e2,"\\u00e9\\ud83d\\ude00",null,true],"\\u20ac":{"b":-0.0}}')
for target in ("/v1/scenarios/amd-base/valuation?set=/price:200&inputs=true&revision=2", "/", "*", "/%2F/%00/a%zz",
               "http://host:80/v1/scenarios?q=a+b%20c&limit=5", "/v1/scenarios/x/revisions/3/diff", "?&&=&a=b=c"):
    put("request", "u" + target)
put("request", "fHost: a\nAccept: text/csv;q=0.5, */*;q=0.1, application/json\nContent-Type: text/csv; charset=\"utf-8\"\n"
    "If-Match: \"1.5\", W/\"2\"\nOrigin: https://a.example\nContent-Length: 12")
put("request", "fHost: a\nAccept: https://a.example,*\nOrigin: https://a.example\nTransfer-Encoding: chunked\nIf-Match: *")
put("request", "s--port=80\n--body-limit\n2m\n--cors-origins=https://a.example,*\n--log-level=warn\n--metrics=off")
put("request", "s--address=::1\n--database=x\n--idle-timeout-ms\n99\n--threads=64")
for path in sorted(ROOT.glob("tests/cases/malformed/*.ndjson")):
    for case in texts(path):
        body = base64.b64decode(case["base64"]) if "base64" in case else case.get("body", "").encode()
        if 0 < len(body) < 4096:
            put("numbers" if path.stem == "syntax" else "document", body)
        if "to" in case and len(case["to"]) < 500:
            put("request", "u" + case["to"])
        try:
            overrides = json.loads(body).get("overrides")
        except (ValueError, AttributeError):
            continue
        if overrides is not None:
            put("overrides", compact(overrides))
