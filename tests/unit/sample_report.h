/*
 * sample_report.h - a report as `palisade check` fills it for a clinic's pipeline, and one whose every text is hostile.
 *
 * One of everything that a writer must show: open and closed gates, each verdict, findings of each severity, members
 * and fields, taint that flows, exceptions that count, end soon, have ended, or were never signed.
 */
#ifndef PALISADE_TEST_SAMPLE_REPORT_H
#define PALISADE_TEST_SAMPLE_REPORT_H

#include "palisade/report.h"

#define SAMPLE_COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct pal_report_gate sample_gates[] = {
	{ "collect", false, 11, 3, 1, 0, 3, "sha256:5b1f6c0d9be2a4471c3f8a60d1e2f3045b1f6c0d9be2a4471c3f8a60d1e2f304" },
	{ "prepare", true, 3, 0, 0, 0, 1, "sha256:91aa04be77d15c3e0f6b2a8d4c5e6f7191aa04be77d15c3e0f6b2a8d4c5e6f71" },
	{ "train", true, 2, 0, 0, 0, 0, "sha256:0c44d2b8e9f1a2735566778899aabbcc0c44d2b8e9f1a2735566778899aabbcc" },
	{ "validate", true, 1, 0, 0, 1, 1, "sha256:e7d3120f4b5a69788796a5b4c3d2e1f0e7d3120f4b5a69788796a5b4c3d2e1f0" },
	{ "release", false, 3, 1, 0, 0, 0, "sha256:3f9ac0127d8e4b5a1f2e3d4c5b6a79883f9ac0127d8e4b5a1f2e3d4c5b6a7988" },
	{ "deploy", false, 0, 1, 0, 0, 0, "sha256:aa10bb20cc30dd40ee50ff60718293a4aa10bb20cc30dd40ee50ff60718293a4" },
};

#define ROW(stage, id, title, artifact, verdict, reason, evidence)                                          \
	{                                                                                                   \
		stage, id, title, artifact, verdict, reason, evidence, "AML.T0059 AML.T0020", "LLM04:2025", \
		    "MEASURE 2.7, MAP 4.1"                                                                  \
	}
#define EV "sha256:9be01c44a2d3e5f60718293a4b5c6d7e9be01c44a2d3e5f60718293a4b5c6d7e"

static const struct pal_report_row sample_rows[] = {
	ROW("collect", "COL-01", "Sensitive data is classified and labelled", "clinic-visits", PAL_PASS,
	    "31 columns examined, label confidential as the findings demand", EV),
	ROW("collect", "COL-01", "Sensitive data is classified and labelled", "digits", PAL_PASS,
	    "64 columns examined, nothing sensitive, label internal", EV),
	ROW("collect", "COL-01", "Sensitive data is classified and labelled", "partner-visits", PAL_FAIL,
	    "column notes holds US social security numbers in 214 rows, the declared label is internal and must be at "
	    "least "
	    "confidential: raise label: in palisade.yaml, or remove the column and collect again",
	    EV),
	ROW("collect", "COL-03", "Dataset is hashed and signed", "clinic-visits", PAL_PASS,
	    "signed manifest covers 3 files and matches the disk", EV),
	ROW("collect", "COL-03", "Dataset is hashed and signed", "digits", PAL_PASS,
	    "signed manifest covers 1 file and matches the disk", EV),
	ROW("collect", "COL-03", "Dataset is hashed and signed", "partner-visits", PAL_PASS,
	    "signed manifest covers 2 files and matches the disk", EV),
	ROW("collect", "COL-04", "Origin and lineage are known", "clinic-visits", PAL_PASS,
	    "source record of 2026-11-02", EV),
	ROW("collect", "COL-04", "Origin and lineage are known", "digits", PAL_PASS, "source record of 2026-11-02", EV),
	ROW("collect", "COL-04", "Origin and lineage are known", "partner-visits", PAL_PASS,
	    "source record of 2026-11-19", EV),
	ROW("collect", "COL-05", "Admission is approved", "partner-visits", PAL_FAIL,
	    "one approval of two: the source is a partner, so that a second person with the role data-steward must "
	    "sign; run "
	    "palisade approve partner-visits --reason TEXT",
	    NULL),
	ROW("collect", "COL-06", "External data stayed in quarantine until examined", "partner-visits", PAL_PASS,
	    "examined by a worker in seccomp and rlimits before any other read", EV),
	ROW("collect", "COL-08", "No secrets in data", "clinic-visits", PAL_PASS, "no credential in 3 files", EV),
	ROW("collect", "COL-08", "No secrets in data", "partner-visits", PAL_FAIL,
	    "an AWS access key stands at part-2.csv byte 48211: have its owner revoke it, then remove the row", EV),
	ROW("collect", "COL-10", "Scans are fresh", "digits", PAL_WARN,
	    "the last full examination is 27 days old, the limit is 30 days: run palisade check --no-cache", EV),
	ROW("collect", "COL-12", "No shadow data", NULL, PAL_PASS, "41 files under 2 roots, each has a record", EV),
	ROW("collect", "COL-02", "Data-loss rules hold", NULL, PAL_NOT_CHECKED,
	    "this control has no implementation yet", NULL),
	ROW("collect", "COL-07", "Poisoning heuristics are below threshold", NULL, PAL_NOT_CHECKED,
	    "this control has no implementation yet", NULL),
	ROW("collect", "COL-09", "Schema, quality and version-to-version anomalies", NULL, PAL_NOT_CHECKED,
	    "this control has no implementation yet", NULL),
	ROW("prepare", "PRE-01", "Transforms are versioned with lineage", "clean", PAL_PASS,
	    "code, parameters, 2 inputs and 2 outputs are named by digest", EV),
	ROW("prepare", "PRE-03", "Outputs are what the step made", "clean", PAL_PASS, "2 of 2 outputs match", EV),
	ROW("prepare", "PRE-06", "Train and validation sets are intact and apart", "train-set", PAL_PASS,
	    "0 of 4,812 rows are in a validation set", EV),
	ROW("prepare", "PRE-04", "No feature backdoors", NULL, PAL_NOT_CHECKED,
	    "this control has no implementation yet", NULL),
	ROW("train", "TRN-01", "Only admitted inputs were used", "risk-model", PAL_PASS, "2 of 2 inputs were admitted",
	    EV),
	ROW("train", "TRN-07", "Outputs have signed provenance", "risk-model", PAL_PASS,
	    "SLSA Provenance names 2 inputs, the code and the environment", EV),
	ROW("validate", "VAL-01", "Two independent validation sources agree", "risk-model", PAL_WAIVED,
	    "one owner only; waived until 2026-12-03 by e.meyer: second clinic delivers in December", EV),
	ROW("validate", "VAL-02", "Quality meets the release target", "risk-model", PAL_PASS,
	    "auc 0.871 [0.852, 0.889], target 0.850", EV),
	ROW("validate", "VAL-03", "Fairness by group", NULL, PAL_NOT_CHECKED, "this control has no implementation yet",
	    NULL),
	ROW("release", "REL-01", "Signed by an allowed signer", "risk-model", PAL_PASS,
	    "signed by release@clinic.example", EV),
	ROW("release", "REL-02", "Model files carry no code or exploit", "vendor-model", PAL_FAIL,
	    "loading model.pkl would run os.system at byte 117: do not load it; ask the vendor for safetensors", EV),
	ROW("release", "REL-08", "No shadow artifact", NULL, PAL_PASS, "3 model files, each has a record", EV),
	ROW("release", "REL-12", "Versions are pinned and immutable", "risk-model", PAL_PASS, "pinned by digest", EV),
	ROW("deploy", "DEP-01", "No signature, no deploy", "triage-api", PAL_FAIL,
	    "vendor-model has no admitted release and triage-api names it: admit it or take it off the route", NULL),
};

#define SAMPLE_RULE(id_, title_, help_, severity_, class_, atlas_, ...)                                           \
	{                                                                                                         \
		.id = (id_), .title = (title_), .help = (help_), .severity = (severity_), .data_class = (class_), \
		.atlas = (atlas_), .owasp = __VA_ARGS__,                                                          \
	}

static const struct pal_rule sample_rules[] = {
	SAMPLE_RULE("PICKLE-EXEC", "Loading the file runs a command",
		    "Do not load it; ask for the weights as safetensors, or rebuild them from a trusted run.",
		    PAL_CRITICAL, PAL_CLASS_NONE, "AML.T0011.000 AML.T0018.002", "LLM03:2025 LLM04:2025",
		    .cwe = "CWE-502", .cve = "CVE-2025-1716", .loader = "pickle.load"),
	SAMPLE_RULE("SECRET-AWS-ACCESS-KEY", "AWS access key",
		    "Have its owner revoke it, then remove it from the data.", PAL_HIGH, PAL_CLASS_SECRET, "AML.T0055",
		    "LLM02:2025"),
	SAMPLE_RULE("PII-US-SSN", "US social security number", "Redact or tokenise the column, or raise the label.",
		    PAL_HIGH, PAL_CLASS_PII, "AML.T0036 AML.T0057", "LLM02:2025"),
	SAMPLE_RULE("ZIP-DUPLICATE", "Two members of one name", "Pack the archive again with one file a name.",
		    PAL_MEDIUM, PAL_CLASS_NONE, "AML.T0010.003", "LLM03:2025"),
	SAMPLE_RULE("CSV-RAGGED", "Rows of unequal length", "Quote the fields or fix the export.", PAL_LOW,
		    PAL_CLASS_NONE, "", ""),
	SAMPLE_RULE("TEXT-BOM", "A byte order mark", "Write UTF-8 without one.", PAL_INFO, PAL_CLASS_NONE, "", ""),
};

static const struct pal_finding sample_found[] = {
	{ &sample_rules[2],
	  PAL_HIGH,
	  PAL_CONFIDENCE_HIGH,
	  { "part-1.csv", "notes", 1207, 11, 18 },
	  214,
	  "US social security numbers, 214 valid ones with the context word ssn" },
	{ &sample_rules[1],
	  PAL_HIGH,
	  PAL_CONFIDENCE_HIGH,
	  { "part-2.csv", "comment", 48211, 20, 602 },
	  1,
	  "an AWS access key id with a secret beside it" },
	{ &sample_rules[0],
	  PAL_CRITICAL,
	  PAL_CONFIDENCE_HIGH,
	  { "model.pkl", NULL, 117, 9, 0 },
	  1,
	  "REDUCE calls os.system with one argument; expected: no call outside the allow-list" },
	{ &sample_rules[3],
	  PAL_MEDIUM,
	  PAL_CONFIDENCE_HIGH,
	  { "weights 100%.zip!/archive/data.pkl", NULL, 4096, 0, 0 },
	  2,
	  "data.pkl stands twice in the directory, with different sizes" },
	{ &sample_rules[4],
	  PAL_LOW,
	  PAL_CONFIDENCE_MEDIUM,
	  { "part-2.csv", NULL, 51022, 0, 640 },
	  3,
	  "row of 30 fields, expected 31" },
	{ &sample_rules[5], PAL_INFO, PAL_CONFIDENCE_HIGH, { "README.txt", NULL, 0, 3, 0 }, 1, "starts with EF BB BF" },
};

static const struct pal_report_finding sample_findings[] = {
	{ "partner-visits", &sample_found[0], NULL }, { "partner-visits", &sample_found[1], NULL },
	{ "vendor-model", &sample_found[2], NULL },   { "vendor-model", &sample_found[3], NULL },
	{ "partner-visits", &sample_found[4], NULL }, { NULL, &sample_found[5], NULL },
};

#define TAINT "quarantined by s.okafor on 2026-11-20: partner withdrew consent"
#define FROM  "comes from partner-visits, quarantined by s.okafor on 2026-11-20: partner withdrew consent"

static const struct pal_report_node sample_nodes[] = {
	{ "sha256:01", "clinic-visits", "dataset", "confidential pii phi", NULL, "collect" },
	{ "sha256:02", "partner-visits", "dataset", "restricted pii secret", TAINT, "collect" },
	{ "sha256:03", "digits", "dataset", "internal", NULL, "collect" },
	{ "sha256:04", "clean", "step", NULL, FROM, "prepare" },
	{ "sha256:05", "train-set", "dataset", "confidential phi", FROM, "prepare" },
	{ "sha256:06", "holdout-set", "dataset", "confidential phi", NULL, "prepare" },
	{ "sha256:07", "train.py", "step", NULL, FROM, "train" },
	{ "sha256:08", "risk-model", "model", "confidential", FROM, "train" },
	{ "sha256:09", "scorecard", "report", "internal", FROM, "validate" },
	{ "sha256:0a", "vendor-model", "model", NULL, NULL, "release" },
	{ "sha256:0b", "risk-model 1.4.0", "release", "confidential", FROM, "release" },
	{ "sha256:0c", "triage-api", "deployment", "confidential", FROM, "deploy" },
	{ "sha256:0d", "digits-model", "model", "internal", NULL, "train" },
};

static const struct pal_report_edge sample_edges[] = {
	{ "sha256:01", "sha256:04" }, { "sha256:02", "sha256:04" }, { "sha256:04", "sha256:05" },
	{ "sha256:01", "sha256:06" }, { "sha256:05", "sha256:07" }, { "sha256:07", "sha256:08" },
	{ "sha256:08", "sha256:09" }, { "sha256:06", "sha256:09" }, { "sha256:08", "sha256:0b" },
	{ "sha256:0b", "sha256:0c" }, { "sha256:0a", "sha256:0c" }, { "sha256:03", "sha256:0d" },
};

static const struct pal_report_evidence sample_evidence[] = {
	{ EV, "2026-11-21T03:44:51Z", "scan", "clinic-visits", "ci@clinic.example", 1840 },
	{ "sha256:1d77f0a2b3c4d5e6f708192a3b4c5d6e1d77f0a2b3c4d5e6f708192a3b4c5d6e", "2026-11-21T03:44:52Z", "scan",
	  "partner-visits", "ci@clinic.example", 1841 },
	{ "sha256:77e1c0ffee5d4c3b2a190817263544f377e1c0ffee5d4c3b2a190817263544f3", "2026-11-20T15:02:10Z", "approval",
	  "clinic-visits", "s.okafor@clinic.example", 1822 },
	{ "sha256:c01dbeefa1b2c3d4e5f60718293a4b5cc01dbeefa1b2c3d4e5f60718293a4b5c", "2026-11-21T03:44:58Z",
	  "slsa provenance", "risk-model", "trainer@clinic.example", 1846 },
};

static const struct pal_report_exception sample_exceptions[] = {
	{ "VAL-01", "risk-model", "second clinic delivers in December", "2026-12-03", "e.meyer@clinic.example", 12,
	  true },
	{ "COL-10", "digits", "scanner upgrade", "2027-06-30", "e.meyer@clinic.example", 221, true },
	{ "REL-11", "vendor-model", "vendor review is under way", "2026-10-31", "e.meyer@clinic.example", -21, false },
	{ "COL-05", "partner-visits", "needed for the demo", "2027-01-31", NULL, 71, false },
};

static inline struct pal_report
sample_report(void)
{
	return (struct pal_report){
		.tool_version = "0.1.0",
		.title = "palisade check",
		.subject = "clinic-risk",
		.time = "2026-11-21T03:45:00Z",
		.profile = "strict",
		.checkpoint = "clinic.example/ledger\n1848\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n\n"
			      "\xe2\x80\x94 clinic.example/ledger 7b3AlZmqB1e0y3R0\n",
		.closed = true,
		.limit = PAL_MEDIUM,
		.gates = sample_gates,
		.gate_count = SAMPLE_COUNT(sample_gates),
		.rows = sample_rows,
		.row_count = SAMPLE_COUNT(sample_rows),
		.findings = sample_findings,
		.finding_count = SAMPLE_COUNT(sample_findings),
		.nodes = sample_nodes,
		.node_count = SAMPLE_COUNT(sample_nodes),
		.edges = sample_edges,
		.edge_count = SAMPLE_COUNT(sample_edges),
		.evidence = sample_evidence,
		.evidence_count = SAMPLE_COUNT(sample_evidence),
		.exceptions = sample_exceptions,
		.exception_count = SAMPLE_COUNT(sample_exceptions),
		.file_count = 41,
		.byte_count = 12345678,
		.elapsed_ms = 1840,
		.sandbox = "seccomp, rlimits, no network (no Landlock in this kernel)",
	};
}

static const struct pal_report_file sample_files[] = {
	{ "models/net.pt", "zip", PAL_SCAN_FINDINGS, "8cc73ceecc3fb6787129f6639c5171a97fae9256e36d20d1ca7e4916aee299a4",
	  734003000, 0, 12, 0, 2 },
	{ "models/odd.bin", "unknown", PAL_SCAN_UNKNOWN, NULL, 204, 204, 0, 2, 0 },
};

/* What `palisade scan models/` fills: files and findings alone. */
static inline struct pal_report
sample_scan(void)
{
	struct pal_report r = sample_report();

	return (struct pal_report){
		.tool_version = r.tool_version,
		.title = "palisade scan",
		.subject = "models/",
		.time = r.time,
		.closed = true,
		.limit = PAL_HIGH,
		.findings = r.findings,
		.finding_count = r.finding_count,
		.files = sample_files,
		.file_count = SAMPLE_COUNT(sample_files),
		.byte_count = 734003200,
		.elapsed_ms = 912,
		.sandbox = r.sandbox,
	};
}

/* A report of one of everything, each text being `text`; the caller keeps it and what it points to alive. */
struct sample_hostile {
	struct pal_report_gate      gate;
	struct pal_report_row       rows[PAL_FAIL + 1];
	struct pal_rule             rule;
	struct pal_finding          found;
	struct pal_report_finding   finding;
	struct pal_report_node      nodes[2];
	struct pal_report_edge      edges[3];
	struct pal_report_evidence  evidence;
	struct pal_report_exception exceptions[2];
	struct pal_report           report;
};

static inline void
sample_hostile_fill(struct sample_hostile *h, const char *t)
{
	h->gate = (struct pal_report_gate){ t, false, 1, 1, 1, 1, 1, t };
	for (int v = 0; v <= (int)PAL_FAIL; v++)
		h->rows[v] = (struct pal_report_row){ t, t, t, t, (enum pal_verdict)v, t, t, t, t, t };
	h->rule = (struct pal_rule)SAMPLE_RULE(t, t, t, PAL_CRITICAL, PAL_CLASS_SECRET, t, t, .cwe = t, .cve = t,
					       .loader = t);
	h->found = (struct pal_finding){ &h->rule,           PAL_CRITICAL,
					 PAL_CONFIDENCE_LOW, { t, t, UINT64_MAX, 1, UINT64_MAX },
					 UINT64_MAX,         t };
	h->finding = (struct pal_report_finding){ t, &h->found, NULL };
	h->nodes[0] = (struct pal_report_node){ "a", t, t, t, t, t };
	h->nodes[1] = (struct pal_report_node){ t, t, t, t, t, t };
	h->edges[0] = (struct pal_report_edge){ "a", t };
	h->edges[1] = (struct pal_report_edge){ t, t };
	h->edges[2] = (struct pal_report_edge){ t, "nowhere" };
	h->evidence = (struct pal_report_evidence){ t, t, t, t, t, UINT64_MAX };
	h->exceptions[0] = (struct pal_report_exception){ t, t, t, t, t, -3, false };
	h->exceptions[1] = (struct pal_report_exception){ t, t, t, t, t, 3, true };
	h->report = (struct pal_report){
		.tool_version = t,
		.title = t,
		.subject = t,
		.time = t,
		.profile = t,
		.checkpoint = t,
		.closed = true,
		.gates = &h->gate,
		.gate_count = 1,
		.rows = h->rows,
		.row_count = SAMPLE_COUNT(h->rows),
		.findings = &h->finding,
		.finding_count = 1,
		.nodes = h->nodes,
		.node_count = 2,
		.edges = h->edges,
		.edge_count = 3,
		.evidence = &h->evidence,
		.evidence_count = 1,
		.exceptions = h->exceptions,
		.exception_count = 2,
		.file_count = UINT64_MAX,
		.byte_count = UINT64_MAX,
		.elapsed_ms = UINT64_MAX,
		.sandbox = t,
	};
}

/* Quotes, tags, entities, controls, escapes, bidirectional marks, bytes that are no UTF-8, noncharacters. */
static const char *const sample_hostile_texts[] = {
	"",
	"</title></style></script><script>alert(1)</script><img src=x onerror=alert(1)>",
	"\" onmouseover=\"alert(1)\" x='",
	"]]>--><!-- <![CDATA[ &amp;&lt;&#x3c;",
	"\x01\x02\x1b[31mred\x1b]0;title\x07\r\n\t\x7f",
	"\302\23331m \342\200\256gpj.exe \342\201\246 \357\273\277 \342\200\250",
	"\xff\xfe\xc3(\xed\xa0\x80\xf4\x90\x80\x80 \xef\xbf\xbe \xef\xbf\xbf",
	"%s %n %d {0} [click](javascript:alert(1)) {{x}}",
	"../../etc/passwd?a=b#c:d e\\f|g^h`i",
	"javascript:alert(1)",
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae e\xcc\x81 \xf0\x9f\x98\x80",
	"a.zip!/b/../c.pkl!/d",
	"node [label=\"x\"]; } digraph { a -> b",
};

#endif
