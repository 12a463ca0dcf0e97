/* starter.c - the palisade.yaml that `palisade init` writes: it loads as it is, and shows every key as a comment. */
#include <string.h>

#include "manual.h"
#include "palisade/pipeline.h"
#include "pipeline_tables.h"

static const struct {
	const char *key, *sample; /* lines below the key, each with two blanks before */
} samples[] = {
	{ "people", "  - {name: dana, roles: [data-steward], key: .palisade/keys/dana.pub}\n" },
	{ "roles", "  admit: [data-steward, privacy-officer]\n" },
	{ "signers", "  - {name: ml-release, key: .palisade/keys/ml-release.pub}\n" },
	{ "data_roots", "  - data\n" },
	{ "datasets",
	  "  - name: intake\n"
	  "    path: data/intake.csv\n"
	  "    source: {kind: internal, who: Clinic registry, where: ward export, when: 2026-11-01, licence: "
	  "CC-BY-4.0}\n"
	  "    label: confidential\n"
	  "    classes: [phi]\n"
	  "    label_column: outcome\n" },
	{ "transforms", "  - name: split\n"
			"    command: [/usr/bin/python3, prepare.py]\n"
			"    code: [prepare.py]\n"
			"    parameters: {seed: 7}\n"
			"    inputs: [intake]\n"
			"    outputs: [{name: train, path: work/train.csv}, {name: holdout, path: work/holdout.csv}]\n"
			"    deterministic: true\n" },
	{ "training", "  - name: fit\n"
		      "    command: [/usr/bin/python3, train.py]\n"
		      "    code: [train.py]\n"
		      "    inputs: [train]\n"
		      "    outputs: [risk]\n" },
	{ "validation",
	  "  - {name: ward, dataset: holdout, owner: ward, model: risk, predictions: work/ward_pred.csv, label: "
	  "y, prediction: p, group: sex}\n" },
	{ "models", "  - name: risk\n"
		    "    version: 1.0.0\n"
		    "    path: model\n"
		    "    signature: {file: model.sig, signers: [ml-release]}\n" },
	{ "dependencies", "  - {name: python, path: requirements.txt}\n" },
	{ "images", "  - {name: serving, reference: \"registry.example/serving@sha256:"
		    "0000000000000000000000000000000000000000000000000000000000000000\"}\n" },
	{ "deployments", "  - {name: ward-api, model: risk@1.0.0, routes: [/predict]}\n" },
	{ "policy",
	  "  profile: baseline\n"
	  "  controls:\n"
	  "    COL-02: {mode: enforce, forbid: [pci, secret]}\n"
	  "    VAL-02: {thresholds: {accuracy: 0.9}}\n"
	  "    COL-10: {max_age_days: 30}\n"
	  "  trusted: {signers: [ml-release]}\n"
	  "  exceptions:\n"
	  "    - {control: VAL-01, artifact: risk, reason: \"one site only until March\", expires: 2027-03-01}\n"
	  "  custom:\n"
	  "    - id: ORG-01\n"
	  "      stage: collect\n"
	  "      title: No restricted data\n"
	  "      sql: \"SELECT digest FROM v_labels WHERE sensitivity = 'restricted'\"\n" },
};

static const char *
sample_of(const char *key)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		if (strcmp(samples[i].key, key) == 0)
			return samples[i].sample;
	return NULL;
}

void
pal_pipeline_starter(struct pal_buf *out)
{
	pal_buf_add_text(out, "# palisade.yaml - what this pipeline is made of, and what must hold before it goes on.\n"
			      "# Take the # away from what you need. All keys: docs/palisade.yaml.md.\n\n"
			      "pipeline: my-pipeline\n");
	for (size_t i = 0; i < pipeline_schema.count; i++) {
		const struct pal_yaml_key *k = &pipeline_schema.keys[i];
		const char                *sample = sample_of(k->name);
		struct pal_view            rest = pal_view_of(sample), line = { NULL, 0 };

		if (sample == NULL)
			continue;
		pal_buf_printf(out, "\n# %s\n#%s:\n", k->doc, k->name);
		while (pal_view_line(&rest, &line)) {
			pal_buf_add_byte(out, '#');
			pal_buf_add(out, line);
			pal_buf_add_byte(out, '\n');
		}
	}
}
