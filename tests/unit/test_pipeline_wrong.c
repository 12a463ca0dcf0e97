/* test_pipeline_wrong.c - wrong files of every kind, with the exact message and place that a user sees. */
#include "check.h"
#include "palisade/pipeline.h"

#define CASE(say, text, want)                     \
	{                                         \
		say, text, sizeof(text) - 1, want \
	}

static const struct {
	const char *say, *text;
	size_t      len;
	const char *want; /* all faults, in the order of the file */
} cases[] = {
	CASE("nothing at all", "",
	     "p.yaml:1:1: palisade.yaml needs the key \"pipeline\" (a name (letters, digits, '.', '_', '-'; at most "
	     "128)), which is missing\n"),
	CASE("comments alone", "# nothing yet\n",
	     "p.yaml:1:1: palisade.yaml needs the key \"pipeline\" (a name (letters, digits, '.', '_', '-'; at most "
	     "128)), which is missing\n"),
	CASE("no name", "datasets: []\n",
	     "p.yaml:1:1: palisade.yaml needs the key \"pipeline\" (a name (letters, digits, '.', '_', '-'; at most "
	     "128)), which is missing\n"),
	CASE("a list",
	     "- a\n"
	     "- b\n",
	     "p.yaml:1:1: expected palisade.yaml, which is a map, found a list\n"),
	CASE("a word", "pipeline\n", "p.yaml:1:1: expected palisade.yaml, which is a map, found \"pipeline\"\n"),
	CASE("unknown key, near",
	     "pipeline: p\n"
	     "dataset: []\n",
	     "p.yaml:2:1: unknown key \"dataset\" in palisade.yaml; did you mean \"datasets\"?\n"),
	CASE("unknown key, far",
	     "pipeline: p\n"
	     "zzzzzzzzzz: 1\n",
	     "p.yaml:2:1: unknown key \"zzzzzzzzzz\" in palisade.yaml; known are pipeline, people, roles, signers, "
	     "data_roots, datasets, transforms, training, validation, models, dependencies, images, deployments, "
	     "policy\n"),
	CASE("unknown key in a dataset",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    pth: x\n",
	     "p.yaml:5:5: unknown key \"pth\" in a dataset; did you mean \"path\"?\n"),
	CASE("key twice",
	     "pipeline: p\n"
	     "pipeline: q\n",
	     "p.yaml:2:1: key \"pipeline\" is given twice, first in line 1\n"),
	CASE("key twice, deep",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    path: b.csv\n",
	     "p.yaml:5:5: key \"path\" is given twice, first in line 4\n"),
	CASE("name is a list", "pipeline: [a]\n",
	     "p.yaml:1:11: pipeline: expected a name (letters, digits, '.', '_', '-'; at most 128), found a list\n"),
	CASE("name is a map", "pipeline: {a: b}\n",
	     "p.yaml:1:11: pipeline: expected a name (letters, digits, '.', '_', '-'; at most 128), found a map\n"),
	CASE("name is empty", "pipeline:\n",
	     "p.yaml:1:10: pipeline: expected a name (letters, digits, '.', '_', '-'; at most 128), found nothing\n"),
	CASE("name is null", "pipeline: ~\n",
	     "p.yaml:1:11: pipeline: expected a name (letters, digits, '.', '_', '-'; at most 128), found nothing\n"),
	CASE("name with a blank", "pipeline: my pipeline\n",
	     "p.yaml:1:11: pipeline: expected a name (letters, digits, '.', '_', '-'; at most 128), found \"my "
	     "pipeline\"\n"),
	CASE("name with a slash", "pipeline: a/b\n",
	     "p.yaml:1:11: pipeline: expected a name (letters, digits, '.', '_', '-'; at most 128), found \"a/b\"\n"),
	CASE("name too long",
	     "pipeline: "
	     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaaaaaaaaaaaaaaaaaaaaa\n",
	     "p.yaml:1:11: pipeline: expected a name (letters, digits, '.', '_', '-'; at most 128), found "
	     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\"\n"),
	CASE("datasets is text",
	     "pipeline: p\n"
	     "datasets: intake\n",
	     "p.yaml:2:11: datasets: expected a list of maps, found \"intake\"\n"),
	CASE("datasets is a map",
	     "pipeline: p\n"
	     "datasets: {name: a}\n",
	     "p.yaml:2:11: datasets: expected a list of maps, found a map\n"),
	CASE("dataset is text",
	     "pipeline: p\n"
	     "datasets: [a]\n",
	     "p.yaml:2:12: expected a dataset, which is a map, found \"a\"\n"),
	CASE("path missing",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n",
	     "p.yaml:3:5: a dataset needs the key \"path\" (a path), which is missing\n"),
	CASE("name missing",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - path: a\n",
	     "p.yaml:3:5: a dataset needs the key \"name\" (a name (letters, digits, '.', '_', '-'; at most 128)), "
	     "which is missing\n"),
	CASE("path is a list",
	     "pipeline: p\n"
	     "datasets: [{name: a, path: [b]}]\n",
	     "p.yaml:2:28: path: expected a path, found a list\n"),
	CASE("path leaves",
	     "pipeline: p\n"
	     "datasets: [{name: a, path: ../b}]\n",
	     "p.yaml:2:28: path: \"../b\" leaves the folder of this file; name a path below it, or an absolute one\n"),
	CASE("path leaves later",
	     "pipeline: p\n"
	     "datasets: [{name: a, path: b/../../c}]\n",
	     "p.yaml:2:28: path: \"b/../../c\" leaves the folder of this file; name a path below it, or an absolute "
	     "one\n"),
	CASE("path empty",
	     "pipeline: p\n"
	     "datasets: [{name: a, path: \"\"}]\n",
	     "p.yaml:2:28: path: expected a path, found \"\"\n"),
	CASE("source kind",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    source: {kind: partnr}\n",
	     "p.yaml:5:20: kind: expected internal, partner or web, found \"partnr\"; did you mean \"partner\"?\n"),
	CASE("source kind missing",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    source: {who: me}\n",
	     "p.yaml:5:13: source needs the key \"kind\" (internal, partner or web), which is missing\n"),
	CASE("source is text",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    source: internal\n",
	     "p.yaml:5:13: expected source, which is a map, found \"internal\"\n"),
	CASE("label",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    label: secret\n",
	     "p.yaml:5:12: label: expected public, internal, confidential or restricted, found \"secret\"\n"),
	CASE("label case",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    label: Public\n",
	     "p.yaml:5:12: label: expected public, internal, confidential or restricted, found \"Public\"; did you "
	     "mean \"public\"?\n"),
	CASE("class",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    classes: [pii, phy]\n",
	     "p.yaml:5:20: classes: expected pii, phi, pci or secret, found \"phy\"; did you mean \"phi\"?\n"),
	CASE("classes is text",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    classes: pii\n",
	     "p.yaml:5:14: classes: expected a list of pii, phi, pci or secret, found \"pii\"\n"),
	CASE("date",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    source: {kind: web, when: 2026-02-30}\n",
	     "p.yaml:5:31: when: expected a date such as 2027-03-01, found \"2026-02-30\"\n"),
	CASE("date in words",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    source: {kind: web, when: yesterday}\n",
	     "p.yaml:5:31: when: expected a date such as 2027-03-01, found \"yesterday\"\n"),
	CASE("date before 1970",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    source: {kind: web, when: 1969-12-31}\n",
	     "p.yaml:5:31: when: expected a date such as 2027-03-01, found \"1969-12-31\"\n"),
	CASE("supplier unknown",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: a\n"
	     "    path: a.csv\n"
	     "    signature: {file: a.sig, signer: nobody}\n",
	     "p.yaml:5:38: signer: no signer is named \"nobody\"; declare it under signers\n"),
	CASE("dataset twice",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - {name: a, path: a}\n"
	     "  - {name: a, path: b}\n",
	     "p.yaml:4:12: name \"a\" is given twice, first in line 3\n"),
	CASE("dataset and model",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - {name: a, path: a}\n"
	     "models:\n"
	     "  - {name: a, version: 1, path: b}\n",
	     "p.yaml:5:5: name \"a\" of a model is already that of a dataset in line 3\n"),
	CASE("dataset and transform",
	     "pipeline: p\n"
	     "datasets: [{name: t, path: a}]\n"
	     "transforms: [{name: t, command: [x], outputs: [{name: o, path: o}]}]\n",
	     "p.yaml:3:14: name \"t\" of a transform is already that of a dataset in line 2\n"),
	CASE("one path twice",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - {name: a, path: x/y}\n"
	     "  - {name: b, path: ./x//y/}\n",
	     "p.yaml:4:21: path: x/y is already that of \"a\" in line 3\n"),
	CASE("input unknown, near",
	     "pipeline: p\n"
	     "datasets:\n"
	     "  - name: intake\n"
	     "    path: a.csv\n"
	     "transforms:\n"
	     "  - name: t\n"
	     "    command: [x]\n"
	     "    inputs: [intak]\n"
	     "    outputs: [{name: o, path: o}]\n",
	     "p.yaml:8:14: inputs: nothing is named \"intak\"; did you mean \"intake\"?\n"),
	CASE("input unknown, far",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - name: t\n"
	     "    command: [x]\n"
	     "    outputs: [{name: o, path: o.csv}]\n"
	     "    inputs: [somewhere]\n",
	     "p.yaml:6:14: inputs: nothing is named \"somewhere\"; declare it first\n"),
	CASE("input is a step",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - {name: t, command: [x], inputs: [t], outputs: [{name: o, path: o}]}\n",
	     "p.yaml:3:38: inputs: \"t\" is a transform, which cannot stand here\n"),
	CASE("command missing",
	     "pipeline: p\n"
	     "transforms: [{name: t, outputs: [{name: o, path: o}]}]\n",
	     "p.yaml:2:14: a transform needs the key \"command\" (a list of texts), which is missing\n"),
	CASE("command is text",
	     "pipeline: p\n"
	     "transforms: [{name: t, command: python3 x.py, outputs: [{name: o, path: o}]}]\n",
	     "p.yaml:2:33: command: expected a list of texts, found \"python3 x.py\"\n"),
	CASE("command empty",
	     "pipeline: p\n"
	     "transforms: [{name: t, command: [], outputs: [{name: o, path: o}]}]\n",
	     "p.yaml:2:33: command: expected a list of texts, found an empty list\n"),
	CASE("outputs missing",
	     "pipeline: p\n"
	     "transforms: [{name: t, command: [x]}]\n",
	     "p.yaml:2:14: a transform needs the key \"outputs\" (a list of maps), which is missing\n"),
	CASE("output without path",
	     "pipeline: p\n"
	     "transforms: [{name: t, command: [x], outputs: [o]}]\n",
	     "p.yaml:2:48: output \"o\" is no declared model and has no path; write {name: ..., path: ...}\n"),
	CASE("output near a model",
	     "pipeline: p\n"
	     "training: [{name: t, command: [x], outputs: [rsk]}]\n"
	     "models: [{name: risk, version: 1, path: m}]\n",
	     "p.yaml:2:46: output \"rsk\" is no declared model and has no path; did you mean \"risk\"?\n"),
	CASE("output made twice",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - {name: t, command: [x], outputs: [{name: o, path: o}]}\n"
	     "  - {name: u, command: [x], outputs: [{name: o, path: q}]}\n",
	     "p.yaml:4:39: \"o\" is made by two steps, \"t\" and \"u\"\n"),
	CASE("model made twice",
	     "pipeline: p\n"
	     "training:\n"
	     "  - {name: t, command: [x], outputs: [m]}\n"
	     "  - {name: u, command: [x], outputs: [m]}\n"
	     "models: [{name: m, version: 1, path: m}]\n",
	     "p.yaml:4:39: \"m\" is made by two steps, \"t\" and \"u\"\n"),
	CASE("model with another path",
	     "pipeline: p\n"
	     "training:\n"
	     "  - {name: t, command: [x], outputs: [{name: m, path: n}]}\n"
	     "models:\n"
	     "  - {name: m, version: 1, path: m}\n",
	     "p.yaml:3:55: path: model \"m\" is declared with its path in line 5\n"),
	CASE("deterministic",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - name: t\n"
	     "    command: [x]\n"
	     "    outputs: [{name: o, path: o.csv}]\n"
	     "    deterministic: yes\n",
	     "p.yaml:6:20: deterministic: expected true or false, found \"yes\"\n"),
	CASE("deterministic quoted",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - name: t\n"
	     "    command: [x]\n"
	     "    outputs: [{name: o, path: o.csv}]\n"
	     "    deterministic: \"true\"\n",
	     "p.yaml:6:20: deterministic: expected true or false, found \"true\" in quotes\n"),
	CASE("egress of a transform",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - name: t\n"
	     "    command: [x]\n"
	     "    outputs: [{name: o, path: o.csv}]\n"
	     "    egress: []\n",
	     "p.yaml:6:5: unknown key \"egress\" in a transform; known are name, command, code, inputs, outputs, "
	     "parameters, deterministic\n"),
	CASE("isolation",
	     "pipeline: p\n"
	     "training: [{name: t, command: [x], outputs: [{name: o, path: o}], isolation: sandbx}]\n",
	     "p.yaml:2:78: isolation: expected none, sandbox or tee, found \"sandbx\"; did you mean \"sandbox\"?\n"),
	CASE("parameters is a list",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - name: t\n"
	     "    command: [x]\n"
	     "    outputs: [{name: o, path: o.csv}]\n"
	     "    parameters: [1]\n",
	     "p.yaml:6:17: parameters: expected a map of names and values, found a list\n"),
	CASE("parameter is a map",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - name: t\n"
	     "    command: [x]\n"
	     "    outputs: [{name: o, path: o.csv}]\n"
	     "    parameters: {a: {b: c}}\n",
	     "p.yaml:6:21: parameters: expected a value for \"a\", found a map\n"),
	CASE("cycle of one",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - {name: t, command: [x], inputs: [o], outputs: [{name: o, path: o}]}\n",
	     "p.yaml:3:38: a cycle of steps: t -> t; \"o\" is made of itself\n"),
	CASE("cycle of two",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - {name: t, command: [x], inputs: [p2], outputs: [{name: o, path: o}]}\n"
	     "  - {name: u, command: [x], inputs: [o], outputs: [{name: p2, path: p2}]}\n",
	     "p.yaml:4:38: a cycle of steps: t -> u -> t; \"o\" is made of itself\n"),
	CASE("cycle of three",
	     "pipeline: p\n"
	     "transforms:\n"
	     "  - {name: c, command: [x], inputs: [y], outputs: [{name: z, path: z}]}\n"
	     "  - {name: a, command: [x], inputs: [z], outputs: [{name: x, path: x}]}\n"
	     "  - {name: b, command: [x], inputs: [x], outputs: [{name: y, path: y}]}\n",
	     "p.yaml:4:38: a cycle of steps: c -> a -> b -> c; \"z\" is made of itself\n"),
	CASE("validation model",
	     "pipeline: p\n"
	     "datasets: [{name: a, path: a}]\n"
	     "models: [{name: risk, version: 1, path: m}]\n"
	     "validation:\n"
	     "  - {name: v, dataset: a, owner: o, model: rsk, predictions: p, label: y, prediction: z}\n",
	     "p.yaml:5:44: model: nothing is named \"rsk\"; did you mean \"risk\"?\n"),
	CASE("validation of a model",
	     "pipeline: p\n"
	     "models: [{name: m, version: 1, path: m}]\n"
	     "validation:\n"
	     "  - {name: v, dataset: m, owner: o, model: m, predictions: p, label: y, prediction: z}\n",
	     "p.yaml:4:24: dataset: \"m\" is a model, which cannot stand here\n"),
	CASE("validation owner",
	     "pipeline: p\n"
	     "validation:\n"
	     "  - {name: v, dataset: a, model: m, predictions: p, label: y, prediction: z}\n",
	     "p.yaml:3:5: a validation set needs the key \"owner\" (a name (letters, digits, '.', '_', '-'; at most "
	     "128)), which is missing\n"
	     "p.yaml:3:24: dataset: nothing is named \"a\"; declare it first\n"
	     "p.yaml:3:34: model: nothing is named \"m\"; declare it first\n"),
	CASE("model version",
	     "pipeline: p\n"
	     "models: [{name: m, path: m}]\n",
	     "p.yaml:2:10: a model needs the key \"version\" (a name (letters, digits, '.', '_', '-'; at most 128)), "
	     "which is missing\n"),
	CASE("base digest",
	     "pipeline: p\n"
	     "models: [{name: m, version: 1, path: m, base: [{name: b, digest: sha256:12}]}]\n",
	     "p.yaml:2:66: digest: expected \"sha256:\" and 64 lower-case hex digits, found \"sha256:12\"\n"),
	CASE("base digest upper case",
	     "pipeline: p\n"
	     "models: [{name: m, version: 1, path: m, base: [{name: b, digest: "
	     "\"sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}]\n",
	     "p.yaml:2:66: digest: expected \"sha256:\" and 64 lower-case hex digits, found "
	     "\"sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA...\"\n"),
	CASE("base signer",
	     "pipeline: p\n"
	     "models: [{name: m, version: 1, path: m, base: [{name: b, signer: s}]}]\n",
	     "p.yaml:2:66: signer: no signer is named \"s\"; declare it under signers\n"),
	CASE("signature signers",
	     "pipeline: p\n"
	     "signers: [{name: ml-release, key: k}]\n"
	     "models: [{name: m, version: 1, path: m, signature: {file: s, signers: [ml-relase]}}]\n",
	     "p.yaml:3:72: signers: no signer is named \"ml-relase\"; did you mean \"ml-release\"?\n"),
	CASE("signer without key",
	     "pipeline: p\n"
	     "signers: [{name: s}]\n",
	     "p.yaml:2:11: a signer needs the key \"key\" (a path), which is missing\n"),
	CASE("signer twice",
	     "pipeline: p\n"
	     "signers: [{name: s, key: k}, {name: s, key: l}]\n",
	     "p.yaml:2:37: name \"s\" is given twice, first in line 2\n"),
	CASE("role",
	     "pipeline: p\n"
	     "people: [{name: dana, roles: [data-stewart], key: k}]\n",
	     "p.yaml:2:31: roles: \"data-stewart\" may do nothing; did you mean \"data-steward\"?\n"),
	CASE("role, far",
	     "pipeline: p\n"
	     "people: [{name: dana, roles: [x], key: k}]\n",
	     "p.yaml:2:31: roles: \"x\" may do nothing; give it an action under roles\n"),
	CASE("role, own table",
	     "pipeline: p\n"
	     "people: [{name: dana, roles: [data-steward], key: k}]\n"
	     "roles: {admit: [boss], quarantine: [boss]}\n",
	     "p.yaml:2:31: roles: \"data-steward\" may do nothing; give it an action under roles\n"),
	CASE("one key for two people",
	     "pipeline: p\n"
	     "people:\n"
	     "  - {name: dana, roles: [risk-owner], key: k}\n"
	     "  - {name: rui, roles: [risk-owner], key: k}\n",
	     "p.yaml:4:43: key: this is already the key of the person in line 3\n"),
	CASE("action",
	     "pipeline: p\n"
	     "roles: {admt: [boss]}\n",
	     "p.yaml:2:9: unknown key \"admt\" in roles; did you mean \"admit\"?\n"),
	CASE("deployment model",
	     "pipeline: p\n"
	     "models: [{name: risk, version: 1, path: m}]\n"
	     "deployments: [{name: d, model: risky@1}]\n",
	     "p.yaml:3:32: model: nothing is named \"risky\"; did you mean \"risk\"?\n"),
	CASE("deployment version",
	     "pipeline: p\n"
	     "models: [{name: risk, version: 1, path: m}]\n"
	     "deployments: [{name: d, model: risk@}]\n",
	     "p.yaml:3:32: model: a version is missing after \"@\"\n"),
	CASE("image reference",
	     "pipeline: p\n"
	     "images: [{name: i}]\n",
	     "p.yaml:2:10: an image needs the key \"reference\" (text), which is missing\n"),
	CASE("profile",
	     "pipeline: p\n"
	     "policy:\n"
	     "  profile: stric\n",
	     "p.yaml:3:12: profile: expected baseline or strict, found \"stric\"; did you mean \"strict\"?\n"),
	CASE("control unknown",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-99: off}\n",
	     "p.yaml:3:14: unknown control \"COL-99\"; did you mean \"COL-09\"?\n"),
	CASE("control far",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {everything: off}\n",
	     "p.yaml:3:14: unknown control \"everything\"; docs/controls.md lists them\n"),
	CASE("mode",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-02: of}\n",
	     "p.yaml:3:22: mode: expected enforce, warn or off, found \"of\"; did you mean \"off\"?\n"),
	CASE("mode in a map",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-02: {mode: enforced}}\n",
	     "p.yaml:3:29: mode: expected enforce, warn or off, found \"enforced\"; did you mean \"enforce\"?\n"),
	CASE("control is a list",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-02: [warn]}\n",
	     "p.yaml:3:22: COL-02: expected enforce, warn, off, or a map of parameters, found a list\n"),
	CASE("controls is a list",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: [COL-02]\n",
	     "p.yaml:3:13: controls: expected a map, found a list\n"),
	CASE("parameter, near",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_day: 3}}\n",
	     "p.yaml:3:23: unknown parameter \"max_age_day\" of COL-10; did you mean \"max_age_days\"?\n"),
	CASE("parameter, far",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-03: {zzzzzzzz: 3}}\n",
	     "p.yaml:3:23: unknown parameter \"zzzzzzzz\" of COL-03; known are mode\n"),
	CASE("parameter is text",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_days: seven}}\n",
	     "p.yaml:3:37: max_age_days: expected a whole number from 1 to 3650, found \"seven\"\n"),
	CASE("parameter too high",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_days: 99999}}\n",
	     "p.yaml:3:37: max_age_days: expected a whole number from 1 to 3650, found \"99999\"\n"),
	CASE("parameter beyond any integer",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_days: 99999999999999999999999}}\n",
	     "p.yaml:3:37: max_age_days: expected a whole number from 1 to 3650, found \"99999999999999999999999\"\n"),
	CASE("parameter negative",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_days: -1}}\n",
	     "p.yaml:3:37: max_age_days: expected a whole number from 1 to 3650, found \"-1\"\n"),
	CASE("parameter octal",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_days: 010}}\n",
	     "p.yaml:3:37: max_age_days: expected a whole number from 1 to 3650, found \"010\"\n"),
	CASE("parameter real for int",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_days: 1.5}}\n",
	     "p.yaml:3:37: max_age_days: expected a whole number from 1 to 3650, found \"1.5\"\n"),
	CASE("parameter quoted number",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-10: {max_age_days: \"5\"}}\n",
	     "p.yaml:3:37: max_age_days: expected a whole number from 1 to 3650, found \"5\" in quotes\n"),
	CASE("share too high",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {VAL-01: {max_difference: 2}}\n",
	     "p.yaml:3:39: max_difference: expected a number from 0 to 1, found \"2\"\n"),
	CASE("share infinite",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {VAL-01: {max_difference: 1e999}}\n",
	     "p.yaml:3:39: max_difference: expected a number from 0 to 1, found \"1e999\"\n"),
	CASE("share not a number",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {VAL-01: {max_difference: .nan}}\n",
	     "p.yaml:3:39: max_difference: expected a number from 0 to 1, found \".nan\"\n"),
	CASE("metric unknown",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {VAL-02: {thresholds: {acuracy: 0.9}}}\n",
	     "p.yaml:3:36: thresholds: expected accuracy, precision, recall or f1, found \"acuracy\"; did you mean "
	     "\"accuracy\"?\n"),
	CASE("threshold is text",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {VAL-02: {thresholds: {accuracy: high}}}\n",
	     "p.yaml:3:46: accuracy: expected a number from 0 to 1, found \"high\"\n"),
	CASE("list of classes",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {COL-02: {forbid: [pcu]}}\n",
	     "p.yaml:3:32: forbid: expected pii, phi, pci or secret, found \"pcu\"; did you mean \"pci\"?\n"),
	CASE("choice",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {REL-02: {unknown: ignore}}\n",
	     "p.yaml:3:32: unknown: expected fail or accept, found \"ignore\"\n"),
	CASE("trusted signer",
	     "pipeline: p\n"
	     "policy:\n"
	     "  trusted: {signers: [s]}\n",
	     "p.yaml:3:23: signers: no signer is named \"s\"; declare it under signers\n"),
	CASE("trusted base",
	     "pipeline: p\n"
	     "policy:\n"
	     "  trusted: {bases: [{name: b}]}\n",
	     "p.yaml:3:21: a trusted base needs the key \"digest\" (\"sha256:\" and 64 lower-case hex digits), which "
	     "is missing\n"),
	CASE("naming",
	     "pipeline: p\n"
	     "policy:\n"
	     "  naming: \"[a-z\"\n",
	     "p.yaml:3:11: naming: this is no regular expression: Unterminated character class starting at index 0.\n"),
	CASE("naming that breaks out",
	     "pipeline: p\n"
	     "policy:\n"
	     "  naming: \"a)|(b\"\n",
	     "p.yaml:3:11: naming: this is no regular expression: Unmatched parentheses at index 1.\n"),
	CASE("naming too big",
	     "pipeline: p\n"
	     "policy:\n"
	     "  naming: \"(a{1,999}){1,999}\"\n",
	     "p.yaml:3:11: naming: expected at most four repetitions {a,b}, none above 99\n"),
	CASE("not_checked",
	     "pipeline: p\n"
	     "policy:\n"
	     "  not_checked: shut\n",
	     "p.yaml:3:16: not_checked: expected open or closed, found \"shut\"\n"),
	CASE("exception control",
	     "pipeline: p\n"
	     "policy:\n"
	     "  exceptions: [{control: VAL-0, artifact: p, reason: r, expires: 2027-01-01}]\n",
	     "p.yaml:3:26: unknown control \"VAL-0\"; did you mean \"VAL-01\"?\n"),
	CASE("exception artifact",
	     "pipeline: p\n"
	     "policy:\n"
	     "  exceptions: [{control: VAL-01, artifact: q-model, reason: r, expires: 2027-01-01}]\n",
	     "p.yaml:3:44: artifact: nothing is named \"q-model\"; name an artifact, a step or the pipeline\n"),
	CASE("exception without end",
	     "pipeline: p\n"
	     "policy:\n"
	     "  exceptions: [{control: VAL-01, artifact: p, reason: r}]\n",
	     "p.yaml:3:16: an exception needs the key \"expires\" (a date such as 2027-03-01), which is missing\n"),
	CASE("exception without reason",
	     "pipeline: p\n"
	     "policy:\n"
	     "  exceptions: [{control: VAL-01, artifact: p, reason: \" \", expires: 2027-01-01}]\n",
	     "p.yaml:3:55: reason: expected text, found \" \"\n"),
	CASE("exception twice",
	     "pipeline: p\n"
	     "policy:\n"
	     "  exceptions:\n"
	     "    - {control: VAL-01, artifact: p, reason: r, expires: 2027-01-01}\n"
	     "    - {control: VAL-01, artifact: p, reason: s, expires: 2027-01-01}\n",
	     "p.yaml:5:7: a second exception to VAL-01 for \"p\", first in line 4\n"),
	CASE("custom id of the catalogue",
	     "pipeline: p\n"
	     "policy:\n"
	     "  custom: [{id: COL-01, stage: collect, title: t, sql: SELECT 1}]\n",
	     "p.yaml:3:12: custom control COL-01 has an id of the catalogue; choose another\n"),
	CASE("custom stage",
	     "pipeline: p\n"
	     "policy:\n"
	     "  custom: [{id: X-1, stage: colect, title: t, sql: SELECT 1}]\n",
	     "p.yaml:3:29: stage: expected collect, prepare, train, validate, release, deploy or monitor, found "
	     "\"colect\"; did you mean \"collect\"?\n"),
	CASE("custom mode elsewhere",
	     "pipeline: p\n"
	     "policy:\n"
	     "  controls: {X-1: off}\n"
	     "  custom: [{id: X-1, stage: collect, title: t, sql: SELECT 1}]\n",
	     "p.yaml:3:14: X-1 is a custom control; set its mode where it is declared\n"),
	CASE("custom twice",
	     "pipeline: p\n"
	     "policy:\n"
	     "  custom: [{id: X-1, stage: collect, title: t, sql: s}, {id: X-1, stage: train, title: u, sql: s}]\n",
	     "p.yaml:3:62: id \"X-1\" is given twice, first in line 3\n"),
	CASE("syntax: bracket",
	     "pipeline: p\n"
	     "datasets: [a\n"
	     "models: []\n",
	     "p.yaml:4:1: this is not YAML: flow sequence without a closing bracket\n"),
	CASE("syntax: tab",
	     "pipeline: p\n"
	     "policy:\n"
	     "\011profile: strict\n",
	     "p.yaml:3:1: a tab in the indentation; YAML wants blanks\n"),
	CASE("syntax: quote", "pipeline: \"p\n",
	     "p.yaml:1:12: this is not YAML: double-quoted scalar without closing quote\n"),
	CASE("syntax: indentation",
	     "pipeline: p\n"
	     "policy:\n"
	     "    profile: strict\n"
	     "  naming: a\n",
	     "p.yaml:4:3: this is not YAML: invalid indentation in mapping\n"),
	CASE("syntax: colon", "pipeline: a: b\n",
	     "p.yaml:1:12: this is not YAML: invalid nested block mapping on the same line\n"),
	CASE("anchor", "pipeline: &x p\n",
	     "p.yaml:1:11: anchors (&name) and aliases (*name) are not read; write the value out\n"),
	CASE("alias",
	     "pipeline: p\n"
	     "datasets: *x\n",
	     "p.yaml:2:11: anchors (&name) and aliases (*name) are not read; write the value out\n"),
	CASE("billion laughs",
	     "a: &a [x, x]\n"
	     "b: &b [*a, *a]\n"
	     "c: &c [*b, *b]\n",
	     "p.yaml:1:4: anchors (&name) and aliases (*name) are not read; write the value out\n"),
	CASE("tag", "pipeline: !!python/object:os.system p\n",
	     "p.yaml:1:11: tags (!name) are not read; write the plain value\n"),
	CASE("second document",
	     "pipeline: p\n"
	     "---\n"
	     "pipeline: p\n",
	     "p.yaml:2:1: a second document (---); one file holds one\n"),
	CASE("key is a list",
	     "? [a]\n"
	     ": b\n",
	     "p.yaml:1:3: a key that is itself a list; expected a name\n"),
	CASE("control character", "pipeline: \"\\e[31m\"\n",
	     "p.yaml:1:11: control character U+001B in a value; take it out\n"),
	CASE("bidi override",
	     "pipeline: p\n"
	     "datasets: [{name: a, path: \"\342\200\256\"}]\n",
	     "p.yaml:2:28: control character U+202E in a value; take it out\n"),
	CASE("merge key",
	     "pipeline: p\n"
	     "<<: {a: b}\n",
	     "p.yaml:2:1: unknown key \"<<\" in palisade.yaml; known are pipeline, people, roles, signers, data_roots, "
	     "datasets, transforms, training, validation, models, dependencies, images, deployments, policy\n"),
	CASE("UTF-16",
	     "\377\376p\000i\000p\000e\000l\000i\000n\000e\000:\000 \000p\000\n"
	     "\000",
	     "p.yaml:1:1: this is UTF-16 or another wide encoding; save it as UTF-8\n"),
	CASE("NUL", "pipeline: p\000q\n", "p.yaml:1:12: a NUL byte; save the file as UTF-8 text\n"),
	CASE("not UTF-8",
	     "pipeline: p\n"
	     "models: \377\n",
	     "p.yaml:2:9: a byte that is no UTF-8; save the file as UTF-8 text\n"),
	CASE("too deep", "pipeline: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
	     "p.yaml:1:42: more than 32 maps and lists in each other\n"),
};

static void
test_one(size_t i)
{
	PAL_AUTO_ARENA         a;
	PAL_AUTO_BUF           said = pal_buf_of(0);
	struct pal_view        text = { (const uint8_t *)cases[i].text, cases[i].len };
	struct pal_yaml_faults f = { 0 };
	struct pal_pipeline   *p = NULL;
	struct pal_diag        d = { 0 };

	pal_arena_init(&a, (size_t)16 << 20);
	CHECK_SAY(pal_pipeline_parse("p.yaml", text, &a, &p, &f, &d) == PAL_ECONFIG && p == NULL, cases[i].say);
	pal_yaml_faults_write(&f, &said);
	if (!CHECK_SAY(strcmp(pal_buf_text(&said), cases[i].want) == 0, cases[i].say))
		printf("said: %swant: %s", pal_buf_text(&said), cases[i].want);
	/* The diagnosis is the first line. */
	CHECK_SAY(strncmp(d.text, cases[i].want, strlen(d.text)) == 0 && d.text[0] != '\0', cases[i].say);
	CHECK_SAY(pal_pipeline_parse("p.yaml", text, &a, &p, NULL, NULL) == PAL_ECONFIG, cases[i].say);
}

/* Twenty are shown, the rest is counted. */
static void
test_many(void)
{
	PAL_AUTO_ARENA         a;
	PAL_AUTO_BUF           text = pal_buf_of(0);
	PAL_AUTO_BUF           said = pal_buf_of(0);
	struct pal_yaml_faults f = { 0 };
	struct pal_pipeline   *p = NULL;

	pal_arena_init(&a, (size_t)16 << 20);
	pal_buf_add_text(&text, "pipeline: p\n");
	for (int i = 0; i < 30; i++)
		pal_buf_printf(&text, "zzzzzzzzzzzzz%d: 1\n", i);
	CHECK(pal_pipeline_parse("p.yaml", pal_buf_view(&text), &a, &p, &f, NULL) == PAL_ECONFIG);
	CHECK(f.list.count == 20 && f.dropped == 10);
	pal_yaml_faults_write(&f, &said);
	CHECK(strstr(pal_buf_text(&said), "p.yaml: and 10 more\n") != NULL);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_one(i);
	test_many();
	return check_done();
}
