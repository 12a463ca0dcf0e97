"""check_sarif.py FILE - the structure of SARIF 2.1.0: properties that the standard knows, ids and indexes that resolve,
legal URIs, unique lists. Written from the standard's sections; it knows the objects that palisade writes, no others."""
import json
import re
import sys

# object: (required, optional), each property with what it holds: an object's name, [name] for a list, or a type
TEXT, COUNT, BAG = str, int, dict
OBJECTS = {
    "log": ({"version": TEXT, "runs": ["run"]}, {"$schema": TEXT}),
    "run": ({"tool": "tool"}, {"taxonomies": ["component"], "automationDetails": "automation",
                               "invocations": ["invocation"], "results": ["result"], "properties": BAG}),
    "tool": ({"driver": "component"}, {}),
    "component": ({"name": TEXT}, {"version": TEXT, "organization": TEXT, "shortDescription": "message",
                                   "informationUri": "uri", "rules": ["descriptor"], "taxa": ["descriptor"],
                                   "supportedTaxonomies": ["componentRef"]}),
    "componentRef": ({}, {"name": TEXT, "index": COUNT}),
    "descriptor": ({"id": TEXT}, {"shortDescription": "message", "fullDescription": "message", "help": "message",
                                  "helpUri": "uri", "defaultConfiguration": "configuration",
                                  "relationships": ["relationship"], "properties": BAG}),
    "configuration": ({}, {"level": "level"}),
    "relationship": ({"target": "descriptorRef"}, {"kinds": [TEXT]}),
    "descriptorRef": ({}, {"id": TEXT, "index": COUNT, "toolComponent": "componentRef"}),
    "message": ({"text": TEXT}, {}),
    "automation": ({}, {"id": TEXT}),
    "invocation": ({"executionSuccessful": bool}, {"exitCode": COUNT, "exitCodeDescription": TEXT,
                                                   "endTimeUtc": "time"}),
    "result": ({"message": "message"}, {"ruleId": TEXT, "ruleIndex": COUNT, "level": "level",
                                        "locations": ["location"], "partialFingerprints": BAG,
                                        "occurrenceCount": COUNT, "suppressions": ["suppression"],
                                        "properties": BAG}),
    "location": ({}, {"physicalLocation": "physical", "logicalLocations": ["logical"]}),
    "physical": ({"artifactLocation": "artifact"}, {"region": "region"}),
    "artifact": ({}, {"uri": "uri"}),
    "region": ({}, {"startLine": COUNT, "byteOffset": COUNT, "byteLength": COUNT}),
    "logical": ({}, {"name": TEXT, "kind": TEXT}),
    "suppression": ({"kind": TEXT}, {"status": TEXT, "justification": TEXT}),
}
# RFC 3986, 4.1: a URI, or a relative reference whose first segment holds no colon
URI = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:|(?=[^:]*(?:/|$)))(?:[A-Za-z0-9._~/!$&'()*+,;=@:?#-]|%[0-9A-F]{2})+$")
SCALARS = {
    "uri": lambda v: URI.match(v),
    "level": lambda v: v in ("none", "note", "warning", "error"),
    "time": lambda v: re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", v),
}
problems = []


def check(value, kind, where):
    if isinstance(kind, list):
        if not isinstance(value, list):
            problems.append(f"{where}: no list")
            return
        for i, v in enumerate(value):
            check(v, kind[0], f"{where}[{i}]")
    elif isinstance(kind, type):
        if not isinstance(value, kind) or (kind is int and (isinstance(value, bool) or value < 0)):
            problems.append(f"{where}: {value!r} is no {kind.__name__}")
    elif kind in SCALARS:
        if not isinstance(value, str) or not SCALARS[kind](value):
            problems.append(f"{where}: {value!r} is no {kind}")
    else:
        required, optional = OBJECTS[kind]
        for key in required:
            if key not in value:
                problems.append(f"{where}: {key} is missing")
        for key, v in value.items():
            if key not in required and key not in optional:
                problems.append(f"{where}: {key} is no property of {kind}")
            else:
                check(v, {**required, **optional}[key], f"{where}.{key}")


def resolve(run):
    rules = run["tool"]["driver"]["rules"]
    ids = [r["id"] for r in rules]
    if len(set(ids)) != len(ids):
        problems.append("a rule is listed twice")
    for i, ref in enumerate(run["tool"]["driver"]["supportedTaxonomies"]):
        if run["taxonomies"][ref["index"]]["name"] != ref["name"]:
            problems.append(f"supportedTaxonomies[{i}] names another taxonomy")
    for rule in rules:
        for rel in rule["relationships"]:
            taxonomy = run["taxonomies"][rel["target"]["toolComponent"]["index"]]
            if taxonomy["name"] != rel["target"]["toolComponent"]["name"]:
                problems.append(f"{rule['id']}: relationship into another taxonomy")
            if taxonomy["taxa"][rel["target"]["index"]]["id"] != rel["target"]["id"]:
                problems.append(f"{rule['id']}: relationship to another taxon")
        if not 0.0 < float(rule["properties"]["security-severity"]) <= 10.0:
            problems.append(f"{rule['id']}: security-severity")
        tags = rule["properties"]["tags"]
        if "security" not in tags or len(set(tags)) != len(tags):
            problems.append(f"{rule['id']}: tags")
    for i, result in enumerate(run["results"]):
        if ids[result["ruleIndex"]] != result["ruleId"]:
            problems.append(f"results[{i}]: ruleIndex is of another rule")
        if len(result["locations"]) != 1 or not result["partialFingerprints"]["primaryLocationLineHash"]:
            problems.append(f"results[{i}]: no location or fingerprint")
        region = result["locations"][0]["physicalLocation"].get("region", {"startLine": 1})
        if region["startLine"] < 1:
            problems.append(f"results[{i}]: startLine counts from 1")
        for s in result.get("suppressions", []):
            if s["kind"] not in ("inSource", "external") or s["status"] != "accepted":
                problems.append(f"results[{i}]: suppression")
        text = result["message"]["text"]
        if not text or re.search(r"\]\(", text) or re.search(r"(?<!\{)\{(\{\{)*(?!\{)", text):
            problems.append(f"results[{i}]: a link or a placeholder in {text!r}")


log = json.load(open(sys.argv[1]))
check(log, "log", "log")
if not problems:
    if log["version"] != "2.1.0":
        problems.append("version")
    for one in log["runs"]:
        resolve(one)
print("\n".join(problems[:20]))
sys.exit(1 if problems else 0)
