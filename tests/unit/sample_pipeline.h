/* sample_pipeline.h - one palisade.yaml that uses every part, and a loader for tests. */
#ifndef PALISADE_TEST_SAMPLE_PIPELINE_H
#define PALISADE_TEST_SAMPLE_PIPELINE_H

#include <string.h>

#include "palisade/pipeline.h"

#define SAMPLE_DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"

static const char sample_yaml[] =
    "pipeline: clinic-risk\n"
    "people:\n"
    "  - {name: dana, roles: [data-steward], key: keys/dana.pub}\n"
    "  - {name: rui, roles: [risk-owner, release-manager], key: "
    "2222222222222222222222222222222222222222222222222222222222222222}\n"
    "signers:\n"
    "  - {name: ml-release, key: keys/ml-release.pub}\n"
    "data_roots: [data]\n"
    "datasets:\n"
    "  - name: intake\n"
    "    path: data/intake.csv\n"
    "    source: {kind: internal, who: Clinic registry, where: ward export, when: 2026-11-01, licence: CC-BY-4.0, "
    "submitted_by: sam}\n"
    "    label: confidential\n"
    "    classes: [phi]\n"
    "    label_column: outcome\n"
    "    quarantine: .palisade/quarantine/x\n"
    "    signature: {file: data/intake.sig, signer: ml-release}\n"
    "transforms:\n"
    "  - name: split\n"
    "    command: [/usr/bin/python3, prepare.py]\n"
    "    code: [prepare.py]\n"
    "    parameters: {seed: 7}\n"
    "    inputs: [intake]\n"
    "    outputs: [{name: train, path: work/train.csv}, {name: holdout, path: work/holdout.csv}]\n"
    "    deterministic: true\n"
    "training:\n"
    "  - name: fit\n"
    "    command: [/usr/bin/python3, train.py]\n"
    "    code: [train.py]\n"
    "    inputs: [train]\n"
    "    outputs: [risk]\n"
    "    parameters: {}\n"
    "    egress: []\n"
    "    isolation: none\n"
    "validation:\n"
    "  - {name: ward, dataset: holdout, owner: ward, model: risk, predictions: work/ward_pred.csv, label: y, "
    "prediction: p, group: sex}\n"
    "models:\n"
    "  - name: risk\n"
    "    version: 1.0.0\n"
    "    path: ./model/\n"
    "    base: [{name: bert-base, digest: " SAMPLE_DIGEST "}]\n"
    "    signature: {file: model.sig, signers: [ml-release]}\n"
    "dependencies: [{name: python, path: requirements.txt}]\n"
    "images: []\n"
    "deployments:\n"
    "  - {name: ward-api, model: risk@1.0.0, digest: " SAMPLE_DIGEST ", routes: [], upstreams: [], consumers: [], "
    "tools: []}\n"
    "policy:\n"
    "  profile: baseline\n"
    "  controls:\n"
    "    COL-02: {mode: enforce, forbid: [pci, secret]}\n"
    "    VAL-02: {mode: enforce, thresholds: {accuracy: 0.9}}\n"
    "    COL-10: {max_age_days: 30}\n"
    "    COL-11: off\n"
    "  trusted: {bases: [{name: bert-base, digest: " SAMPLE_DIGEST "}], signers: [ml-release]}\n"
    "  naming: \"[a-z0-9][a-z0-9-]*\"\n"
    "  exceptions:\n"
    "    - {control: VAL-01, artifact: risk, reason: \"one site only until March\", expires: 2027-03-01}\n"
    "  custom:\n"
    "    - {id: ORG-01, stage: collect, title: No unlicensed data, sql: \"SELECT name FROM v_artifacts WHERE 0\", "
    "mode: "
    "enforce}\n";

static inline enum pal_err
sample_parse(const char *text, struct pal_arena *a, struct pal_pipeline **ret, struct pal_yaml_faults *f,
	     struct pal_diag *d)
{
	return pal_pipeline_parse("palisade.yaml", pal_view_of(text), a, ret, f, d);
}

#endif
