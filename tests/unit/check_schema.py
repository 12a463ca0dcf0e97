"""check_schema.py SCHEMA FILE... - each JSON file against a schema of 2020-12; exit 3 without python3-jsonschema."""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(3)

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
bad = 0
for path in sys.argv[2:]:
    for e in validator.iter_errors(json.load(open(path))):
        print("/".join(map(str, e.absolute_path)), e.message[:200])
        bad = 1
sys.exit(bad)
